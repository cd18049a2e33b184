"""Check a client's access: the client's own login, tried once, compared with the confirmed record.

The check runs in the request that brought the password (for the reason see docs/rest.md). Results are
committed after each call, so that an interrupted check shows how far it came.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.utils import timezone

from accounts.entry import draft_update
from accounts.kinds.update_retail_user import SEND_AGAIN, Repeatable
from accounts.models import RetailUser
from accounts.values import to_values
from backoffice.audit.operations import record
from backoffice.free_text import checked
from backoffice.kit.formats import INDIA, midnight
from backoffice.outside import visible
from backoffice.protocol.codes import LoginType
from backoffice.protocol.findings import Severity
from backoffice.rest import client
from backoffice.rest.api.answers import BalanceRow, ProfileRow
from backoffice.rest.api.calls import Login
from backoffice.rest.api.codes import SecondFactor
from backoffice.rest.api.masking import Mask
from backoffice.rest.api.outcome import Outcome, OutcomeKind
from backoffice.rest.api.session import Session, Validity
from backoffice.rest.config import is_configured, rest_config
from limits.models import LimitUpdate
from trading import comparison
from trading.comparison import Answers, Sight
from trading.credentials import Credentials
from trading.models import (
    READS_BEGIN_WITHIN,
    AccessCheck,
    AccessGoOn,
    AccessResult,
    AccessStep,
    DeskSession,
    Identified,
    SessionState,
    Verdict,
    longest,
)

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Failed logins of a client and day after which checks stop (R8).
MOST_FAILURES = 2
#: The login type of tag 223 that lets each source in (R11).
API_LOGINS = {"WEBAPI": LoginType.API_WEB, "MOBILEAPI": LoginType.API_MOBILE}
#: Fields that an update sets.
UPDATABLE = frozenset({*(one.value for one in Repeatable), "max_gtd"})
#: How a second factor without a type is chosen on the form.
UNTYPED = "untyped"
NOT_ASKED = "not asked"
#: Refusals of a login for reasons other than the password.
HARMLESS = ("rate", "gateway")
#: Characters of a text of the service that are kept.
KEPT = 2000


class CheckProblem(Exception):
    """A check that cannot be made now; the text says why, and what to do."""


@dataclass(frozen=True)
class Obstacle:
    """Why no check can be made. `stopped`: a person may let it go on. `login_types`: an update of tag 223 helps."""

    words: str
    stopped: bool = False
    login_types: bool = False


def factors() -> list[tuple[str, str]]:
    """The second factors that are offered, with their labels."""
    offered = rest_config().terms.second_factors
    found = [
        (one.value, one.label) for one in SecondFactor if one.value in offered and one.value != "REGISTER"
    ]
    return [*found, (UNTYPED, "Second factor without a type")] if UNTYPED in offered else found


def failures(lane: str) -> int:
    """Failed logins of today (Kolkata) that count, of checks and of the order desk: since the last time that somebody
    said to go on.

    One that was interrupted before its login ended counts too: its password may have been tried.
    """
    since = midnight(timezone.now().astimezone(INDIA).date())
    go_on = AccessGoOn.objects.filter(lane=lane, at__gte=since).order_by("-at").first()
    logins = AccessStep.objects.filter(access_check=OuterRef("pk"), call="login")
    since = go_on.at if go_on else since
    checks = AccessCheck.objects.filter(lane=lane, at__gt=since).annotate(
        failed=Exists(logins.filter(counts=True)), answered=Exists(logins)
    )
    over = timezone.now() - longest()
    lost = Q(answered=False, at__lt=over)
    desks = DeskSession.objects.filter(lane=lane, opened_at__gt=since)
    lost_desk = Q(state=SessionState.OPENING, opened_at__lt=over)
    failed_desk = Q(state=SessionState.FAILED, counts=True)
    return checks.filter(Q(failed=True) | lost).count() + desks.filter(failed_desk | lost_desk).count()


def counts(outcome: Outcome) -> bool:
    """Whether a login failed in a way that a lock-out may have counted."""
    failed = outcome.kind in (OutcomeKind.REFUSED, OutcomeKind.UNKNOWN)
    return failed and outcome.detail not in HARMLESS


def running(lane: str) -> AccessCheck | None:
    """The check of a retail user that is under way."""
    return AccessCheck.objects.filter(lane=lane, result=None, at__gte=timezone.now() - longest()).first()


def obstacle(user: RetailUser) -> Obstacle | None:
    """Why no check of a retail user can be made now, before anybody types anything; None if one can."""
    if not is_configured():
        return Obstacle("The REST API is not set up here. An administrator sets REST_BASE_URL.")
    if not factors():
        return Obstacle("No second factor is offered. An administrator sets REST_SECOND_FACTORS.")
    needed = API_LOGINS[rest_config().source]
    if "login_types" not in user.unknown_fields and needed.value not in user.login_types:
        words = (
            f"ODIN does not let this retail user log in through the API: the login types lack {needed.label}. "
            "Propose an update that adds it. The client must not type anything yet."
        )
        return Obstacle(words, login_types=True)
    if failures(user.lane) >= MOST_FAILURES:
        words = (
            f"{MOST_FAILURES} logins of this client failed today. A third could lock the client out of trading. "
            "A colleague with the right to let checks continue must agree."
        )
        return Obstacle(words, stopped=True)
    if running(user.lane):
        return Obstacle("A check of this retail user is running. Wait until it has ended.")
    return None


def check_access(
    user: RetailUser,
    typed: Credentials,
    *,
    factor: str,
    identified: str,
    reason: str,
    token: uuid.UUID,
    by: "User",
) -> AccessCheck:
    """Log in once as the client, read what the API says, log out, and keep how it compares. Takes seconds.

    `token`: the form's, good for one check; a form that comes again gives the check that it became. Raises CheckProblem
    before anything is sent.
    """
    reason = checked(reason, CheckProblem, "Give a reason: the check and the audit trail keep it.")
    if identified not in Identified.values:
        raise CheckProblem("Say how the client was identified.")
    values = login_values(user, typed, factor)
    with transaction.atomic():
        RetailUser.objects.select_for_update().get(pk=user.pk)  # one check of a client at a time
        if earlier := AccessCheck.objects.filter(token=token).first():
            return earlier
        if found := obstacle(user):
            raise CheckProblem(found.words)
        check = AccessCheck.objects.create(
            token=token,
            lane=user.lane,
            by=by,
            reason=reason,
            identified=identified,
            factor=factor,
            record_version=user.version,
        )
        record(
            "access.begun",
            by=by,
            subject=user.lane,
            text=f"Access check A-{check.pk} begun. Identified: {check.get_identified_display()}.",
            reason=reason,
            details={"check": check.pk, "identified": identified, "factor": factor},
        )
    _Run(check, user, typed).carry_out(values)
    return check


def login_values(user: RetailUser, typed: Credentials, factor: str) -> dict[str, Any]:
    """The values of the login. Raises CheckProblem for what the API would not take."""
    if not typed:
        raise CheckProblem("The client types the password and the second factor. Nothing was sent.")
    if factor not in dict(factors()):
        raise CheckProblem("Choose a second factor that is offered.")
    values: dict[str, Any] = {
        "user_id": user.user_id,
        "password": typed.password,
        "second_auth": typed.second_factor,
    }
    if factor != UNTYPED:
        values["second_auth_type"] = factor
    wrong = [one.text for one in client.invalid(Login, values) if one.severity is Severity.ERROR]
    if wrong:
        raise CheckProblem(" ".join([*wrong, "Nothing was sent."]))
    return values


def go_on(user: RetailUser, *, reason: str, by: "User") -> None:
    """Let checks continue after failed logins. Raises CheckProblem."""
    reason = checked(reason, CheckProblem, "Give a reason: the audit trail keeps it.")
    with transaction.atomic():
        RetailUser.objects.select_for_update().get(pk=user.pk)
        failed = failures(user.lane)
        if failed < MOST_FAILURES:
            raise CheckProblem("Checks of this retail user are not stopped.")
        AccessGoOn.objects.create(lane=user.lane, by=by, reason=reason)
        record(
            "access.go_on",
            by=by,
            subject=user.lane,
            text=f"Access checks of {user.lane} continue after {failed} failed logins.",
            reason=reason,
        )


def to_repeat(check: AccessCheck) -> list[str]:
    """The fields of the record in which ODIN differs from what it confirmed."""
    rows = check.result.rows if hasattr(check, "result") else []
    return [row["field"] for row in rows if row["sight"] == Sight.DIFFERENT and row["field"]]


def propose_update(check: AccessCheck, *, by: "User") -> str:
    """Draft an update that sends the confirmed values again in the fields that differ. Returns the address of its form.

    Raises Http404, and NotAllowed where this person may not propose it.
    """
    again = [name for name in to_repeat(check) if name in set(Repeatable)]
    # Every update sends the GTD days; alone they change nothing that the portal knows, so the name goes with them.
    again = again or [Repeatable.NAME.value]
    group_id, user_id = check.lane.split("/", 1)
    form, token = draft_update(group_id, user_id, {SEND_AGAIN: again}, by=by)
    return form.draft_url(token)


class _Run:
    """The calls of one check, in their order. Each is written down when it has ended."""

    def __init__(self, check: AccessCheck, user: RetailUser, typed: Credentials) -> None:
        self.check = check
        self.user = user
        self.typed = typed
        self.mask = Mask([typed.password, typed.second_factor])
        self.until = time.monotonic() + READS_BEGIN_WITHIN * rest_config().total_timeout
        self.complete = True

    def carry_out(self, values: dict[str, Any]) -> None:
        """Log in, read, log out, compare."""
        started = time.monotonic()
        opened = client.login(values)
        session = opened.session
        self._note("login", opened.outcome, started, counts=counts(opened.outcome))
        if session is None:
            return self._end(Verdict.NO_LOGIN, [])
        self.mask = Mask([self.typed.password, self.typed.second_factor, session.token])
        try:
            answers = self._read(session)
        finally:
            started = time.monotonic()
            self._note("logout", client.logout(session), started)
        self.user.refresh_from_db()
        rows = comparison.rows(to_values(self.user), _deposited(self.user), answers)
        if any(row.sight is Sight.DIFFERENT for row in rows):
            return self._end(Verdict.DIFFERENT, rows)
        return self._end(Verdict.EQUAL if self.complete else Verdict.INCOMPLETE, rows)

    def _read(self, session: Session) -> Answers:
        self._asked("validate", lambda: self._validated(session))
        balance = self._asked("balance", lambda: _balance(session))
        profile = None
        if rest_config().profile_key:
            profile = self._asked("profile", lambda: client.profile(session))
        return Answers(
            login=session.login,
            balance=balance if isinstance(balance, BalanceRow) else None,
            profile=profile if isinstance(profile, ProfileRow) else None,
            mask=lambda text: visible(self.mask.text(text))[:KEPT],
        )

    def _asked(self, call: str, ask: Callable[[], tuple[Outcome, Any]]) -> Any:
        """What a read answers; None if it failed, or the time for reads is over."""
        if time.monotonic() > self.until:
            self.complete = False
            self._write(call, NOT_ASKED, "The calls before it took too long.")
            return None
        started = time.monotonic()
        outcome, row = ask()
        self.complete = self.complete and outcome.kind is OutcomeKind.SUCCESS
        self._note(call, outcome, started, words=row if isinstance(row, str) else "")
        return row

    def _validated(self, session: Session) -> tuple[Outcome, str]:
        validity, read = client.validate(session)
        if read.outcome.kind is not OutcomeKind.SUCCESS:
            return read.outcome, ""
        if validity is Validity.UNCLEAR:
            return (
                read.outcome,
                f"No clear answer: {self.mask.value(read.data)}. The balance is the real test.",
            )
        return read.outcome, f"The session is {validity.value}."

    def _note(
        self, call: str, outcome: Outcome, started: float, *, words: str = "", counts: bool = False
    ) -> None:
        took = int((time.monotonic() - started) * 1000)
        said = words or outcome.words
        self._write(call, outcome.kind.value, said, outcome.received, took=took, counts=counts)

    def _write(
        self, call: str, outcome: str, words: str, received: str = "", *, took: int = 0, counts: bool = False
    ) -> None:
        AccessStep.objects.create(
            access_check=self.check,
            call=call,
            outcome=outcome,
            words=visible(self.mask.text(words))[:KEPT],
            received=visible(self.mask.text(received))[:KEPT],
            milliseconds=took,
            counts=counts,
        )

    def _end(self, verdict: Verdict, rows: list[comparison.Row]) -> None:
        different = [row.label for row in rows if row.sight is Sight.DIFFERENT]
        words = f"Access check A-{self.check.pk}: {verdict.label.lower()}"
        with transaction.atomic():
            AccessResult.objects.create(
                access_check=self.check, verdict=verdict, rows=[asdict(row) for row in rows]
            )
            record(
                "access.checked",
                by=self.check.by,
                subject=self.check.lane,
                text=f"{words} ({', '.join(different)})." if different else f"{words}.",
                details={"check": self.check.pk, "verdict": verdict.value, "different": different},
            )


def _balance(session: Session) -> tuple[Outcome, BalanceRow | None]:
    read = client.balance(session)
    return read.outcome, read.row if isinstance(read.row, BalanceRow) else None


def _deposited(user: RetailUser) -> Decimal | None:
    """The sum of the confirmed cash deposits; None if there is none."""
    cash = user.limit_updates.filter(kind=LimitUpdate.Kind.CASH)
    return cash.aggregate(sum=Sum("amount"))["sum"]
