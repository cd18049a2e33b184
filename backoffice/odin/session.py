"""The shared dealer session: get it for sending, close it, and let it be opened again. `logon` opens it."""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from backoffice.config import odin_config
from backoffice.free_text import checked
from backoffice.odin import dealer_password, logon
from backoffice.odin.logon import Session
from backoffice.odin.models import DealerSession
from backoffice.protocol.codes import LogonStatus
from backoffice.protocol.fields import SecretText
from backoffice.seal import SealError, unseal

if TYPE_CHECKING:
    from backoffice.logins.models import User

logger = logging.getLogger(__name__)

State = DealerSession.State

#: From this many days before the password expires, the screens ask for a new one.
DAYS_WARNED = 15


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


def current() -> Session:
    """Return the session for sending; log on if there is none. Raises NoSession."""
    row = _row()
    if row.state == State.LOGGED_ON:
        try:
            return Session(row.number, unseal(row.sealed_session_id))
        except SealError as error:
            # Its sealing key was removed: the id is lost, and only a new session helps.
            _forget(row.number, "session.lost", f"Dealer session {row.number} is given up: {error}")
            row = _row()
    return logon.log_on(row)


def invalidate(number: int) -> None:
    """Drop session `number`, which ODIN called invalid, unless there is a newer one already."""
    _forget(number, "session.expired", f"ODIN no longer accepts dealer session {number}.")


def as_it_is() -> DealerSession:
    """Return the session's present row, for `blocked` and `logged_on`. One query."""
    return DealerSession.objects.filter(pk=1).first() or DealerSession(pk=1)


def blocked(row: DealerSession, now: datetime) -> bool:
    """Whether there is no session and no logon may be tried yet, so that nothing can be sent."""
    if row.state == State.STOPPED:
        return True
    return row.state != State.LOGGED_ON and logon.must_wait(row, now)


def logged_on(row: DealerSession) -> bool:
    """Whether there is a session, as far as the portal knows."""
    return row.state == State.LOGGED_ON


def log_off(by: "User | None") -> None:
    """Close the session. Best effort: whatever ODIN answers, it is not used again (M2). `by` None: a command.

    Raises NotAllowed.
    """
    if by:
        _may_operate(by)
    row = _row()
    if row.state != State.LOGGED_ON:
        return
    if _forget(row.number, "session.logged_off", f"Dealer session {row.number} is logged off.", by):
        try:
            logon.tell_odin(unseal(row.sealed_session_id))
        except SealError as error:
            logger.warning("The logoff did not reach ODIN: %s", error)


def lift_stop(by: "User", reason: str, *, took_new: bool | None = None) -> None:
    """Allow logons again after a stop; the limit of three within five minutes still applies.

    `took_new`: whether ODIN took the new password, if a change of it is in doubt. Raises PasswordInDoubt if
    that is missing, and NotAllowed.
    """
    _may_operate(by)
    reason = checked(reason, NotAllowed, "Give a reason: what did you fix?")
    with transaction.atomic():
        row = DealerSession.objects.select_for_update().filter(pk=1, state=State.STOPPED).first()
        if row is None:
            return
        words = f"Logons are allowed again.{dealer_password.settle(row, took_new)}"
        row.state, row.since, row.next_try_at, row.failures = State.LOGGED_OFF, timezone.now(), None, 0
        row.save()
        logon.note("session.stop_lifted", by, words, reason)
        logon.tell_that_it_is_back()


def set_new_password(password: SecretText) -> None:
    """Store an approved new password of the dealer, to send with the next logon (69).

    The old one stays until ODIN confirms. The present session is dropped, so that the next message logs on; a
    stop because the password has expired (10007) ends. Raises PasswordInDoubt while an earlier change is in
    doubt.
    """
    row = DealerSession.objects.select_for_update().get_or_create(pk=1)[0]
    dealer_password.propose(row, password)
    if row.state == State.LOGGED_ON:
        transaction.on_commit(partial(logon.tell_odin, unseal(row.sealed_session_id)), robust=True)
        row.state, row.sealed_session_id, row.since = State.LOGGED_OFF, "", timezone.now()
    elif row.state == State.STOPPED and row.last_status == LogonStatus.PASSWORD_EXPIRED:
        row.state, row.since = State.LOGGED_OFF, timezone.now()
    row.save()


def may_take_over(row: DealerSession) -> bool:
    """Whether the next logon may be forced: configured, and ODIN says that somebody else is logged on."""
    return (
        odin_config().force_login
        and row.state == State.WAITING
        and row.last_status == logon.ALREADY_LOGGED_IN
    )


def take_over(by: "User", reason: str) -> None:
    """Let the next logon end the session that somebody else has as the dealer (5005=1). Raises NotAllowed."""
    _may_operate(by)
    reason = checked(
        reason, NotAllowed, "Give a reason: how do you know that the other session is not in use?"
    )
    if not odin_config().force_login:
        raise NotAllowed("Forced logons are switched off in this installation (ODIN_FORCE_LOGIN).")
    with transaction.atomic():
        asked = DealerSession.objects.filter(
            pk=1, state=State.WAITING, last_status=logon.ALREADY_LOGGED_IN
        ).update(force_next=True, next_try_at=None)
        if not asked:
            raise NotAllowed("ODIN does not report another session. There is nothing to take over.")
        logon.note("session.take_over", by, "The next logon ends the dealer's other session.", reason)
        logon.tell_that_it_is_back()


def status_for_screens() -> SessionStatus:
    """Return the state of the session in words. One query, no logon."""
    row = as_it_is()
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
    """Drop session `number`; False if it is no longer the present one."""
    gone = DealerSession.objects.filter(pk=1, number=number, state=State.LOGGED_ON).update(
        state=State.LOGGED_OFF, sealed_session_id="", since=timezone.now()
    )
    if gone:
        logon.note(action, by, words)
    return bool(gone)


def _expiry(days: int | None) -> str:
    if days is None or days > DAYS_WARNED:
        return ""
    return f" The dealer's password expires in {days} day{'' if days == 1 else 's'}: change it."
