"""The only file that uses zeep. It calls ODIN, and says of a failed call whether the message may have arrived.

Each process reads the WSDL once (T4). Operations are called by position, since the parameter's name is not
fixed (T1).
"""

import logging
import os
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import requests
import zeep
from lxml.etree import LxmlError
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as HTTPTimeout
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault
from zeep.proxy import ServiceProxy
from zeep.wsdl.bindings.soap import Soap11Binding

from backoffice.config import OdinConfig, odin_config
from backoffice.odin.watchdog import Watchdog, http_session, why_unreached
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.wire import mask

logger = logging.getLogger(__name__)

#: A larger answer is cut off: the longest real one, a stock view, has some hundred kilobytes.
LARGEST_ANSWER = 10 * 1024 * 1024
POOL_SIZE = 64
#: How many characters of an invalid answer are kept for the record.
KEPT = 4000
#: What to do about a WSDL that cannot be used, and about a host without one.
SINGLE = "Use the service's address that ends in ?singleWsdl: its WSDL needs no imports."
PUBLISHING = "If that is a web page too, ask who runs the service to publish its metadata."
#: The errors that requests, urllib3, zeep and lxml raise for a damaged answer.
FORESEEN = (requests.RequestException, HTTPError, OSError, ZeepError, LxmlError, ValueError, TypeError)


class GatewayError(Exception):
    """A call without an answer. `kind` is a short name for statistics, `words` are for people.

    `received`: the beginning of the invalid answer, secrets masked.
    """

    may_have_been_applied = False

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(f"{kind}: {words}")
        self.kind = kind
        self.words = words
        self.received = ""


class NotSent(GatewayError):
    """The message did not leave this machine: it is safe to send again (A2)."""


class MaybeSent(GatewayError):
    """The message may have arrived and may have been applied (A3)."""

    may_have_been_applied = True


class _Transport(zeep.Transport):
    """zeep's transport with our deadlines, without redirects, and with a limit on what is read."""

    def __init__(self, config: OdinConfig, watchdog: Watchdog) -> None:
        super().__init__(session=http_session(POOL_SIZE))
        self._watchdog = watchdog
        self._timeouts = (config.connect_timeout, config.read_timeout)
        self._prepared: dict[tuple[str, ...], requests.PreparedRequest] = {}
        self._wsdl_host = urlsplit(config.wsdl_url).hostname

    def load(self, url: str) -> bytes:
        """Load a document of the WSDL. It may import documents of its own host only: no file, no other host."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname != self._wsdl_host:
            raise NotSent("wsdl", f"The WSDL imports {url[:200]}, which is not on its own host. {SINGLE}")
        response = self.session.get(url, timeout=self._timeouts, allow_redirects=False, stream=True)
        with response:
            content: bytes = response.raw.read(LARGEST_ANSWER + 1, decode_content=True)
        if response.status_code != 200:
            raise NotSent("wsdl", f"The WSDL cannot be read: HTTP status {response.status_code}.")
        if len(content) > LARGEST_ANSWER:
            raise NotSent("wsdl", "The WSDL cannot be read: it is larger than any WSDL.")
        if _is_web_page(content):
            raise NotSent("wsdl", f"{url[:200]} is a web page, not a WSDL. {SINGLE} {PUBLISHING}")
        return content

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        # Straight to the adapter: a call needs none of the session's cookies, proxies, redirects or hooks,
        # which cost as much as the rest of the client. Each operation's request is prepared once and copied.
        key = (address, *headers.values())
        if (blank := self._prepared.get(key)) is None:
            blank = self._prepared[key] = requests.Request("POST", address, headers=headers).prepare()
        prepared = blank.copy()
        prepared.body = message
        prepared.headers["Content-Length"] = str(len(message))
        adapter = self.session.get_adapter(address)
        response: requests.Response = adapter.send(prepared, stream=True, timeout=self._timeouts, verify=True)
        content = response.raw.read(LARGEST_ANSWER + 1, decode_content=True)
        self._watchdog.received(content)
        if len(content) > LARGEST_ANSWER:
            response.close()
            raise MaybeSent("too-large", "The answer was larger than any answer of ODIN.")
        response._content = content
        response.raw.release_conn()
        if response.status_code != 200 and not _may_hold_a_fault(response):
            raise MaybeSent("http", f"The service answered with HTTP status {response.status_code}.")
        return response


def _is_web_page(content: bytes) -> bool:
    """Whether this is HTML: the help page of a WCF host, or a proxy's."""
    head = content[:2000].lower()
    return b"<html" in head and b"definitions" not in head


def _may_hold_a_fault(response: requests.Response) -> bool:
    return response.status_code == 500 and "xml" in response.headers.get("Content-Type", "")


class Gateway:
    """Calls ODIN. One object may be shared by all threads of a process."""

    def __init__(self, config: OdinConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._watchdog = Watchdog()
        self._service: Any = None

    def call(self, message_type: int, text: str, *, started: float | None = None) -> str:
        """Send a message and return the answer's text. Raises NotSent or MaybeSent; no answer is never success.

        `started` (monotonic seconds): when the call's time began, if earlier than now.
        """
        started = time.monotonic() if started is None else started
        end = started + self._config.total_timeout
        try:
            answer = self._answer(message_type, text, end)
        except GatewayError as error:
            # The service's words for a fault may repeat the message; the attempt keeps them.
            words = error.kind if error.kind == "fault" else error
            logger.warning("Message %d: no answer after %d ms: %s", message_type, _since(started), words)
            raise
        logger.info("Message %d: answered after %d ms.", message_type, _since(started))
        return answer

    def _answer(self, message_type: int, text: str, end: float) -> str:
        operation = self._operation(message_type, end)
        call = self._watchdog.begin(end)
        try:
            answer = operation(text)
            if not isinstance(answer, str) or not answer:
                raise MaybeSent("empty", "The service answered with nothing.")
            return answer
        except Exception as error:
            if isinstance(error, Fault):
                words = mask(str(error.message)[:200])
                failed: GatewayError = MaybeSent("fault", f"The service reported a fault: {words}")
            elif isinstance(error, GatewayError):
                failed = error
            else:
                if not isinstance(error, FORESEEN):
                    logger.exception("A call to ODIN failed in an unforeseen way.")
                failed = _classified(error, sent=call.sent, overdue=call.overdue)
            failed.received = mask(_as_text(call.received[:KEPT]))
            raise failed from None
        finally:
            self._watchdog.end(call)

    def operations(self) -> dict[str, str]:
        """Return the operation names of the WSDL, with their parameter's name. Raises NotSent."""
        service = self._load(time.monotonic() + self._config.total_timeout)
        return {
            name: ", ".join(name for name, _ in operation.input.body.type.elements)
            for name, operation in service._binding._operations.items()
        }

    def missing(self) -> dict[int, str]:
        """Return the message types without an operation in the WSDL, with the expected name. Raises NotSent."""
        there = self.operations()
        return {number: name for number in REQUESTS if (name := self.name_of(number)) not in there}

    def name_of(self, message_type: int) -> str:
        """Return the operation for a message type: configured, or the protocol's default (T2)."""
        return self._config.operations.get(message_type, REQUESTS[message_type].operation)

    def _operation(self, message_type: int, end: float) -> Any:
        service, name = self._load(end), self.name_of(message_type)
        try:
            return service[name]
        except AttributeError:
            raise NotSent(
                "operation",
                f"ODIN's service has no operation {name} for message {message_type}. Set its name in ODIN_OPERATIONS.",
            ) from None

    def _load(self, end: float) -> Any:
        """Return the service, loading the WSDL at first. `end`: the deadline of the call that needs it."""
        if self._service is None:
            if not self._lock.acquire(timeout=max(0.0, end - time.monotonic())):
                raise NotSent("wsdl", "The WSDL could not be read in time.")
            try:
                if self._service is None:
                    self._service = self._build(end)
            finally:
                self._lock.release()
        return self._service

    def _build(self, end: float) -> Any:
        # A WCF host splits its WSDL, so imports must be followed; the transport limits them to its own host.
        settings = zeep.Settings(strict=True, forbid_dtd=True, forbid_external=False, xml_huge_tree=False)
        call = self._watchdog.begin(end)
        try:
            transport = _Transport(self._config, self._watchdog)
            client = zeep.Client(self._config.wsdl_url, transport=transport, settings=settings)
            wanted = {self.name_of(number) for number in REQUESTS}
            # A WCF host may put the binding into an imported document, which `client.wsdl.bindings` leaves
            # out.
            found = (b for part in client.wsdl._definitions.values() for b in part.bindings.values())
            bindings = [binding for binding in found if isinstance(binding, Soap11Binding)]
            if not bindings:
                raise NotSent("wsdl", f"The WSDL describes no SOAP 1.1 service. {SINGLE}")
            best = max(bindings, key=lambda binding: len(wanted & set(binding._operations)))
            # The WSDL's own address is often wrong behind a proxy, so the address comes from configuration.
            return ServiceProxy(client, best, address=self._config.service_url)
        except GatewayError:
            raise
        except Exception as error:  # whatever error a damaged WSDL causes in zeep, nothing was sent
            words = (
                "no complete answer in time." if call.overdue else why_unreached(error) or str(error)[:200]
            )
            raise NotSent("wsdl", f"The WSDL at {self._config.wsdl_url} cannot be used: {words}") from None
        finally:
            self._watchdog.end(call)


def _as_text(content: bytes) -> str:
    """Return bytes of any kind as a text that a database takes: without zero characters."""
    return content.decode("utf-8", "replace").replace("\0", "\ufffd")


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)


def _classified(error: Exception, *, sent: bool, overdue: bool) -> GatewayError:
    if not sent:
        if overdue:
            return NotSent("not-sent", "ODIN's service cannot be reached: no connection in time.")
        if reason := why_unreached(error):
            return NotSent("not-sent", f"ODIN's service cannot be reached: {reason}")
        return NotSent(
            "encoding", f"The message cannot be written as the WSDL wants it ({type(error).__name__})."
        )
    if overdue:
        return MaybeSent("deadline", "No complete answer came within the time that a call may take.")
    if isinstance(error, (requests.Timeout, HTTPTimeout, TimeoutError)):
        return MaybeSent("timeout", "No answer came in time.")
    if isinstance(error, (requests.RequestException, HTTPError, OSError)):
        return MaybeSent("broken", "The connection broke before a complete answer came.")
    return MaybeSent("garbled", "What came back was not an answer of ODIN's service.")


_gateway: Gateway | None = None
_gateway_lock = threading.Lock()


def gateway() -> Gateway:
    """Return this process's gateway for the present configuration, created on first use."""
    global _gateway
    config = odin_config()
    with _gateway_lock:
        if _gateway is None or _gateway._config != config:
            _gateway = Gateway(config)
        return _gateway


def _forget() -> None:
    """Drop the gateway in a forked process, which must not share connections and the watchdog thread."""
    global _gateway, _gateway_lock
    _gateway, _gateway_lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)
