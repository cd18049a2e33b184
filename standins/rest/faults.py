"""Faults: armed on the page, over HTTP (`POST /faults`) or with `RestStandIn.faults.add(...)`.

A fault strikes the calls that it matches, so many times, and is then removed. Its function gets `apply`, which
handles the call as usual, and decides whether to.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from standins.arming import ArmedFaults, BadFault, check_name, check_numbers
from standins.rest.constants import CALLS, IN_DOCUMENT
from standins.rest.reply import Refused, error, gateway
from standins.serving import HTML, Reply, as_json

Apply = Callable[[], Reply]


@dataclass
class Armed:
    """A fault waiting for calls. `call`: the one that it strikes, "" for all. `times`: how often still; -1: always."""

    id: int
    fault: str
    call: str = ""
    times: int = 1
    seconds: float = 0.0


@dataclass(frozen=True)
class Fault:
    """A kind of fault. `applies`: whether the call takes effect in spite of it."""

    words: str
    applies: bool
    run: Callable[[Apply, Armed], Reply]


FAULTS: dict[str, Fault] = {}
Run = Callable[[Apply, Armed], Reply]


def fault(*, applies: bool) -> Callable[[Run], Run]:
    """Enter a function in the table under its own name, its docstring being the words."""

    def enter(run: Run) -> Run:
        FAULTS[run.__name__] = Fault((run.__doc__ or "").strip(), applies, run)
        return run

    return enter


@fault(applies=False)
def silence_before(apply: Apply, armed: Armed) -> Reply:
    """Does nothing, and says nothing for so many seconds."""
    time.sleep(armed.seconds)
    return Reply(drop="close")


@fault(applies=True)
def silence_after(apply: Apply, armed: Armed) -> Reply:
    """Does what it is asked, then says nothing for so many seconds."""
    apply()
    time.sleep(armed.seconds)
    return Reply(drop="close")


@fault(applies=False)
def reset_before(apply: Apply, armed: Armed) -> Reply:
    """Resets the connection and does nothing."""
    return Reply(drop="reset")


@fault(applies=True)
def reset_after(apply: Apply, armed: Armed) -> Reply:
    """Does what it is asked, then resets the connection."""
    apply()
    return Reply(drop="reset")


@fault(applies=True)
def error_500_after(apply: Apply, armed: Armed) -> Reply:
    """Does what it is asked, then answers 500."""
    apply()
    return as_json(error(Refused(500, "Internal Server Error", "e-500")), 500)


@fault(applies=False)
def error_500_before(apply: Apply, armed: Armed) -> Reply:
    """Answers 500 and does nothing."""
    return as_json(error(Refused(500, "Internal Server Error", "e-500")), 500)


@fault(applies=False)
def unavailable(apply: Apply, armed: Armed) -> Reply:
    """Answers 503 in HTML."""
    return Reply(503, b"<html><body>Service Unavailable</body></html>", HTML)


@fault(applies=True)
def html(apply: Apply, armed: Armed) -> Reply:
    """Does what it is asked, then answers 200 with a web page."""
    apply()
    return Reply(200, b"<html><body>Welcome</body></html>", HTML)


@fault(applies=False)
def html_400(apply: Apply, armed: Armed) -> Reply:
    """Answers 400 with a web page, as a gateway does."""
    return Reply(400, b"<html><body>Bad Request</body></html>", HTML)


@fault(applies=False)
def gateway_403(apply: Apply, armed: Armed) -> Reply:
    """Answers as the gateway does to a path that it does not have."""
    return gateway("Missing Authentication Token")


@fault(applies=False)
def too_many(apply: Apply, armed: Armed) -> Reply:
    """Answers 429."""
    return gateway("Too Many Requests", 429)


@fault(applies=True)
def request_timeout(apply: Apply, armed: Armed) -> Reply:
    """Does what it is asked, then answers 408."""
    apply()
    return gateway("Request Timeout", 408)


@fault(applies=False)
def redirect(apply: Apply, armed: Armed) -> Reply:
    """Sends the caller to another address."""
    return Reply(302, b"", HTML, {"Location": "/elsewhere"})


@fault(applies=True)
def truncated(apply: Apply, armed: Armed) -> Reply:
    """Does what it is asked, then sends half of the answer."""
    reply = apply()
    return replace(reply, cut=len(reply.body) // 2)


@fault(applies=True)
def slow_drip(apply: Apply, armed: Armed) -> Reply:
    """Does what it is asked, then sends the answer in pieces over so many seconds."""
    return replace(apply(), chunks=50, seconds=armed.seconds)


@fault(applies=False)
def session_ends(apply: Apply, armed: Armed) -> Reply:
    """Answers 401, as to a token that was revoked. Does nothing."""
    return as_json(error(Refused(401, "Session is invalid or expired", "e-401", "e-16")), 401)


@fault(applies=True)
def escaped_data(apply: Apply, armed: Armed) -> Reply:
    """Answers with data as an escaped JSON string."""
    return _changed(apply(), lambda data: data if isinstance(data, str) else json.dumps(data))


@fault(applies=True)
def single_object(apply: Apply, armed: Armed) -> Reply:
    """Answers with one object where a list of one is meant."""
    return _changed(apply(), lambda data: data[0] if isinstance(data, list) and len(data) == 1 else data)


@fault(applies=True)
def numbers_as_text(apply: Apply, armed: Armed) -> Reply:
    """Answers with every number as text."""
    return _changed(apply(), _texts)


@fault(applies=True)
def document_statuses(apply: Apply, armed: Armed) -> Reply:
    """Answers with statuses as the document spells them."""
    return _changed(apply(), _statuses)


@fault(applies=True)
def validate_sample(apply: Apply, armed: Armed) -> Reply:
    """Answers with the data of the document's own sample of Validate."""
    sample = {"status": "false", "message": "TRUE", "dropped": "true"}
    return _changed(apply(), lambda data: json.dumps(sample))


@fault(applies=True)
def no_data(apply: Apply, armed: Armed) -> Reply:
    """Does what it is asked, then answers success without data."""
    return _changed(apply(), lambda data: None)


@fault(applies=True)
def no_total(apply: Apply, armed: Armed) -> Reply:
    """Answers a book without its total."""
    return _changed(apply(), lambda data: data, without=("metadata",))


def _changed(reply: Reply, change: Callable[[Any], Any], without: tuple[str, ...] = ()) -> Reply:
    """The reply with its data changed, where it is a success."""
    envelope = json.loads(reply.body)
    if envelope.get("status") != "success":
        return reply
    if "data" in envelope:
        envelope["data"] = change(envelope["data"])
    kept = {n: v for n, v in envelope.items() if n not in without and not (n == "data" and v is None)}
    return replace(reply, body=json.dumps(kept).encode())


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _statuses(data: Any) -> Any:
    rows = data if isinstance(data, list) else []
    return [{**row, "status": IN_DOCUMENT.get(row.get("status"), row.get("status"))} for row in rows]


class Faults(ArmedFaults[Armed]):
    """The faults armed at present, in the order in which they were armed."""

    def add(self, name: str, *, call: str = "", times: int = 1, seconds: float = 0.0) -> Armed:
        """Arm a fault. Raises BadFault."""
        check_name(name, FAULTS)
        if call and call not in CALLS:
            raise BadFault(f"There is no such call. Known: {', '.join(CALLS)}.")
        check_numbers(times, seconds, "calls")
        return self._arm(lambda id_: Armed(id_, name, call, times, float(seconds)))

    def take(self, call: str) -> Armed | None:
        """The fault that strikes a call, counted down. None if none does."""
        return self._take(lambda armed: armed.call in ("", call))
