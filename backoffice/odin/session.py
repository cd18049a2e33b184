"""The one shared dealer session: logon, re-logon, logoff, and what each logon status means (A6).

One worker logs on at a time: it takes a lease in the row, calls ODIN outside any transaction, and stores the result by
an update that must still find its lease. The others are told when to come back.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.config import odin_config
from backoffice.free_text import checked
from backoffice.killpoints import Point, reached
from backoffice.odin.gateway import GatewayError, gateway
from backoffice.odin.models import DealerSession
from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.codes import LogonStatus
from backoffice.protocol.fields import SecretText, Values
from backoffice.protocol.findings import DecodeError, EncodeError
from backoffice.protocol.messages.session import Logoff, Logon
from backoffice.protocol.wire import Header, Reply, can_be_sent_back, decode_reply, encode, mask
from backoffice.seal import SealError, seal, unseal

if TYPE_CHECKING:
    from backoffice.logins.models import User

logger = logging.getLogger(__name__)

State = DealerSession.State

#: At most this many logons in this time: more would look like an attack, and wrong ones lock the dealer.
LOGONS_AT_MOST = 3
LOGONS_WITHIN = timedelta(minutes=5)
#: While another worker logs on, come back after this.
SOON = timedelta(seconds=0.5)
LONGEST_PAUSE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(seconds=10)
#: A logon that reached nobody harms nobody, and may be tried sooner.
LONGEST_WITHOUT_CONNECTION = timedelta(seconds=10)
#: With so many days left the screens ask for a new password.
DAYS_WARNED = 15
#: So much (characters) of ODIN's text is kept.
LONGEST_TEXT = 500

STATUSES = {member.value: member for member in LogonStatus}
ALREADY_LOGGED_IN = "10008"
#: Statuses that may pass by themselves; every other failure stops further logons until a person lifts the stop.
PASSING = (ALREADY_LOGGED_IN, "0", "1", "10014", "10028")


#: The new password itself was refused: the old one still holds.
NEW_PASSWORD_REFUSED = (LogonStatus.PASSWORD_REFUSED, LogonStatus.SAME_PASSWORD)
IN_DOUBT = (
    "The dealer's new password was sent, and ODIN did not say whether it took it. "
    "Ask the ODIN administrator, then lift the stop and say which password is right."
)


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


class NotAllowed(Exception):
    """The person may not do this with the session, or it makes no sense now; `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class NoSession(Exception):
    """There is no session now. `retry_at` (UTC) says when to come back; None: only a person can help."""

    def __init__(self, words: str, retry_at: datetime | None) -> None:
        super().__init__(words)
        self.words = words
        self.retry_at = retry_at


class PasswordInDoubt(Exception):
    """Nobody has said yet whether ODIN took a new password."""


_when_back: list[Callable[[], object]] = []


def when_back(told: Callable[[], object]) -> None:
    """Let a room above know, after the commit, that there is a session again or that a logon may be tried."""
    if told not in _when_back:
        _when_back.append(told)


def _tell_that_it_is_back() -> None:
    for told in _when_back:
        transaction.on_commit(told, robust=True)


def current() -> Session:
    """The session to send in, logging on where there is none. Raises NoSession."""
    row = _row()
    if row.state == State.LOGGED_ON:
        try:
            return Session(row.number, unseal(row.sealed_session_id))
        except SealError as error:
            # Its key was taken away: the id is lost, and a new session the only way on.
            _forget(row.number, "session.lost", f"Dealer session {row.number} is given up: {error}")
            row = _row()
    return _log_on(row)


def invalidate(number: int) -> None:
    """ODIN says that session `number` is not valid: forget it, unless a newer one is there already."""
    _forget(number, "session.expired", f"ODIN no longer accepts dealer session {number}.")


def blocked(now: datetime) -> bool:
    """Whether there is no session and no logon may be tried yet, so that nothing can be sent. One query."""
    row = _row()
    if row.state == State.STOPPED:
        return True
    return row.state != State.LOGGED_ON and row.next_try_at is not None and row.next_try_at > now


def logged_on() -> bool:
    """Whether there is a session, as far as the portal knows. One query."""
    return _row().state == State.LOGGED_ON


def log_off(by: "User | None") -> None:
    """Close the session. Best effort: whatever ODIN says, it is not used again (M2). `by` None: a command.

    Raises NotAllowed.
    """
    if by:
        _may_operate(by)
    row = _row()
    if row.state != State.LOGGED_ON:
        return
    if _forget(row.number, "session.logged_off", f"Dealer session {row.number} is logged off.", by):
        try:
            _tell_odin(unseal(row.sealed_session_id))
        except SealError as error:
            logger.warning("ODIN could not be told of the logoff: %s", error)


def lift_stop(by: "User", reason: str, *, took_new: bool | None = None) -> None:
    """Allow logons again after a stop; that of three within five minutes at most still holds.

    `took_new`: whether ODIN took the new password, where a change of it is in doubt. Raises PasswordInDoubt where it is
    and nobody says, and NotAllowed.
    """
    _may_operate(by)
    reason = checked(reason, NotAllowed, "Give a reason: what did you fix?")
    with transaction.atomic():
        row = DealerSession.objects.select_for_update().filter(pk=1, state=State.STOPPED).first()
        if row is None:
            return
        words = "Logons are allowed again."
        if row.new_password_doubtful:
            if took_new is None:
                raise PasswordInDoubt("Say which password ODIN has now: the new one or the old one.")
            if took_new:
                row.sealed_password = row.sealed_new_password
            row.sealed_new_password, row.new_password_doubtful = "", False
            words += f" The {'new' if took_new else 'old'} password is the right one."
        row.state, row.since, row.next_try_at, row.failures = State.LOGGED_OFF, timezone.now(), None, 0
        row.save()
        _record("session.stop_lifted", by, words, reason)
        _tell_that_it_is_back()


def set_new_password(password: SecretText) -> None:
    """Keep an approved new password of the dealer, which goes out with the next logon (69).

    The old one stays until ODIN confirms. The present session is given up, so that the next message logs on; a stop
    because the password has expired (10007) ends. Raises PasswordInDoubt while an earlier change is in doubt.
    """
    row = DealerSession.objects.select_for_update().get_or_create(pk=1)[0]
    if row.new_password_doubtful:
        raise PasswordInDoubt(
            "An earlier change of the password is in doubt. Lift the stop first and settle it."
        )
    row.sealed_new_password = seal(password)
    if row.state == State.LOGGED_ON:
        transaction.on_commit(partial(_tell_odin, unseal(row.sealed_session_id)), robust=True)
        row.state, row.sealed_session_id, row.since = State.LOGGED_OFF, "", timezone.now()
    elif row.state == State.STOPPED and row.last_status == LogonStatus.PASSWORD_EXPIRED:
        row.state, row.since = State.LOGGED_OFF, timezone.now()
    row.save()


def may_take_over(row: DealerSession) -> bool:
    """Whether the next logon may be a forced one: configured, and ODIN says that somebody else is logged on."""
    return odin_config().force_login and row.state == State.WAITING and row.last_status == ALREADY_LOGGED_IN


def take_over(by: "User", reason: str) -> None:
    """Let the next logon end the session that somebody else holds as the dealer (5005=1). Raises NotAllowed."""
    _may_operate(by)
    reason = checked(
        reason, NotAllowed, "Give a reason: how do you know that nobody works in the other session?"
    )
    if not odin_config().force_login:
        raise NotAllowed("Forced logons are switched off in this installation (ODIN_FORCE_LOGIN).")
    with transaction.atomic():
        asked = DealerSession.objects.filter(pk=1, state=State.WAITING, last_status=ALREADY_LOGGED_IN).update(
            force_next=True, next_try_at=None
        )
        if not asked:
            raise NotAllowed(
                "ODIN does not say that somebody else is logged on. Nothing is to be taken over."
            )
        _record("session.take_over", by, "The next logon ends the dealer's other session.", reason)
        _tell_that_it_is_back()


def status_for_screens() -> SessionStatus:
    """How the session stands, in words. One query, no logon."""
    row = DealerSession.objects.filter(pk=1).first() or DealerSession(pk=1)
    words = {
        State.LOGGED_ON: f"Logged on to ODIN.{_expiry(row.days_to_expiry)}",
        State.LOGGED_OFF: "Not logged on to ODIN; the next message logs on.",
        State.WAITING: f"Waiting to log on again: {row.last_text}",
        State.STOPPED: f"Logons to ODIN are stopped: {row.last_text} Put the cause right, then lift the stop.",
    }[State(row.state)]
    return SessionStatus(row.state, words, row.since, row.days_to_expiry, row.next_try_at)


def _row() -> DealerSession:
    return DealerSession.objects.get_or_create(pk=1)[0]


def _may_operate(by: "User") -> None:
    if not by.has_perm("odin.operate_dealersession"):
        raise NotAllowed("You may not operate the dealer session. Ask an admin.")


@transaction.atomic
def _forget(number: int, action: str, words: str, by: "User | None" = None) -> bool:
    """Drop session `number`; False when it was not the present one any more."""
    gone = DealerSession.objects.filter(pk=1, number=number, state=State.LOGGED_ON).update(
        state=State.LOGGED_OFF, sealed_session_id="", since=timezone.now()
    )
    if gone:
        _record(action, by, words)
    return bool(gone)


def _tell_odin(session_id: SecretText) -> None:
    """Send a logoff (108); nobody waits for what comes of it."""
    try:
        gateway().call(Logoff.type, encode(Logoff, {}, Header(odin_config().dealer_id, session_id)))
    except (GatewayError, EncodeError) as error:
        logger.warning("ODIN could not be told of the logoff: %s", error)


def _log_on(row: DealerSession) -> Session:
    now = timezone.now()
    if row.new_password_doubtful and row.state != State.STOPPED:
        # The session in which it was sent is over, and a logon with the wrong one of two could lock the dealer.
        DealerSession.objects.filter(pk=1, number=row.number, new_password_doubtful=True).update(
            state=State.STOPPED,
            sealed_session_id="",
            since=now,
            last_text=IN_DOUBT,
            lease_token=None,
            lease_until=None,
        )
        raise NoSession(IN_DOUBT, None)
    if row.state == State.STOPPED:
        raise NoSession(f"Logons to ODIN are stopped: {row.last_text}", None)
    if row.next_try_at and row.next_try_at > now:
        raise NoSession(row.last_text, row.next_try_at)
    recent = [at for at in row.recent_logons if datetime.fromisoformat(at) > now - LOGONS_WITHIN]
    # As this worker has seen it: whoever moved it meanwhile knows better.
    seen = {
        "number": row.number,
        "state": row.state,
        "failures": row.failures,
        "lease_token": row.lease_token,
    }
    free = DealerSession.objects.filter(pk=1, **seen)
    if row.lease_until and row.lease_until > now:
        free = free.none()
    if len(recent) >= LOGONS_AT_MOST:
        words = f"{LOGONS_AT_MOST} logons were tried within {LOGONS_WITHIN.seconds // 60} minutes."
        retry_at = datetime.fromisoformat(recent[0]) + LOGONS_WITHIN
        free.update(state=State.WAITING, last_text=words, next_try_at=retry_at)
        raise NoSession(words, retry_at)
    token = uuid.uuid4()
    config = odin_config()
    taken = free.update(
        lease_token=token,
        lease_until=now + timedelta(seconds=config.total_timeout + 5),
        recent_logons=[*recent, now.isoformat()],
    )
    if not taken:
        raise NoSession("Another worker is logging on.", now + SOON)
    reached(Point.LOGON_LEASED)
    try:
        reply, trouble, sent = _ask(row)
    except _Unaskable as error:
        raise _no_session(row, token, str(error), retry_at=None) from error
    reached(Point.LOGON_ANSWERED)
    if reply is None:
        if row.sealed_new_password and sent:
            raise _no_session(row, token, f"{trouble} {IN_DOUBT}", retry_at=None, doubtful=True)
        if not sent:  # no logon in ODIN's eyes: it does not count among those of the last minutes
            DealerSession.objects.filter(pk=1, lease_token=token).update(recent_logons=recent)
        raise _no_session(row, token, trouble, _after_a_pause(row) if sent else _after_no_connection(row))
    if (given := STATUSES.get(reply.code)) and given.success:
        if reply.session_id and can_be_sent_back(reply.session_id):
            return _keep(row, token, reply, reply.session_id)
        words = "ODIN said that the dealer is logged on, and gave no session id that can be sent back to it."
        raise _no_session(row, token, words, _after_a_pause(row), reply)
    words = f"{_words(reply.code)}. {_text(reply)}".strip()
    if row.sealed_new_password and reply.code in NEW_PASSWORD_REFUSED:
        words = f"The new password was not taken: {words} The old one stays; propose another."
        raise _no_session(row, token, words, timezone.now() + SOON, reply, forget_new=True)
    raise _no_session(row, token, words, _after_a_pause(row) if reply.code in PASSING else None, reply)


def _ask(row: DealerSession) -> tuple[Reply | None, str, bool]:
    """Log on over SOAP: the answer, or None and why there is none; whether ODIN may have read it. Raises _Unaskable."""
    config = odin_config()
    stamp = timezone.localtime().strftime("%d%m%y%H%M%S")
    try:
        password = unseal(row.sealed_password) if row.sealed_password else config.dealer_password
        values: Values = {
            "password": password,
            "new_password": unseal(row.sealed_new_password) if row.sealed_new_password else SecretText(""),
            "connection_type": "4",
            "transaction_id": f"{config.dealer_id}-{stamp}",
            "client_ip": config.client_ip,
            "force_login": "1" if config.force_login and row.force_next else "",
        }
        cipher = PasswordCipher(config.password_key, config.password_mode)
        text = encode(Logon, values, Header(config.dealer_id), cipher)
    except (SealError, EncodeError, ValueError) as error:
        raise _Unaskable(f"The logon cannot be written: {error}") from error
    try:
        return decode_reply(Logon, gateway().call(Logon.type, text)), "", True
    except GatewayError as error:
        return None, error.words, error.may_have_been_applied
    except DecodeError:
        return None, "What came back was not an answer to a logon.", True


class _Unaskable(Exception):
    """The configuration allows no logon; trying again would not help."""


def _keep(row: DealerSession, token: uuid.UUID, reply: Reply, session_id: SecretText) -> Session:
    """Store a session. Raises NoSession where the lease was lost meanwhile."""
    number = row.number + 1
    passwords = _passwords_after(row, reply)
    with transaction.atomic():
        stored = DealerSession.objects.filter(pk=1, lease_token=token).update(
            **passwords,
            lease_token=None,
            lease_until=None,
            since=timezone.now(),
            state=State.LOGGED_ON,
            number=number,
            sealed_session_id=seal(session_id),
            last_status=reply.code,
            last_text=_text(reply),
            days_to_expiry=_days(reply),
            next_try_at=None,
            failures=0,
            force_next=False,
        )
        if stored:
            words = f"Dealer session {number}: {_words(reply.code)}."
            _record("session.logged_on", None, words, status=reply.code)
            if "sealed_password" in passwords:
                _record("session.password_changed", None, "ODIN confirmed the dealer's new password.")
            _tell_that_it_is_back()
    if not stored:
        _tell_odin(session_id)  # or it would stand in the way of the next logon (10008)
        raise NoSession("The logon took too long; another worker tries.", timezone.now() + SOON)
    return Session(number, session_id)


def _passwords_after(row: DealerSession, reply: Reply) -> dict[str, object]:
    """What a logon that succeeded does to the passwords: the old one is forgotten once ODIN says that it changed.

    Where ODIN opened a session without saying so, the change is in doubt: the next logon must not guess.
    """
    if not row.sealed_new_password:
        return {}
    if reply.code == LogonStatus.PASSWORD_CHANGED:
        return {"sealed_password": row.sealed_new_password, "sealed_new_password": ""}
    return {"new_password_doubtful": True}


@transaction.atomic
def _no_session(
    row: DealerSession,
    token: uuid.UUID,
    words: str,
    retry_at: datetime | None,
    reply: Reply | None = None,
    *,
    doubtful: bool = False,
    forget_new: bool = False,
) -> NoSession:
    """Store that a logon brought no session, and give back the exception that says so.

    `doubtful`: a new password may have been taken; `forget_new`: it was refused.
    """
    status = reply.code if reply else ""
    passwords = (
        {"new_password_doubtful": True} if doubtful else {"sealed_new_password": ""} if forget_new else {}
    )
    stored = DealerSession.objects.filter(pk=1, lease_token=token).update(
        **passwords,
        lease_token=None,
        lease_until=None,
        since=timezone.now(),
        state=State.WAITING if retry_at else State.STOPPED,
        sealed_session_id="",
        last_status=status,
        last_text=words,
        days_to_expiry=_days(reply) if reply else None,
        next_try_at=retry_at,
        failures=row.failures + 1,
        force_next=False,
    )
    if stored:
        action = "session.waiting" if retry_at else "session.stopped"
        _record(action, None, f"Logging on to ODIN failed: {words}", status=status)
    return NoSession(words, retry_at)


def _after_a_pause(row: DealerSession) -> datetime:
    pause: timedelta = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.failures, 10))
    return timezone.now() + pause


def _after_no_connection(row: DealerSession) -> datetime:
    pause: timedelta = min(LONGEST_WITHOUT_CONNECTION, timedelta(seconds=1) * 2 ** min(row.failures, 10))
    return timezone.now() + pause


def _text(reply: Reply) -> str:
    return mask(reply.text[:LONGEST_TEXT])


def _words(status: str) -> str:
    given = STATUSES.get(status)
    return given.label if given else f"ODIN gave the unknown logon status {status[:10]}"


def _expiry(days: int | None) -> str:
    if days is None or days > DAYS_WARNED:
        return ""
    return f" The dealer's password expires in {days} day{'' if days == 1 else 's'}: change it."


def _days(reply: Reply) -> int | None:
    """Tag 97; -1 says nothing."""
    text = reply.fields.get("97", "").strip()
    return int(text) if text.isdigit() and len(text) < 6 else None


def _record(action: str, by: "User | None", text: str, reason: str = "", status: str = "") -> None:
    details = {"status": status} if status else {}
    record(action, by=by, subject=odin_config().dealer_id, text=text, reason=reason, details=details)
