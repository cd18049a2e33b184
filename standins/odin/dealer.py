"""The dealer's password and session, as the stand-in keeps them: hashes only."""

import secrets
import time
from dataclasses import dataclass
from datetime import datetime

from backoffice.protocol.codes import LogonStatus
from standins.odin.store import Document, Store, hashed, matches
from standins.odin.times import IST

#: What a logon's status means, by its code.
STATUSES = {status.value: status.label for status in LogonStatus}

MAX_ATTEMPTS = 3
DAYS_AFTER_CHANGE = 92
WARNING_DAYS = 15


@dataclass(frozen=True, slots=True)
class LogonAnswer:
    """How a logon is answered: tag 70, tag 19, tag 4 (empty on failure), tag 97, tag 326."""

    status: str
    text: str
    session_id: str = ""
    days: str = "-1"
    last_logon: str = ""


class Dealer:
    """One reserved dealer with at most one session. Call inside a store transaction.

    `session_seconds`: a session older than that is over. `idle_seconds`: a session unused for so long may be
    replaced by a logon without force (5005=1); until then a second logon is answered with 10008.
    """

    def __init__(
        self, store: Store, dealer_id: str, password: str, *, session_seconds: float, idle_seconds: float
    ) -> None:
        self.id = dealer_id
        self._store = store
        self._session_seconds = session_seconds
        self._idle_seconds = idle_seconds
        self._used = 0.0
        document = store.state("dealer")
        # A password given again by the environment replaces whatever was kept, changed passwords included.
        if not matches(password, document.get("given", "")):
            with store.transaction():
                store.save_state("dealer", {"given": hashed(password), "password": hashed(password)})

    def document(self) -> Document:
        """Attempts, lock, days to expiry and last logon, without hashes: for pages and tests."""
        kept = self._store.state("dealer")
        return {
            "dealer_id": self.id,
            "attempts": kept.get("attempts", 0),
            "locked": kept.get("locked", False),
            "days_to_expiry": kept.get("days", DAYS_AFTER_CHANGE),
            "last_logon": kept.get("last_logon", ""),
        }

    def session(self) -> Document:
        """The live session's number, opening time and last use (seconds since 1970), or nothing."""
        kept = self._store.state("session")
        if not kept.get("hash") or time.time() - kept["opened"] > self._session_seconds:
            return {}
        return {"number": kept["number"], "opened": kept["opened"], "used": max(self._used, kept["opened"])}

    def valid(self, dealer_id: str, session_id: str) -> int:
        """The session's number if it is this dealer's live one, else 0. Counts as use."""
        live = self.session()
        if not live or dealer_id != self.id or not matches(session_id, self._store.state("session")["hash"]):
            return 0
        self._used = time.time()
        return int(live["number"])

    def rename(self, session_id: str) -> None:
        """Give the session another id."""
        self._store.save_state("session", self._store.state("session") | {"hash": hashed(session_id)})

    def end(self) -> None:
        """End the session, if there is one."""
        kept = self._store.state("session")
        self._store.save_state("session", {"number": kept.get("number", 0)})

    def set(self, *, unlock: bool = False, days_to_expiry: int | None = None) -> None:
        """Change the dealer's condition, for training and tests. Days below 0: the password has expired."""
        kept = self._store.state("dealer")
        if unlock:
            kept |= {"locked": False, "attempts": 0}
        if days_to_expiry is not None:
            kept["days"] = days_to_expiry
        self._store.save_state("dealer", kept)

    def logon(
        self,
        *,
        dealer_id: str,
        password: str,
        new_password: str,
        new_password_good: bool,
        connection_type: str,
        force: bool,
    ) -> LogonAnswer:
        """Judge a logon as section 4.2 lists it; a good one opens a session with a number one higher."""
        kept = self._store.state("dealer")
        if dealer_id != self.id:
            return failure("10001")
        if kept.get("locked"):
            return failure("10003")
        if connection_type != "4":
            return failure("10011")
        if not matches(password, kept["password"]):
            attempts = kept.get("attempts", 0) + 1
            locked = attempts >= MAX_ATTEMPTS
            self._store.save_state("dealer", kept | {"attempts": attempts, "locked": locked})
            if locked:
                return failure("10005")
            return failure("10002", f"Incorrect Client ID or Password. Attempt {attempts} of {MAX_ATTEMPTS}")
        days = kept.get("days", DAYS_AFTER_CHANGE)
        if new_password:
            if not new_password_good:
                return failure("10009")
            if matches(new_password, kept["password"]):
                return failure("10013")
        elif days < 0:
            return failure("10007")
        live = self.session()
        if live and not force and time.time() - live["used"] < self._idle_seconds:
            return failure("10008")
        status = "10004" if days <= WARNING_DAYS else "10000"
        if new_password:
            status, days = "10006", DAYS_AFTER_CHANGE
            kept["password"] = hashed(new_password)
        last = kept.get("last_logon", "")
        stamp = datetime.now(IST).strftime("%b %d %Y %I:%M%p")
        self._store.save_state("dealer", kept | {"attempts": 0, "days": days, "last_logon": stamp})
        return LogonAnswer(status, success_text(status, days), self._open(), str(days), last or stamp)

    def _open(self) -> str:
        session_id = f"0x{secrets.token_hex(15).upper()}"
        number = self._store.state("session").get("number", 0) + 1
        opened = time.time()
        self._store.save_state("session", {"hash": hashed(session_id), "number": number, "opened": opened})
        self._used = opened
        return session_id


def success_text(status: str, days: int) -> str:
    """The text of a good logon; 10000's is the document's."""
    if status == "10000":
        return "Logon Success"
    if status == "10004":
        return f"Logon Success. Password expires in {days} days"
    return STATUSES[status]


def failure(status: str, text: str = "") -> LogonAnswer:
    """The answer of a failed logon; without a text, the status in words."""
    if not text:
        text = STATUSES.get(status, "Logon failed")
    return LogonAnswer(status, text)
