"""Scripted faults: one table, a name and a small function for each.

A fault is armed (see arming.py), strikes the messages it matches as often as asked, and is gone. The
function gets the exchange and answers with a reply; it decides whether the message is applied by calling
`exchange.apply()` or not.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from backoffice.protocol.codes import LogonStatus
from standins.odin import soap
from standins.odin.reply import xml
from standins.serving import HTML, Reply

LOGON = 101
GOOD_STATUSES = {status.value for status in LogonStatus if status.success}


class Exchange(Protocol):
    """What a fault may do with a message: apply it and get the answer's text, or answer without applying."""

    operation: str
    type: int

    def age(self) -> float:
        """Seconds since the message came."""

    def apply(self) -> str:
        """Handle the message as usual; returns the answer's text."""

    def refuse(self, text: str) -> str:
        """The answer of a refusal in this text, nothing applied."""

    def logon_answer(self, status: str, text: str) -> str:
        """The answer of a logon with this status, nothing applied."""

    def retag(self, answer: str, changes: Mapping[int, str]) -> str:
        """The answer with the values of some tags replaced, where it has them."""

    def rename_session(self, session_id: str) -> None:
        """Give the dealer's session another id."""

    def expire_session(self) -> None:
        """End the dealer's session, as ODIN does on its own account."""


@dataclass(slots=True)
class Armed:
    """A fault waiting for messages.

    `match`: type, operation, group_id, user_id, reference; what is absent matches everything.
    `times`: how many messages it still strikes; -1: all, until it is removed.
    `seconds`: the pause of the fault, before it does what it does. `text`, `status`, `days`: see the fault.
    """

    id: int
    fault: str
    match: dict[str, str] = field(default_factory=dict)
    times: int = 1
    seconds: float = 0.0
    text: str = ""
    status: str = ""
    days: str = ""
    struck: int = 0

    def matches(self, facts: Mapping[str, str]) -> bool:
        """Whether a message of these facts is struck. Logon faults strike logons only."""
        if FAULTS[self.fault].logon_only and facts["type"] != str(LOGON):
            return False
        return all(facts.get(name) == value for name, value in self.match.items())


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault: `applies` says whether the message takes effect in spite of it."""

    name: str
    words: str
    applies: bool
    run: Callable[[Exchange, Armed], Reply]
    logon_only: bool = False


FAULTS: dict[str, Fault] = {}
Run = Callable[[Exchange, Armed], Reply]


def fault(*, applies: bool, logon_only: bool = False) -> Callable[[Run], Run]:
    """Enter a function in the table under its own name, its docstring being the words."""

    def enter(run: Run) -> Run:
        name = run.__name__
        FAULTS[name] = Fault(name, (run.__doc__ or "").strip(), applies, run, logon_only)
        return run

    return enter


def _answered(exchange: Exchange, **changes: Any) -> Reply:
    return replace(xml(soap.answer(exchange.operation, exchange.apply())), **changes)


def _instead(exchange: Exchange, text: str) -> Reply:
    return xml(soap.answer(exchange.operation, text))


@fault(applies=True)
def latency(exchange: Exchange, armed: Armed) -> Reply:
    """Waits, then applies and answers."""
    time.sleep(armed.seconds)
    return _answered(exchange)


@fault(applies=True)
def latency_after(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, and answers so many seconds after the message came, whatever the handling took of them."""
    reply = _answered(exchange)
    time.sleep(max(0.0, armed.seconds - exchange.age()))
    return reply


@fault(applies=False)
def refuse_before(exchange: Exchange, armed: Armed) -> Reply:
    """Refuses with the given text and applies nothing."""
    time.sleep(armed.seconds)
    return _instead(exchange, exchange.refuse(armed.text or "Unable to Connect to ODIN Manager"))


@fault(applies=False)
def drop_before(exchange: Exchange, armed: Armed) -> Reply:
    """Closes the connection, nothing applied."""
    time.sleep(armed.seconds)
    return Reply(drop="close")


@fault(applies=True)
def drop_after(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then closes the connection without an answer."""
    exchange.apply()
    time.sleep(armed.seconds)
    return Reply(drop="close")


@fault(applies=False)
def reset_before(exchange: Exchange, armed: Armed) -> Reply:
    """Resets the connection (RST), nothing applied."""
    time.sleep(armed.seconds)
    return Reply(drop="reset")


@fault(applies=True)
def reset_after(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then resets the connection (RST)."""
    exchange.apply()
    time.sleep(armed.seconds)
    return Reply(drop="reset")


@fault(applies=True)
def stale_keep_alive(exchange: Exchange, armed: Armed) -> Reply:
    """Applies and answers, then closes the connection without having said so."""
    return _answered(exchange, close_after=True)


@fault(applies=False)
def http_500_before(exchange: Exchange, armed: Armed) -> Reply:
    """Answers HTTP 500 with a page, nothing applied."""
    time.sleep(armed.seconds)
    return Reply(500, b"<html><body>Server Error in '/' Application.</body></html>", HTML)


@fault(applies=True)
def http_500_after(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers HTTP 500 with a page."""
    exchange.apply()
    return http_500_before(exchange, armed)


@fault(applies=False)
def http_503(exchange: Exchange, armed: Armed) -> Reply:
    """Answers HTTP 503 as a proxy does while the service restarts, nothing applied."""
    time.sleep(armed.seconds)
    return Reply(503, b"Service Unavailable", "text/plain", {"Retry-After": "1"})


@fault(applies=False)
def soap_fault(exchange: Exchange, armed: Armed) -> Reply:
    """Answers a SOAP fault with HTTP 500, nothing applied."""
    time.sleep(armed.seconds)
    return xml(soap.fault(armed.text or "The server was unable to process the request."), 500)


@fault(applies=True)
def soap_fault_200(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers a SOAP fault with HTTP 200."""
    exchange.apply()
    return xml(soap.fault(armed.text or "The server was unable to process the request."))


@fault(applies=True)
def soap_12(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers in a SOAP 1.2 envelope."""
    body = soap.answer(exchange.operation, exchange.apply())
    body = body.replace(soap.ENVELOPE.encode(), b"http://www.w3.org/2003/05/soap-envelope")
    return Reply(200, body, "application/soap+xml; charset=utf-8")


@fault(applies=True)
def empty_200(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers HTTP 200 with an empty body."""
    return _answered(exchange, body=b"")


@fault(applies=True)
def empty_202(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers HTTP 202 with an empty body."""
    return _answered(exchange, body=b"", status=202)


@fault(applies=True)
def nil(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers with a nil result."""
    return _answered(exchange, body=soap.nil_answer(exchange.operation))


@fault(applies=True)
def empty_text(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers with an empty result."""
    return _answered(exchange, body=soap.answer(exchange.operation, ""))


@fault(applies=True)
def html_200(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers HTTP 200 with a web page."""
    page = b"<html><head><title>Maintenance</title></head><body><br>Please come back later.</body></html>"
    return _answered(exchange, body=page, content_type=HTML)


@fault(applies=True)
def garbage(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers with a result that is no message."""
    exchange.apply()
    return _instead(exchange, armed.text or "#~?? 0x80004005 ??~#")


@fault(applies=True)
def control_character(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers with XML that holds a control character."""
    reply = _answered(exchange)
    return replace(reply, body=reply.body.replace(b"|18=", b"\x01|18="))


@fault(applies=True)
def truncated(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then sends half of the answer it announced and closes."""
    reply = _answered(exchange)
    return replace(reply, cut=len(reply.body) // 2)


@fault(applies=True)
def truncated_no_length(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then sends half of the answer, without a Content-Length, and closes."""
    reply = _answered(exchange)
    return replace(reply, cut=len(reply.body) // 2, length=False)


@fault(applies=True)
def wrong_type(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers with the type of another message's answer."""
    own = exchange.apply()
    other = "323" if "|64=323|" not in own else "311"
    return _instead(exchange, exchange.retag(own, {64: other}))


@fault(applies=True)
def wrong_reference(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers with another's reference (227, 252), where the answer has one."""
    return _instead(exchange, exchange.retag(exchange.apply(), {227: "NOTYOURS", 252: "NOTYOURS"}))


@fault(applies=True)
def odd_text(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then confirms in words that the document does not list."""
    return _instead(exchange, exchange.retag(exchange.apply(), {19: armed.text or "Done | with remarks"}))


@fault(applies=True)
def spaced(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers with white space around the answer and its bars, as the document prints some."""
    return _instead(exchange, "\n " + re.sub(r"\|(?=[0-9]{1,5}=)", " |\n ", exchange.apply()) + " \n")


@fault(applies=True, logon_only=True)
def session_id(exchange: Exchange, armed: Armed) -> Reply:
    """Opens the session under the id given as text."""
    answer = exchange.apply()
    exchange.rename_session(armed.text)
    return _instead(exchange, exchange.retag(answer, {4: armed.text}))


@fault(applies=False)
def session_expiry(exchange: Exchange, armed: Armed) -> Reply:
    """Ends the dealer's session, so that this message is refused with Invalid Session."""
    exchange.expire_session()
    return _answered(exchange)


@fault(applies=False, logon_only=True)
def logon_status(exchange: Exchange, armed: Armed) -> Reply:
    """Answers a logon with the given status (and `days` to expiry); a good status opens the session."""
    time.sleep(armed.seconds)
    status = armed.status or LogonStatus.ALREADY_LOGGED_IN.value
    if status in GOOD_STATUSES:
        changes = (
            {70: status} | ({97: armed.days} if armed.days else {}) | ({19: armed.text} if armed.text else {})
        )
        return _instead(exchange, exchange.retag(exchange.apply(), changes))
    return _instead(exchange, exchange.logon_answer(status, armed.text))


@fault(applies=True)
def drip(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then sends the answer drop by drop over the given seconds (10 unless told)."""
    return _answered(exchange, chunks=40, seconds=armed.seconds or 10.0)


@fault(applies=False)
def redirect_302(exchange: Exchange, armed: Armed) -> Reply:
    """Redirects with 302, nothing applied."""
    return Reply(302, b"", HTML, {"Location": "/UserCreation.svc/soap?moved"})


@fault(applies=False)
def redirect_307(exchange: Exchange, armed: Armed) -> Reply:
    """Redirects with 307, which asks for the message to be sent again; nothing applied."""
    return Reply(307, b"", HTML, {"Location": "/UserCreation.svc/soap?moved"})


@fault(applies=True)
def dtd(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers with a document type declaration and an entity."""
    head = b'<!DOCTYPE s [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    body = _answered(exchange).body.replace(b"?>", b"?>" + head, 1).replace(b"|19=", b"|19=&e;")
    return xml(body)


@fault(applies=True)
def billion_laughs(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers with entities that unfold without end."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<!DOCTYPE s [<!ENTITY e0 "ha">{levels}]>'.encode()
    body = _answered(exchange).body.replace(b"?>", b"?>" + head, 1).replace(b"|19=", b"|19=&e11;")
    return xml(body)


@fault(applies=True)
def huge(exchange: Exchange, armed: Armed) -> Reply:
    """Applies, then answers with 11 MB."""
    return _instead(exchange, exchange.apply() + "x" * 11_000_000)
