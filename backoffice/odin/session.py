"""The one shared dealer session: logon, re-logon, logoff, and what each logon status means (A6).

One worker logs on at a time: it takes a lease in the row, calls ODIN outside any transaction, and stores the result by
an update that must still find its lease. The others are told when to come back.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.config import odin_config
from backoffice.odin.gateway import GatewayError, gateway
from backoffice.odin.models import DealerSession
from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.codes import LogonStatus
from backoffice.protocol.fields import SecretText, Values
from backoffice.protocol.findings import DecodeError
from backoffice.protocol.messages.session import Logoff, Logon
from backoffice.protocol.wire import Header, Reply, decode_reply, encode
from backoffice.seal import SealError, seal, unseal

if TYPE_CHECKING:
    from backoffice.staff.models import User

State = DealerSession.State

#: At most this many logons in this time: more would look like an attack, and wrong ones lock the dealer.
LOGONS_AT_MOST = 3
LOGONS_WITHIN = timedelta(minutes=5)
#: While another worker logs on, come back after this.
SOON = timedelta(seconds=0.5)
LONGEST_PAUSE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(seconds=10)

STATUSES = {member.value: member for member in LogonStatus}
ALREADY_LOGGED_IN = "10008"
#: Statuses that may pass by themselves; every other failure stops further logons until a person lifts the stop.
PASSING = (ALREADY_LOGGED_IN, "0", "1", "10014", "10028")


@dataclass(frozen=True)
class Session:
    """A session to send in: its number and its id (tag 4)."""

    number: int
    id: SecretText


@dataclass(frozen=True)
class SessionStatus:
    """The session as the header of every page shows it."""

    state: str
    words: str
    since: datetime | None
    days_to_expiry: int | None
    next_try_at: datetime | None


class NoSession(Exception):
    """There is no session now. `retry_at` (UTC) says when to come back; None: only a person can help."""

    def __init__(self, words: str, retry_at: datetime | None) -> None:
        super().__init__(words)
        self.words = words
        self.retry_at = retry_at


def current() -> Session:
    """The session to send in, logging on where there is none. Raises NoSession."""
    row = _row()
    if row.state == State.LOGGED_ON:
        try:
            return Session(row.number, unseal(row.sealed_session_id))
        except SealError as error:
            raise NoSession(str(error), None) from error
    return _log_on(row)


def invalidate(number: int) -> None:
    """ODIN says that session `number` is not valid: forget it, unless a newer one is there already."""
    gone = DealerSession.objects.filter(pk=1, number=number, state=State.LOGGED_ON).update(
        state=State.LOGGED_OFF, sealed_session_id="", since=timezone.now()
    )
    if gone:
        _record("session.expired", None, f"ODIN no longer accepts dealer session {number}.")


def log_off(by: "User") -> None:
    """Close the session. Best effort: whatever ODIN says, it is not used again (M2)."""
    row = _row()
    if row.state != State.LOGGED_ON:
        return
    session_id = unseal(row.sealed_session_id)
    invalid = DealerSession.objects.filter(pk=1, number=row.number, state=State.LOGGED_ON)
    if not invalid.update(state=State.LOGGED_OFF, sealed_session_id="", since=timezone.now()):
        return
    said = "ODIN was told."
    try:
        gateway().call(Logoff.type, encode(Logoff, {}, Header(odin_config().dealer_id, session_id)))
    except GatewayError as error:
        said = f"ODIN could not be told: {error.words}"
    _record("session.logged_off", by, f"Dealer session {row.number} logged off. {said}")


def lift_stop(by: "User", reason: str) -> None:
    """Allow logons again after a stop."""
    lifted = DealerSession.objects.filter(pk=1, state=State.STOPPED).update(
        state=State.LOGGED_OFF, since=timezone.now(), next_try_at=None, failures=0, recent_logons=[]
    )
    if lifted:
        _record("session.stop_lifted", by, "Logons are allowed again.", reason)


def status_for_screens() -> SessionStatus:
    """How the session stands, in words. One query, no logon."""
    row = DealerSession.objects.filter(pk=1).first() or DealerSession(pk=1)
    words = {
        State.LOGGED_ON: "Logged on to ODIN.",
        State.LOGGED_OFF: "Not logged on to ODIN; the next message logs on.",
        State.WAITING: f"Waiting to log on again: {row.last_text}",
        State.STOPPED: f"Logons to ODIN are stopped: {row.last_text} Put the cause right, then lift the stop.",
    }[State(row.state)]
    return SessionStatus(row.state, words, row.since, row.days_to_expiry, row.next_try_at)


def _row() -> DealerSession:
    return DealerSession.objects.get_or_create(pk=1)[0]


def _log_on(row: DealerSession) -> Session:
    now = timezone.now()
    if row.state == State.STOPPED:
        raise NoSession(f"Logons to ODIN are stopped: {row.last_text}", None)
    if row.next_try_at and row.next_try_at > now:
        raise NoSession(row.last_text, row.next_try_at)
    recent = [at for at in row.recent_logons if datetime.fromisoformat(at) > now - LOGONS_WITHIN]
    if len(recent) >= LOGONS_AT_MOST:
        raise NoSession(
            f"{LOGONS_AT_MOST} logons were tried within {LOGONS_WITHIN.seconds // 60} minutes.",
            datetime.fromisoformat(recent[0]) + LOGONS_WITHIN,
        )
    token = uuid.uuid4()
    config = odin_config()
    free = DealerSession.objects.filter(pk=1, number=row.number, state=row.state, lease_token=row.lease_token)
    if row.lease_until and row.lease_until > now:
        free = free.none()
    taken = free.update(
        lease_token=token,
        lease_until=now + timedelta(seconds=config.total_timeout + 5),
        recent_logons=[*recent, now.isoformat()],
    )
    if not taken:
        raise NoSession("Another worker is logging on.", now + SOON)
    return _settle(row, token, *_ask())


def _ask() -> tuple[Reply | None, str]:
    """Log on over SOAP: the answer, or None and why there is none."""
    config = odin_config()
    row = _row()
    password = unseal(row.sealed_password) if row.sealed_password else config.dealer_password
    stamp = timezone.localtime().strftime("%d%m%y%H%M%S")
    values: Values = {
        "password": password,
        "new_password": SecretText(""),
        "connection_type": "4",
        "transaction_id": f"{config.dealer_id}-{stamp}",
        "client_ip": config.client_ip,
        "force_login": "1" if config.force_login else "",
    }
    cipher = PasswordCipher(config.password_key.reveal(), config.password_mode)
    try:
        answer = gateway().call(Logon.type, encode(Logon, values, Header(config.dealer_id), cipher))
        return decode_reply(Logon, answer), ""
    except GatewayError as error:
        return None, error.words
    except DecodeError:
        return None, "What came back was not an answer to a logon."


def _settle(row: DealerSession, token: uuid.UUID, reply: Reply | None, trouble: str) -> Session:
    """Store what a logon brought. Raises NoSession where it brought no session."""
    now = timezone.now()
    mine = DealerSession.objects.filter(pk=1, lease_token=token)
    done = {"lease_token": None, "lease_until": None, "since": now}
    if reply and reply.session_id and (given := STATUSES.get(reply.code)) and given.success:
        number = row.number + 1
        stored = mine.update(
            **done,
            state=State.LOGGED_ON,
            number=number,
            sealed_session_id=seal(reply.session_id),
            last_status=reply.code,
            last_text=reply.text,
            days_to_expiry=_days(reply),
            next_try_at=None,
            failures=0,
        )
        if not stored:
            raise NoSession("The logon took too long; another worker tries.", now + SOON)
        _record(
            "session.logged_on", None, f"Dealer session {number}: {_words(reply.code)}.", status=reply.code
        )
        return Session(number, reply.session_id)
    status = reply.code if reply else ""
    words = f"{_words(status)}. {reply.text}".strip() if reply else trouble
    stops = bool(status) and status not in PASSING
    retry_at = None if stops else now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.failures, 10))
    mine.update(
        **done,
        state=State.STOPPED if stops else State.WAITING,
        sealed_session_id="",
        last_status=status,
        last_text=words,
        days_to_expiry=_days(reply) if reply else None,
        next_try_at=retry_at,
        failures=row.failures + 1,
    )
    action = "session.stopped" if stops else "session.waiting"
    _record(action, None, f"Logging on to ODIN failed: {words}", status=status)
    raise NoSession(words, retry_at)


def _words(status: str) -> str:
    given = STATUSES.get(status)
    return given.label if given else f"ODIN gave the unknown logon status {status[:10]}"


def _days(reply: Reply) -> int | None:
    """Tag 97; -1 says nothing."""
    text = reply.fields.get("97", "").strip()
    return int(text) if text.isdigit() and len(text) < 6 else None


def _record(action: str, by: "User | None", text: str, reason: str = "", status: str = "") -> None:
    details = {"status": status} if status else {}
    record(action, by=by, subject=odin_config().dealer_id, text=text, reason=reason, details=details)
