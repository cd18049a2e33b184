"""The only file that knows zeep: calls ODIN's operations; says, when that fails, whether the message may have arrived.

The WSDL is read once a process (T4). Operations are called by position, since the parameter's name is not fixed (T1).
"""

import logging
import os
import threading
from typing import Any
from urllib.parse import urlsplit

import requests
import zeep
from lxml.etree import LxmlError
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault
from zeep.wsdl.bindings.soap import Soap11Binding

from backoffice.config import OdinConfig, odin_config
from backoffice.odin.watchdog import Watchdog, http_session
from backoffice.protocol.message import REQUESTS

logger = logging.getLogger(__name__)

#: An answer larger than this is not read on: the longest real one, a stock view, has some hundred kilobytes.
LARGEST_ANSWER = 10 * 1024 * 1024
POOL_SIZE = 64


class GatewayError(Exception):
    """A call that brought no answer. `kind` is a short name for statistics, `words` are for people."""

    may_have_been_applied = False

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(f"{kind}: {words}")
        self.kind = kind
        self.words = words


class NotSent(GatewayError):
    """Nothing of the message left this machine: it is safe to send again (A2)."""


class MaybeSent(GatewayError):
    """The message may have arrived and may have been applied (A3)."""

    may_have_been_applied = True


class _Transport(zeep.Transport):
    """zeep's transport with our deadlines, without redirects, and with a limit on what is read."""

    def __init__(self, config: OdinConfig) -> None:
        super().__init__(session=http_session(POOL_SIZE))
        self._timeouts = (config.connect_timeout, config.read_timeout)
        self._wsdl_host = urlsplit(config.wsdl_url).hostname

    def load(self, url: str) -> bytes:
        """A document of the WSDL. It may import others of its own host, and nothing else: no file, no other host."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname != self._wsdl_host:
            raise NotSent("wsdl", f"The WSDL refers to {url[:200]}, not of its own host: not followed.")
        response = self.session.get(url, timeout=self._timeouts, allow_redirects=False)
        if response.status_code != 200:
            raise NotSent("wsdl", f"The WSDL cannot be read: HTTP status {response.status_code}.")
        return bytes(response.content)

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        # Straight to the adapter: a call needs no cookies, proxies, redirects or hooks of the session, which cost as
        # much as the rest of the client.
        prepared = requests.Request("POST", address, headers=headers).prepare()
        prepared.body = message
        prepared.headers["Content-Length"] = str(len(message))
        adapter = self.session.get_adapter(address)
        response: requests.Response = adapter.send(prepared, stream=True, timeout=self._timeouts, verify=True)
        content = response.raw.read(LARGEST_ANSWER + 1, decode_content=True)
        if len(content) > LARGEST_ANSWER:
            response.close()
            raise MaybeSent("too-large", "The answer was larger than any answer of ODIN.")
        response._content = content
        response.raw.release_conn()
        if response.status_code != 200 and not _may_hold_a_fault(response):
            raise MaybeSent("http", f"The service answered with HTTP status {response.status_code}.")
        return response


def _may_hold_a_fault(response: requests.Response) -> bool:
    return response.status_code == 500 and "xml" in response.headers.get("Content-Type", "")


class Gateway:
    """Calls ODIN. One object may be shared by all threads of a process."""

    def __init__(self, config: OdinConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._watchdog = Watchdog()
        self._service: Any = None

    def call(self, message_type: int, text: str) -> str:
        """Send a message and give back the answer's text. Raises NotSent or MaybeSent; no answer is never success."""
        operation = self._operation(message_type)
        call = self._watchdog.begin(self._config.total_timeout)
        try:
            answer = operation(text)
        except GatewayError:
            raise
        except Fault as fault:
            raise MaybeSent("fault", f"The service reported a fault: {str(fault.message)[:200]}") from None
        except (requests.RequestException, OSError, ZeepError, LxmlError, ValueError) as error:
            raise _classified(error, sent=call.sent, overdue=call.overdue) from None
        except (
            Exception
        ) as error:  # zeep and urllib3 raise many kinds on a damaged answer; none may pass for success
            logger.exception("A call to ODIN failed in an unforeseen way.")
            raise _classified(error, sent=call.sent, overdue=call.overdue) from None
        finally:
            self._watchdog.end(call)
        if not isinstance(answer, str) or not answer:
            raise MaybeSent("empty", "The service answered with nothing.")
        return answer

    def operations(self) -> dict[str, str]:
        """The operation names that the WSDL has, with their parameter's name. Raises NotSent."""
        service = self._load()
        return {
            name: ", ".join(name for name, _ in operation.input.body.type.elements)
            for name, operation in service._binding._operations.items()
        }

    def missing(self) -> dict[int, str]:
        """The message types whose operation the WSDL lacks, with the name looked for. Raises NotSent."""
        there = self.operations()
        return {number: name for number in REQUESTS if (name := self.name_of(number)) not in there}

    def name_of(self, message_type: int) -> str:
        """The operation for a message type: configured, or the protocol's default (T2)."""
        return self._config.operations.get(message_type, REQUESTS[message_type].operation)

    def _operation(self, message_type: int) -> Any:
        service, name = self._load(), self.name_of(message_type)
        try:
            return service[name]
        except AttributeError:
            raise NotSent(
                "operation",
                f"ODIN's service has no operation {name} for message {message_type}. Set its name in ODIN_OPERATIONS.",
            ) from None

    def _load(self) -> Any:
        if self._service is None:
            with self._lock:
                if self._service is None:
                    self._service = self._build()
        return self._service

    def _build(self) -> Any:
        # A WCF host splits its WSDL, so imports must be followed; the transport keeps them to its own host.
        settings = zeep.Settings(strict=True, forbid_dtd=True, forbid_external=False, xml_huge_tree=False)
        call = self._watchdog.begin(self._config.total_timeout)
        try:
            client = zeep.Client(self._config.wsdl_url, transport=_Transport(self._config), settings=settings)
            wanted = {self.name_of(number) for number in REQUESTS}
            bindings = [b for b in client.wsdl.bindings.values() if isinstance(b, Soap11Binding)]
            if not bindings:
                raise NotSent("wsdl", "The WSDL describes no SOAP 1.1 service.")
            best = max(bindings, key=lambda binding: len(wanted & set(binding._operations)))
            # The WSDL's own address is often wrong behind a proxy: ours comes from configuration.
            return client.create_service(best.name.text, self._config.service_url)
        except GatewayError:
            raise
        except Exception as error:  # whatever a damaged WSDL makes zeep raise, nothing was sent
            words = _REASONS.get(type(error), str(error)[:200])
            raise NotSent("wsdl", f"The WSDL at {self._config.wsdl_url} cannot be used: {words}") from None
        finally:
            self._watchdog.end(call)


_REASONS: dict[type[Exception], str] = {
    requests.ConnectTimeout: "no connection in time.",
    requests.ReadTimeout: "no answer in time.",
    requests.ConnectionError: "the host cannot be reached.",
}


def _classified(error: Exception, *, sent: bool, overdue: bool) -> GatewayError:
    if not sent:
        words = _REASONS.get(type(error), f"no connection ({type(error).__name__}).")
        return NotSent("not-sent", f"ODIN's service cannot be reached: {words}")
    if overdue:
        return MaybeSent("deadline", "No complete answer came within the time that a call may take.")
    if isinstance(error, (requests.Timeout, TimeoutError)) or "timed out" in str(error):
        return MaybeSent("timeout", "No answer came in time.")
    if isinstance(error, (requests.RequestException, OSError)):
        return MaybeSent("broken", "The connection broke before a complete answer came.")
    return MaybeSent("garbled", "What came back was not an answer of ODIN's service.")


_gateway: Gateway | None = None
_gateway_lock = threading.Lock()


def gateway() -> Gateway:
    """The gateway of this process for the present configuration, made when first needed."""
    global _gateway
    config = odin_config()
    with _gateway_lock:
        if _gateway is None or _gateway._config != config:
            _gateway = Gateway(config)
        return _gateway


def _forget() -> None:
    """A forked process must not share connections and the watchdog thread with its parent."""
    global _gateway, _gateway_lock
    _gateway, _gateway_lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)
