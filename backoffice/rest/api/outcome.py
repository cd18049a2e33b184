"""How an answer, or the lack of one, is read. No answer is never success (R5 to R8, R36, R38)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from backoffice.outside import quoted
from backoffice.rest.api.call import Call, Effect, placeholders
from backoffice.rest.api.envelope import Envelope, Unreadable, parse, read_envelope
from backoffice.rest.api.masking import Mask
from backoffice.rest.api.rows import Row

#: How many characters of ODIN's texts, and of invalid answers, are kept.
LONGEST_TEXT, KEPT = 500, 4000
#: What Amazon's gateway, in front of the service, says to a path it does not have, and to a key it does not know.
NO_SUCH_PATH, NO_SUCH_KEY = "Missing Authentication Token", "Forbidden"
#: Statuses below 500 after which an order may have been placed.
LATE = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY)


class OutcomeKind(StrEnum):
    """How a call ended. After refused, not sent, session ended and wrong setting, nothing was placed or changed.

    An order call's success is that the OMS took it, not that the exchange did (R20). Unknown is, of a call that reads,
    an answer that cannot be read; of an order call it may have been placed.
    """

    SUCCESS = "success"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"
    SESSION_ENDED = "session ended"
    WRONG_SETTING = "wrong setting"


@dataclass(frozen=True)
class NoAnswer:
    """A call that brought no complete answer. `sent`: its first byte may have left. `received`: what came instead."""

    sent: bool
    kind: str
    words: str
    received: bytes = b""


@dataclass(frozen=True)
class HttpAnswer:
    """A complete answer. `body` may hold secrets, so neither prints itself."""

    status: int
    body: bytes

    def __repr__(self) -> str:
        return f"<HttpAnswer {self.status}>"


@dataclass(frozen=True)
class Outcome:
    """How a call ended. `code`, `text` and `errors` are ODIN's, masked; `reason` is ours, for people.

    `detail`: a short name for statistics. `setting`: the one to look at. `http`: the status, 0 where there was none.
    `received`: the answer, masked, where it was not understood as success.
    """

    kind: OutcomeKind
    detail: str
    reason: str = ""
    code: str = ""
    text: str = ""
    errors: Any = None
    setting: str = ""
    http: int = 0
    received: str = ""

    @property
    def words(self) -> str:
        """Return all words of the outcome, in one line."""
        said = "" if self.errors in (None, "", []) else str(self.errors)
        return " ".join(part for part in (self.reason, self.code, self.text, said) if part)


#: Makes an outcome of a kind, a detail, a reason and a setting.
Making = Callable[..., Outcome]


@dataclass(frozen=True)
class Read:
    """An outcome with what the answer holds: a row, the rows of a book, or data of no declared form.

    `sent` and `received`: of an order call, what was sent and what came back, without the secrets of the call.
    """

    outcome: Outcome
    data: Any = None
    rows: tuple[Row, ...] = ()
    items: tuple[Any, ...] = ()
    row: Row | None = None
    total: int | None = None
    sent: str = ""
    received: str = ""

    def __repr__(self) -> str:
        return f"<Read {self.outcome.kind.value}>"


def read(call: type[Call], answer: HttpAnswer | NoAnswer, mask: Mask) -> Read:
    """The outcome of a call."""
    if isinstance(answer, NoAnswer):
        return Read(_without(call, answer, mask))
    try:
        parsed = parse(answer.body)
    except Unreadable as error:
        return Read(_foreign(call, answer, None, str(error), mask))
    if (envelope := read_envelope(parsed)) is None:
        return Read(_foreign(call, answer, parsed, "The answer is not one of ODIN's.", mask))
    found = _Reading(call, answer.status, envelope, mask, answer.body)
    if 200 <= answer.status < 300 and envelope.is_success:
        return found.success()
    return Read(found.failure())


def _without(call: type[Call], answer: NoAnswer, mask: Mask) -> Outcome:
    if not answer.sent:
        return Outcome(OutcomeKind.NOT_SENT, answer.kind, answer.words)
    words = f"{answer.words} {_doubt(call)}"
    return Outcome(OutcomeKind.UNKNOWN, answer.kind, words, received=_kept(answer.received, mask))


def _kept(body: bytes, mask: Mask) -> str:
    """The beginning of what came, masked as a whole first, so that no secret is cut in two and left."""
    try:
        return str(_as_text(mask.value(parse(body))))[:KEPT]
    except Unreadable:
        return mask.text(body.decode("utf-8", "replace").replace("\0", "\ufffd"))[:KEPT]


def _as_text(value: Any) -> str:
    """JSON data as text for people."""
    return json.dumps(value, default=str, ensure_ascii=False)


def _foreign(call: type[Call], answer: HttpAnswer, parsed: Any, why: str, mask: Mask) -> Outcome:
    """An answer without an envelope: of the gateway, of a proxy, of a broken service."""
    status = answer.status
    message = parsed.get("message") if isinstance(parsed, dict) else None

    def outcome(kind: OutcomeKind, detail: str, reason: str, setting: str = "") -> Outcome:
        text = mask.text(message)[:LONGEST_TEXT] if isinstance(message, str) else ""
        return Outcome(
            kind, detail, reason, "", text, None, setting, http=status, received=_kept(answer.body, mask)
        )

    if status == HTTPStatus.UNAUTHORIZED:
        return _unauthorised(call, outcome)
    if status == HTTPStatus.FORBIDDEN and message == NO_SUCH_PATH:
        words = f"The gateway has no {call.method} at this path: {_path_words(call)}. The password is not in question."
        return outcome(OutcomeKind.WRONG_SETTING, "path", words, "REST_PATHS")
    if status == HTTPStatus.FORBIDDEN and message == NO_SUCH_KEY:
        words = "The gateway refuses the key. Look at REST_X_API_KEY; the password is not in question."
        return outcome(OutcomeKind.WRONG_SETTING, "key", words, "REST_X_API_KEY")
    if (usual := _by_status(call, status, outcome, enveloped=False)) is not None:
        return usual
    if 400 <= status < 500:
        words = f"The gateway refused the call with HTTP status {status}: nothing was done."
        return outcome(OutcomeKind.REFUSED, "gateway", words, "REST_BASE_URL")
    return outcome(OutcomeKind.UNKNOWN, "unreadable", f"{why} {_doubt(call)}".strip())


def _unauthorised(call: type[Call], outcome: Making) -> Outcome:
    if call.effect is Effect.LOGIN:
        return outcome(OutcomeKind.REFUSED, "credentials", "The credentials are refused.")
    words = "The session has ended: log in again."
    if call.effect is Effect.ORDER:
        words += " Nothing was done; confirm again after the login."
    return outcome(OutcomeKind.SESSION_ENDED, "session", words)


def _by_status(call: type[Call], status: int, outcome: Making, *, enveloped: bool) -> Outcome | None:
    """What a status means with and without an envelope. None if the envelope decides."""
    made: Outcome | None = None
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        if call.effect is Effect.ORDER:
            words = f"The service has no such order, or no such path: nothing was done. {_path_words(call)}"
            made = outcome(OutcomeKind.REFUSED, "not-found", words, "REST_PATHS")
        elif enveloped and "order_id" in placeholders(call.path) and status == HTTPStatus.NOT_FOUND:
            made = outcome(OutcomeKind.REFUSED, "not-found", "The service has no such order.", "REST_PATHS")
        else:
            words = f"The service has no {call.method} at this path: {_path_words(call)}."
            made = outcome(OutcomeKind.WRONG_SETTING, "path", words, "REST_PATHS")
    elif status == HTTPStatus.TOO_MANY_REQUESTS:
        made = outcome(OutcomeKind.REFUSED, "rate", "Too many calls: wait a minute, then try again.")
    elif status >= 500 or status in LATE:
        words = f"The service failed with HTTP status {status}. {_doubt(call)}"
        made = outcome(OutcomeKind.UNKNOWN, "server", words.strip())
    elif 300 <= status < 400 or status < 200:
        words = f"The service answered with HTTP status {status}, which is not followed. {_doubt(call)}"
        made = outcome(OutcomeKind.UNKNOWN, "redirect", words.strip(), "REST_BASE_URL")
    return made


def _doubt(call: type[Call]) -> str:
    if call.effect is Effect.ORDER:
        return "It may have been done: look in the order book, and do not send it again."
    return "Try again later." if call.effect is Effect.READ else "Nothing says whether a session was opened."


def _path_words(call: type[Call]) -> str:
    return f"look at REST_BASE_URL and REST_PATHS ({call.name})"


class _Reading:
    """An answer that has an envelope."""

    def __init__(self, call: type[Call], status: int, envelope: Envelope, mask: Mask, body: bytes) -> None:
        self.call = call
        self.status = status
        self.envelope = envelope
        self.mask = mask
        self.body = body

    def outcome(self, kind: OutcomeKind, detail: str, reason: str = "", setting: str = "") -> Outcome:
        envelope = self.envelope
        return Outcome(
            kind,
            detail,
            reason,
            self.mask.text(envelope.code)[:LONGEST_TEXT],
            self.mask.text(envelope.message)[:LONGEST_TEXT],
            self.mask.value(envelope.errors),
            setting,
            self.status,
            "" if kind is OutcomeKind.SUCCESS else _kept(self.body, self.mask),
        )

    def success(self) -> Read:
        """A 2xx that says success: what it must hold decides."""
        call, envelope = self.call, self.envelope
        done = self.outcome(OutcomeKind.SUCCESS, "done")
        if call.book:
            items = envelope.items()
            if items is None or not all(isinstance(item, dict) for item in items):
                return self._unreadable("The answer holds no rows.")
            kind = call.row or Row
            made = tuple(kind(item) for item in items)
            return Read(done, envelope.data, made, tuple(items), total=envelope.total)
        row = call.row(envelope.data) if call.row and isinstance(envelope.data, dict) else None
        if call.effect is Effect.ORDER and not (row and getattr(row, "order_id", None)):
            return self._unreadable("The answer names no order.")
        return Read(done, envelope.data, row=row, total=envelope.total)

    def failure(self) -> Outcome:
        """Anything else."""
        call, status = self.call, self.status
        if status == HTTPStatus.UNAUTHORIZED:
            return _unauthorised(call, self.outcome)
        if (usual := _by_status(call, status, self.outcome, enveloped=True)) is not None:
            return usual
        if self.envelope.is_error:
            return self.outcome(OutcomeKind.REFUSED, "refused")
        if self.envelope.is_success or status < 300:
            words = f"The answer says {quoted(self.mask.text(self.envelope.status)[:40])} with HTTP status {status}."
            return self.outcome(OutcomeKind.UNKNOWN, "contradiction", f"{words} {_doubt(call)}")
        return self.outcome(OutcomeKind.REFUSED, "refused")

    def _unreadable(self, why: str) -> Read:
        return Read(self.outcome(OutcomeKind.UNKNOWN, "unreadable", f"{why} {_doubt(self.call)}"))
