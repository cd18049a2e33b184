"""Log the dealer on: one worker at a time, with the meaning of each logon status (A6).

The worker takes a lease in the row, calls ODIN outside any transaction, and stores the result by an update
that must still find its lease. Other workers learn when to come back.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from backoffice import leases
from backoffice.audit.operations import record
from backoffice.config import odin_config
from backoffice.killpoints import Point, reached
from backoffice.odin import dealer_password
from backoffice.odin.gateway import GatewayError, gateway
from backoffice.odin.models import DealerSession
from backoffice.protocol.codes import LogonStatus
from backoffice.protocol.fields import SecretText, Values
from backoffice.protocol.findings import DecodeError, EncodeError
from backoffice.protocol.messages.session import Logoff, Logon
from backoffice.protocol.wire import Header, Reply, can_be_sent_back, decode_reply, encode, mask
from backoffice.seal import SealError, seal

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
#: A logon that could not reach ODIN is harmless, and may be tried sooner.
LONGEST_WITHOUT_CONNECTION = timedelta(seconds=10)
#: How many characters of ODIN's text are kept.
LONGEST_TEXT = 500

STATUSES = {member.value: member for member in LogonStatus}
ALREADY_LOGGED_IN = "10008"
#: Statuses that may pass; every other failure stops logons until a person lifts the stop.
PASSING = (ALREADY_LOGGED_IN, "0", "1", "10014", "10028")


@dataclass(frozen=True)
class Session:
    """A session to send in: its number and its id (tag 4)."""

    number: int
    id: SecretText


class NoSession(Exception):
    """There is no session now. `retry_at` (UTC) says when to come back; None: a person must act."""

    def __init__(self, words: str, retry_at: datetime | None) -> None:
        super().__init__(words)
        self.words = words
        self.retry_at = retry_at


_when_back: list[Callable[[], object]] = []


def when_back(told: Callable[[], object]) -> None:
    """Announce, after the commit, that there is a session again or that a logon may be tried."""
    if told not in _when_back:
        _when_back.append(told)


def tell_that_it_is_back() -> None:
    for told in _when_back:
        transaction.on_commit(told, robust=True)


def must_wait(row: DealerSession, now: datetime) -> bool:
    """Whether it is not time yet for the next logon. A time later than any pause means that the clock was set back."""
    return row.next_try_at is not None and now < row.next_try_at <= now + 2 * LONGEST_PAUSE


def log_on(row: DealerSession) -> Session:
    """Log on, unless the row forbids it now. Raises NoSession."""
    now = timezone.now()
    _require_may_log_on(row, now)
    recent = _recent(row, now)
    token = _take_lease(row, recent, now)
    reached(Point.LOGON_LEASED)
    try:
        reply, trouble, sent = _ask(row)
    except _Unaskable as error:
        raise _no_session(row, token, str(error), retry_at=None) from error
    reached(Point.LOGON_ANSWERED)
    if reply is not None:
        return _read(row, token, reply)
    if sent and row.sealed_new_password:
        words = f"{trouble} {dealer_password.IN_DOUBT}"
        raise _no_session(row, token, words, retry_at=None, doubtful=True)
    if sent:
        raise _no_session(row, token, trouble, _after_a_pause(row))
    # ODIN did not count it as a logon, so it is not counted here.
    DealerSession.objects.filter(pk=1, lease_token=token).update(recent_logons=recent)
    raise _no_session(row, token, trouble, _after_no_connection(row))


def _require_may_log_on(row: DealerSession, now: datetime) -> None:
    """Raise NoSession if a person must act first, or the time of the next logon has not come."""
    if row.new_password_doubtful and row.state != State.STOPPED:
        # The session in which it was sent is over. A logon with the wrong one of two passwords could lock the
        # dealer.
        DealerSession.objects.filter(pk=1, number=row.number, new_password_doubtful=True).update(
            state=State.STOPPED,
            sealed_session_id="",
            since=now,
            last_text=dealer_password.IN_DOUBT,
            **leases.ENDED,
        )
        raise NoSession(dealer_password.IN_DOUBT, None)
    if row.state == State.STOPPED:
        raise NoSession(f"Logons to ODIN are stopped: {row.last_text}", None)
    if must_wait(row, now):
        raise NoSession(row.last_text, row.next_try_at)


def _recent(row: DealerSession, now: datetime) -> list[str]:
    """Return the times of the logons that count towards the limit."""
    within = LOGONS_WITHIN
    return [at for at in row.recent_logons if now - within < datetime.fromisoformat(at) <= now + within]


def _take_lease(row: DealerSession, recent: list[str], now: datetime) -> uuid.UUID:
    """Take the lease of the next logon, which counts as one. Raises NoSession at the limit, or if another has it."""
    # Only if the row is as this worker read it: a worker that changed it meanwhile has newer information.
    free = DealerSession.objects.filter(
        leases.free(),
        pk=1,
        number=row.number,
        state=row.state,
        failures=row.failures,
        lease_token=row.lease_token,
    )
    if len(recent) >= LOGONS_AT_MOST:
        words = f"{LOGONS_AT_MOST} logons were tried within {LOGONS_WITHIN.seconds // 60} minutes."
        retry_at = datetime.fromisoformat(recent[0]) + LOGONS_WITHIN
        free.update(state=State.WAITING, last_text=words, next_try_at=retry_at)
        raise NoSession(words, retry_at)
    length = timedelta(seconds=odin_config().total_timeout + 5)
    lease = leases.take(free, length, recent_logons=[*recent, now.isoformat()])
    if lease is None:
        raise NoSession("Another worker is logging on.", now + SOON)
    return lease.token


def _read(row: DealerSession, token: uuid.UUID, reply: Reply) -> Session:
    """Store what an answer to a logon means, and return its session (A6). Raises NoSession."""
    given = STATUSES.get(reply.code)
    if given and given.success:
        if reply.session_id and can_be_sent_back(reply.session_id):
            return _keep(row, token, reply, reply.session_id)
        words = "ODIN said that the dealer is logged on, and gave no session id that can be sent back to it."
        raise _no_session(row, token, words, _after_a_pause(row), reply)
    words = f"{_words(reply.code)}. {_text(reply)}".strip()
    if row.sealed_new_password and reply.code in dealer_password.REFUSED:
        words = f"The new password was not taken: {words} The old one stays; propose another."
        raise _no_session(row, token, words, timezone.now() + SOON, reply, forget_new=True)
    raise _no_session(row, token, words, _after_a_pause(row) if reply.code in PASSING else None, reply)


def _ask(row: DealerSession) -> tuple[Reply | None, str, bool]:
    """Log on over SOAP. Returns the answer, or None and why; and whether ODIN may have read it. Raises _Unaskable."""
    config = odin_config()
    stamp = timezone.localtime().strftime("%d%m%y%H%M%S")
    try:
        values: Values = {
            "password": dealer_password.present(row),
            "new_password": dealer_password.proposed(row),
            "connection_type": "4",
            "transaction_id": f"{config.dealer_id}-{stamp}",
            "client_ip": config.client_ip,
            "force_login": "1" if config.force_login and row.force_next else "",
        }
        text = encode(Logon, values, Header(config.dealer_id), config.cipher())
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
    """Store a session. Raises NoSession if the lease was lost meanwhile."""
    number = row.number + 1
    passwords = dealer_password.after_logon(row, reply.code)
    with transaction.atomic():
        stored = leases.release(
            DealerSession.objects.filter(pk=1),
            token,
            **passwords,
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
            note("session.logged_on", None, words, status=reply.code)
            if "sealed_password" in passwords:
                note("session.password_changed", None, "ODIN confirmed the dealer's new password.")
            tell_that_it_is_back()
    if not stored:
        tell_odin(session_id)  # otherwise it would block the next logon (10008)
        raise NoSession("The logon took too long; another worker tries.", timezone.now() + SOON)
    return Session(number, session_id)


def tell_odin(session_id: SecretText) -> None:
    """Send a logoff (108), whose outcome does not matter."""
    try:
        gateway().call(Logoff.type, encode(Logoff, {}, Header(odin_config().dealer_id, session_id)))
    except (GatewayError, EncodeError) as error:
        logger.warning("The logoff did not reach ODIN: %s", error)


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
    """Store that a logon brought no session, and return the exception for it.

    `doubtful`: a new password may have been taken; `forget_new`: it was refused.
    """
    status = reply.code if reply else ""
    passwords = (
        {"new_password_doubtful": True} if doubtful else {"sealed_new_password": ""} if forget_new else {}
    )
    stored = leases.release(
        DealerSession.objects.filter(pk=1),
        token,
        **passwords,
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
        note(action, None, f"Logging on to ODIN failed: {words}", status=status)
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


def _days(reply: Reply) -> int | None:
    """Return tag 97; -1 means nothing."""
    text = reply.fields.get("97", "").strip()
    return int(text) if text.isdigit() and len(text) < 6 else None


def note(action: str, by: "User | None", text: str, reason: str = "", status: str = "") -> None:
    """Write an audit entry about the dealer."""
    details = {"status": status} if status else {}
    record(action, by=by, subject=odin_config().dealer_id, text=text, reason=reason, details=details)
