"""One message received: its facts, its one line in the ledger, and what a fault may do with it."""

import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from backoffice.protocol import wire
from backoffice.protocol.findings import DecodeError
from standins.odin import answers
from standins.odin.dealer import LogonAnswer, failure
from standins.odin.faults import Armed
from standins.odin.handlers.base import ERROR, Refused
from standins.odin.store import LedgerEntry, now

if TYPE_CHECKING:
    from standins.odin.service import Service

log = logging.getLogger("standins.odin")

LOGON = 101
GOOD_CODES = ("1", "10000", "10004", "10006")


class Incoming:
    """A message on its way through the stand-in. `type` is 0 where the text names none that is declared."""

    def __init__(self, service: "Service", operation: str, text: str) -> None:
        self._service = service
        self._started = time.perf_counter()
        self.operation = operation
        self.text = text
        self.facts = _facts(operation, text)
        self.type = int(self.facts["type"])
        self.recorded = False
        self.delayed = False
        self.entry = LedgerEntry(
            received=now(),
            operation=operation,
            type=self.type,
            group_id=self.facts["group_id"],
            user_id=self.facts["user_id"],
            reference=self.facts["reference"],
            text=wire.mask(text),
        )

    def age(self) -> float:
        """Seconds since the message came."""
        return time.perf_counter() - self._started

    def apply(self) -> str:
        """Judge, apply and write down the message, all in one transaction; returns the answer's text."""
        entry = self.entry
        with self._service.store.transaction():
            if self.type == LOGON:
                logon = self._service.logon(self)
                entry.code, entry.words, answer = logon.status, logon.text, answers.logon(logon)
            else:
                try:
                    with self._service.store.savepoint():
                        entry.words = self._service.decide(self)
                    entry.code = "1"
                except Refused as refused:
                    entry.code, entry.words, entry.reason = "0", refused.text, refused.reason
                except Exception:
                    log.exception("the stand-in failed at a message of type %s", self.type)
                    entry.code, entry.words, entry.reason = "0", ERROR, "The stand-in failed; see its log."
                answer = answers.plain(self.type, entry.code, entry.words, entry.reference)
            entry.applied = entry.code in GOOD_CODES
            entry.answer = wire.mask(answer)
            self._record()
        return answer

    def refuse(self, text: str) -> str:
        """The answer of a refusal in this text; nothing is applied."""
        self.entry.code, self.entry.words = "0", text
        if self.type == LOGON:
            return self.logon_answer("1", text)
        answer = answers.plain(self.type, "0", text, self.entry.reference)
        self.entry.answer = wire.mask(answer)
        return answer

    def logon_answer(self, status: str, text: str) -> str:
        """The answer of a logon with this status; nothing is applied."""
        logon: LogonAnswer = failure(status, text)
        self.entry.code, self.entry.words = logon.status, logon.text
        answer = answers.logon(logon)
        self.entry.answer = wire.mask(answer)
        return answer

    def retag(self, answer: str, changes: Mapping[int, str]) -> str:
        """The answer with the values of some tags replaced, where it has them."""
        return answers.retag(answer, changes)

    def rename_session(self, session_id: str) -> None:
        """Give the dealer's session another id."""
        with self._service.store.transaction():
            self._service.dealer.rename(session_id)

    def expire_session(self) -> None:
        """End the dealer's session."""
        with self._service.store.transaction():
            self._service.dealer.end()

    def struck_by(self, armed: Armed) -> None:
        """Note the fault that strikes this message."""
        self.entry.fault = armed.fault
        self.delayed = True

    def record_unapplied(self) -> None:
        """Write down a message that a fault kept from being applied."""
        with self._service.store.transaction():
            self._record()

    def _record(self) -> None:
        self.entry.ended = now()
        self.entry.milliseconds = self._elapsed()
        self._service.store.add_entry(self.entry)
        self.recorded = True

    def _elapsed(self) -> float:
        return round(self.age() * 1000, 3)

    def finish(self) -> None:
        """Call when the answer has left: logs one line; corrects the times after a fault."""
        entry = self.entry
        if self.delayed:
            entry.ended, entry.milliseconds = now(), self._elapsed()
            self._service.store.finish_entry(entry)
        # The log has no other values of the message; ids come from outside and are made harmless.
        log.info(
            "%s %s %s %s %.0f ms%s",
            *(
                self.type or "?",
                entry.operation,
                ascii(f"{entry.group_id}/{entry.user_id}")[1:-1],
                entry.code or "-",
            ),
            *(entry.milliseconds, f" fault {entry.fault}" if entry.fault else ""),
        )


def _facts(operation: str, text: str) -> dict[str, str]:
    """Type, user, group and reference as far as the text can be read, for faults and the ledger."""
    try:
        pairs = dict(wire.split(text))
    except DecodeError:
        pairs = {}
    type_ = pairs.get(64, "")
    return {
        "operation": operation,
        "type": type_ if type_.isascii() and type_.isdigit() and len(type_) < 6 else "0",
        "group_id": pairs.get(202, "")[:40],
        "user_id": pairs.get(201, "")[:40],
        "reference": (pairs.get(252) or pairs.get(227) or "")[:60],
    }
