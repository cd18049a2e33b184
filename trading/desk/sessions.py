"""Desk sessions: a client's own login, beside the dealer or on our page. Only the token is stored, sealed.

The login runs in the request that brought the password, like an access check (for the reason see
docs/rest.md). The session ends when it is closed, unused for REST_SESSION_MINUTES, refused by ODIN, or with
its token; a logout is always sent.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.models import RetailUser
from backoffice.audit.operations import record
from backoffice.outside import visible
from backoffice.rest import client
from backoffice.rest.api.answers import LoginRow
from backoffice.rest.api.call import Terms
from backoffice.rest.api.masking import Mask
from backoffice.rest.api.outcome import Outcome, OutcomeKind
from backoffice.rest.api.session import Session
from backoffice.rest.config import rest_config
from backoffice.seal import SealError, seal, unseal
from trading import operations
from trading.credentials import Credentials
from trading.desk import services
from trading.desk.caps import Limits
from trading.desk.errors import DeskProblem
from trading.desk.rights import need_dealer
from trading.models import DeskSession, Identified, SessionState, longest
from trading.models.desk import OWN_PAGE
from trading.operations import KEPT, CheckProblem

if TYPE_CHECKING:
    from backoffice.logins.models import User


@dataclass(frozen=True)
class Desk:
    """An open desk session with the session at ODIN that it holds."""

    row: DeskSession
    session: Session

    @cached_property
    def limits(self) -> Limits:
        """The switch and the caps, as checked before each order."""
        return Limits(self.row)

    @property
    def terms(self) -> Terms:
        """Return the settings for orders, limited to what the client may do."""
        return self.session.terms(rest_config().terms)


def obstacle(user: RetailUser) -> operations.Obstacle | None:
    """Return why no desk session of a retail user can be opened, before anything is typed; None if one can."""
    if found := operations.obstacle(user):
        return found
    other = current(user.lane)
    return operations.Obstacle(_taken(other)) if other else None


def _taken(other: DeskSession) -> str:
    if other.dealer is None:
        return "The client is logged in on our page. It ends there, or unused."
    return f"{other.dealer} has the desk of this client open. It must be closed first."


def current(lane: str) -> DeskSession | None:
    """Return the client's session that is open or being opened. One unused for too long is ended first."""
    found = (
        DeskSession.objects.filter(lane=lane, state__in=(SessionState.OPENING, SessionState.OPEN))
        .select_related("dealer")
        .first()
    )
    if found is None or not (why := _why_over(found)):
        return found
    end(found, why, by=None)
    return None


def open_desk(
    user: RetailUser, typed: Credentials, *, factor: str, identified: str, token: uuid.UUID, by: "User"
) -> DeskSession:
    """Log in once as the client. A form that was sent before returns its session.

    Raises DeskProblem: before anything is sent, or with why there was no login.
    """
    need_dealer(by)
    if identified not in Identified.values:
        raise DeskProblem("Choose how the client was identified.")
    begun = DeskSession(token=token, dealer=by, identified=identified, factor=factor)
    return _log_in(begun, user, typed, by)


def open_own(
    user: RetailUser, typed: Credentials, *, factor: str, service: str, token: uuid.UUID
) -> DeskSession:
    """Log in once as the client who types on our page; an earlier session of the client there ends.

    The caller has made sure that no other process places orders with that one, and is within
    `services.calls_to(service)`. Raises DeskProblem as `open_desk` does.
    """
    earlier = current(user.lane)
    if earlier is not None and earlier.dealer_id is None and earlier.token != token:
        end(earlier, "The client logged in again.", by=None)
    begun = DeskSession(token=token, service=service, identified=OWN_PAGE, factor=factor)
    return _log_in(begun, user, typed, None)


def _log_in(row: DeskSession, user: RetailUser, typed: Credentials, by: "User | None") -> DeskSession:
    """Record that a login begins, send it, and record the outcome. `by`: None for the client."""
    try:
        values = operations.login_values(user, typed, row.factor)
    except CheckProblem as error:
        raise DeskProblem(str(error)) from None
    row.lane, row.user_id = user.lane, user.user_id
    current(user.lane)  # ends an expired one
    try:
        with transaction.atomic(durable=True):
            RetailUser.objects.select_for_update().get(pk=user.pk)
            if earlier := DeskSession.objects.filter(token=row.token).first():
                whose = (earlier.lane, earlier.dealer_id, earlier.service, earlier.state)
                if whose != (row.lane, row.dealer_id, row.service, SessionState.OPEN):
                    raise DeskProblem("This form was used already. Look at the desk, or open a new form.")
                return earlier
            if found := obstacle(user):
                raise DeskProblem(found.words)
            row.save(force_insert=True)
            record(
                "desk.login",
                by=by,
                by_client=by is None,
                subject=user.lane,
                text=f"{row}: login begun. Identified: {row.get_identified_display()}.",
                details={"session": row.pk, "factor": row.factor},
            )
    except IntegrityError:
        raise DeskProblem("The desk of this client is being opened already. Wait, then look again.") from None
    opened = client.login(values)
    mask = Mask([typed.password, typed.second_factor])
    if opened.session is None:
        words = visible(mask.text(opened.outcome.words))[:KEPT]
        _failed(row, opened.outcome, words, by)
        if by is None:
            raise DeskProblem(f"You were not logged in, and nothing was placed. {words}")
        raise DeskProblem(f"There was no login ({opened.outcome.kind.value}). {words}")
    if not _opened(row, opened.session, by):
        _log_out(row, opened.session, by)
        raise DeskProblem("The login took too long, and was logged out. The client must log in again.")
    return row


def _still_opening(row: DeskSession) -> bool:
    """Lock the row of a login. False if the session was ended during the login."""
    return DeskSession.objects.select_for_update().get(pk=row.pk).state == SessionState.OPENING


def _failed(row: DeskSession, outcome: Outcome, words: str, by: "User | None") -> None:
    with transaction.atomic():
        if not _still_opening(row):
            return
        row.state, row.words = SessionState.FAILED, words
        row.ended_at, row.counts = timezone.now(), operations.counts(outcome)
        row.save(update_fields=["state", "words", "ended_at", "counts"])
        record(
            "desk.no_login",
            by=by,
            by_client=by is None,
            subject=row.lane,
            text=f"{row}: no login, {outcome.kind.value}. {words}",
            details={"session": row.pk, "outcome": outcome.kind.value},
        )


def _opened(row: DeskSession, session: Session, by: "User | None") -> bool:
    with transaction.atomic():
        if not _still_opening(row):
            return False
        row.state, row.sealed_token = SessionState.OPEN, seal(session.token)
        row.allowed, row.ends_at, row.used_at = _allowed(session.login), session.ends, timezone.now()
        row.save(update_fields=["state", "sealed_token", "allowed", "ends_at", "used_at"])
        record(
            "desk.opened",
            by=by,
            by_client=by is None,
            subject=row.lane,
            text=f"{row} opened by the client's own login.",
            details={"session": row.pk},
        )
    return True


def use(lane: str, *, by: "User") -> Desk:
    """Return the open session of a client, for its own dealer, and extend it. Raises DeskProblem."""
    need_dealer(by)
    row = current(lane)
    if row is None or row.state != SessionState.OPEN:
        raise DeskProblem("The desk of this client is not open. The client must log in.")
    if row.dealer_id != by.pk:
        raise DeskProblem(_taken(row))
    return _used(row)


def use_own(lane: str, token: uuid.UUID) -> Desk | None:
    """Return the open session that the client opened on our page with this form; None if it has ended.

    Raises DeskProblem.
    """
    row = current(lane)
    if row is None or (row.dealer_id, row.token, row.state) != (None, token, SessionState.OPEN):
        return None
    return _used(row)


def is_open_own(lane: str, token: uuid.UUID | None) -> bool:
    """Whether the client's session from our page with this form is open and usable."""
    if token is None:
        return False
    row = DeskSession.objects.filter(lane=lane, token=token, dealer=None, state=SessionState.OPEN).first()
    return row is not None and not _why_over(row)


def _used(row: DeskSession) -> Desk:
    try:
        session = _session(row)
    except SealError:
        end(row, "Its token could not be opened any more.", by=None)
        raise DeskProblem("The session cannot be used any more. The client must log in again.") from None
    DeskSession.objects.filter(pk=row.pk, state=SessionState.OPEN).update(used_at=timezone.now())
    return Desk(row, session)


def end(row: DeskSession, why: str, *, by: "User | None") -> None:
    """End a session: delete the token, then send the logout, whose failure is stored in words (R15)."""
    with transaction.atomic():
        locked = DeskSession.objects.select_for_update().get(pk=row.pk)
        if locked.state not in (SessionState.OPENING, SessionState.OPEN):
            return
        session = _session_or_none(locked)
        lost = locked.state == SessionState.OPENING
        locked.state = SessionState.FAILED if lost else SessionState.ENDED
        locked.counts = lost
        locked.sealed_token, locked.ended_at, locked.words = "", timezone.now(), why
        locked.save(update_fields=["state", "sealed_token", "ended_at", "words", "counts"])
        record(
            "desk.closed", by=by, subject=row.lane, text=f"{row} ended. {why}", details={"session": row.pk}
        )
    if session is not None:
        _log_out(row, session, by)


def close(lane: str, *, by: "User") -> bool:
    """End the client's desk session if it is this dealer's own. Returns whether it was."""
    row = current(lane)
    if row is None or row.dealer_id != by.pk:
        return False
    end(row, "Closed by the dealer.", by=by)
    return True


def _log_out(row: DeskSession, session: Session, by: "User | None") -> None:
    try:
        with services.calls_to(row.service):
            outcome = client.logout(session)
    except services.Unavailable as error:
        text = f"{row}: the logout could not be sent. The token is forgotten. {error}"
        record("desk.logout_failed", by=by, subject=row.lane, text=text, details={"session": row.pk})
        return
    if outcome.kind is not OutcomeKind.SUCCESS:
        words = visible(Mask([session.token]).text(outcome.words))[:KEPT]
        text = f"{row}: the logout was not confirmed ({outcome.kind.value}). The token is forgotten. {words}"
        record("desk.logout_failed", by=by, subject=row.lane, text=text, details={"session": row.pk})


def ended_by_odin(desk: Desk, outcome: Outcome) -> None:
    """End a desk whose session ODIN no longer accepts. Does nothing after another outcome."""
    if outcome.kind is OutcomeKind.SESSION_ENDED:
        end(desk.row, "ODIN ended the session.", by=None)


def end_unused() -> int:
    """End all expired sessions. Returns how many."""
    ended = 0
    for row in DeskSession.objects.filter(state__in=(SessionState.OPENING, SessionState.OPEN)):
        if why := _why_over(row):
            end(row, why, by=None)
            ended += 1
    return ended


def _why_over(row: DeskSession) -> str:
    now = timezone.now()
    if row.state == SessionState.OPENING:
        return "The login was interrupted." if now > row.opened_at + longest() else ""
    if now > row.used_at + timedelta(minutes=settings.REST_SESSION_MINUTES):
        return f"It was not used for {settings.REST_SESSION_MINUTES:g} minutes."
    return "Its day is over." if row.ends_at is None or now >= row.ends_at - timedelta(minutes=1) else ""


def _session(row: DeskSession) -> Session:
    ends: datetime = row.ends_at or timezone.now()
    return Session(unseal(row.sealed_token), row.user_id, ends, LoginRow(row.allowed))


def _session_or_none(row: DeskSession) -> Session | None:
    try:
        return _session(row) if row.sealed_token else None
    except SealError:
        return None


def _allowed(login: LoginRow) -> dict[str, Any]:
    """Return the login's limits on orders, in the login's spelling."""
    said: dict[str, Any] = {}
    if login.exchanges is not None:
        said["exchanges"] = list(login.exchanges)
    if login.products_by_exchange is not None:
        said["product_types_exchange"] = {
            name: list(products) for name, products in login.products_by_exchange.items()
        }
    others: dict[str, Any] = {}
    if login.details and login.details.gtd_max_days is not None:
        others["nGTDMaxDays"] = str(login.details.gtd_max_days)
    if login.details and login.details.amo_allowed is not None:
        others["bAMOAllowedForUser"] = login.details.amo_allowed
    return {**said, "others": others}
