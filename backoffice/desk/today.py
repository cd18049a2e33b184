"""What the Today page shows, gathered in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone

from backoffice.batches.decide.deciders import waiting_for as files_waiting_for
from backoffice.batches.models import CAME_BACK as BATCH_CAME_BACK
from backoffice.batches.models import Batch
from backoffice.batches.models import State as BatchState
from backoffice.changes.again import Step, first_step
from backoffice.changes.deciders import decided_by
from backoffice.changes.drafts import kept_until
from backoffice.changes.effects import effect
from backoffice.changes.kinds import file_title, title
from backoffice.changes.models import CAME_BACK, Change
from backoffice.changes.models import State as ChangeState
from backoffice.changes.results import WITH_REFUSED, Result
from backoffice.changes.subjects import names_of
from backoffice.changes.visibility import waiting_for
from backoffice.delivery import names as delivery_names
from backoffice.delivery.figures import Later, Standing, later, midnight, new_words, standing
from backoffice.delivery.flow import SERIES
from backoffice.delivery.models import Attempt, Delivery, Wording
from backoffice.delivery.states import FINAL
from backoffice.delivery.states import State as DeliveryState
from backoffice.desk.access import Access, access
from backoffice.desk.administration import Administration, administration
from backoffice.desk.context import needing_a_person
from backoffice.desk.dealing import Dealing, dealing
from backoffice.desk.morning import Age, Stage, ages, funnel
from backoffice.desk.oversight import Oversight, oversight
from backoffice.desk.research import Research, research
from backoffice.kit.charts import Chart, stacked_chart
from backoffice.kit.formats import INDIA
from backoffice.kit.privacy import sees_at_once
from backoffice.rest.config import is_configured
from partners.rights import SETTLE

if TYPE_CHECKING:
    from backoffice.logins.models import User

SHOWN = 8
#: How long a rejected or stale change stays on its maker's Today page.
REMEMBERED = timedelta(days=7)
#: The hours that the chart always shows; others join it when something happened then.
WORKING_HOURS = range(8, 20)


@dataclass(frozen=True)
class Line:
    """One change in a list of Today: what it is, whom it is about, what it does, what the person does next with it.

    `expires_at` is that of a draft.
    """

    what: str
    change: Change
    name: str
    effect: str
    next_step: Step | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class FileLine:
    """One file in a list of Today: what it is, how far it is, and whether this person is to decide on it."""

    what: str
    batch: Batch
    done: int
    total: int
    for_me: bool


@dataclass(frozen=True)
class Today:
    """Everything on the Today page that the person may see; None if they may not."""

    may_approve: bool
    waiting_count: int
    waiting: Sequence[Line]
    refused: Sequence[Line]
    came_back: Sequence[Line]
    mine: Sequence[Line] | None
    drafts: Sequence[Line]
    deliveries: dict[str, Standing] | None
    later: Later | None
    new_words: Sequence[Wording]
    troubled: Sequence[tuple[Delivery, str]]
    chart: Chart | None
    files: Sequence[FileLine] | None
    funnel: Sequence[Stage]
    ages: Sequence[Age]
    oversight: Oversight | None
    largest: Sequence[Line]
    administration: Administration | None
    dealing: Dealing | None
    access: Access | None
    research: Research | None

    @property
    def has_own_work(self) -> bool:
        """Whether this person proposes, decides, or has files under way: others see what needs attention first."""
        return self.may_approve or self.mine is not None or bool(self.files)

    @property
    def files_waiting(self) -> int:
        """How many of the files shown wait for this person."""
        return sum(line.for_me for line in self.files or ())


def gather(user: "User") -> Today:
    """The Today page of one person, now."""
    now = timezone.now()
    may_approve, proposes = bool(decided_by(user)), user.has_perm("changes.add_change")
    waiting = waiting_for(user).select_related("made_by").order_by("submitted_at") if may_approve else None
    seen = standing(now) if user.has_perm("delivery.view_delivery") else None
    troubled = list(needing_a_person().order_by("id")[:SHOWN]) if seen else []
    names = delivery_names.names_of(troubled) if troubled else {}
    overseen = oversight(now) if user.has_perm("audit.verify_entry") else None
    came_back, mine, drafts = _mine(user, now) if proposes else ([], None, [])
    return Today(
        may_approve=may_approve,
        waiting_count=waiting.count() if waiting is not None else 0,
        waiting=_lines(waiting[:SHOWN], user) if waiting is not None else [],
        refused=_refused(user, now) if proposes else [],
        came_back=came_back,
        mine=mine,
        drafts=drafts,
        deliveries=seen,
        later=later(now) if seen else None,
        new_words=new_words() if seen else [],
        troubled=[(delivery, names.get(delivery.lane, "")) for delivery in troubled],
        chart=_chart(now) if seen is not None else None,
        files=_files(user, now) if user.has_perm("batches.view_batch") else None,
        funnel=funnel(user, now) if user.has_perms(("changes.view_change", "batches.view_batch")) else [],
        ages=ages(user, now) if may_approve else [],
        oversight=overseen,
        largest=_lines(overseen.largest, user) if overseen else [],
        administration=administration(user, now) if user.has_perm("logins.view_user") else None,
        dealing=dealing(user) if settings.ORDER_DESK and user.has_perm("trading.deal") else None,
        access=access(user) if is_configured() and user.has_perm("trading.check_access") else None,
        research=research() if settings.CONNECTOR and user.has_perm(SETTLE) else None,
    )


def _files(user: "User", now: datetime) -> list[FileLine]:
    """The files under way: those that wait for this person first, then what is checked or sent, and what came back."""
    came_back = Q(state__in=BATCH_CAME_BACK, decided_at__gte=now - REMEMBERED)
    came_back |= Q(state=BatchState.APPROVED, result=Result.REFUSED, finished_at__gte=now - REMEMBERED)
    before = Q(state__in=(BatchState.UPLOADED, BatchState.CHECKED)) | came_back
    under_way = (
        Q(state__in=(BatchState.CHECKING, BatchState.SUBMITTED))
        | Q(state=BatchState.APPROVED, finished_at=None)
        | Q(before, made_by=user)
    )
    found = Batch.objects.filter(under_way).select_related("made_by")
    for_me = set(files_waiting_for(user).values_list("pk", flat=True))
    lines = [_file_line(batch, batch.pk in for_me) for batch in found[: SHOWN * 2]]
    return sorted(lines, key=lambda line: not line.for_me)[:SHOWN]


def _file_line(batch: Batch, for_me: bool) -> FileLine:
    """Done and total are what the sweep counted last, so that Today counts no rows."""
    total = sum(batch.outcome.values())
    done = sum(batch.outcome.get(state, 0) for state in FINAL)
    if batch.state == BatchState.CHECKING:
        done, total = batch.total_rows, max(batch.total_rows, int(batch.shape.get("rows") or 0))
    return FileLine(file_title(batch.kind), batch, done, total, for_me)


def _refused(user: "User", now: datetime) -> list[Line]:
    """What ODIN refused of this maker's lately, as long as they have not begun to correct it."""
    answers = Delivery.objects.filter(state=DeliveryState.REFUSED).order_by("id")
    left = Change.objects.filter(
        Exists(answers.filter(change=OuterRef("pk")).order_by()),
        ~Exists(Change.objects.filter(corrects=OuterRef("pk"))),
        state=ChangeState.APPROVED,
        result__in=WITH_REFUSED,
        batch=None,
        made_by=user,
        updated_at__gte=now - REMEMBERED,
    )
    left = left.prefetch_related(
        Prefetch("deliveries", answers, to_attr="refusals"), "deliveries", "corrections"
    )
    return [replace(line, next_step=first_step(line.change, user)) for line in _lines(_latest(left), user)]


def _latest(own: QuerySet[Change]) -> QuerySet[Change]:
    """The first of a maker's own changes that are shown, what was touched last before the others.

    No index has this order, so that PostgreSQL finds them by maker and status, and never walks all changes by number.
    """
    return own.order_by("-updated_at", "-pk")[:SHOWN]


def _mine(user: "User", now: datetime) -> tuple[list[Line], list[Line], list[Line]]:
    """Of this maker: what came back lately and was not begun again, what waits for a checker, and drafts."""
    mine = Change.objects.filter(made_by=user, batch=None).select_related("made_by")
    begun = Change.objects.filter(corrects=OuterRef("pk"))
    came_back = mine.filter(~Exists(begun), state__in=CAME_BACK, updated_at__gte=now - REMEMBERED)
    submitted, drafts = (mine.filter(state=state) for state in (ChangeState.SUBMITTED, ChangeState.DRAFT))
    several = [list(_latest(some)) for some in (came_back, submitted, drafts)]
    lines = iter(_lines([change for some in several for change in some], user))
    came_back_lines, submitted_lines, draft_lines = ([next(lines) for _ in some] for some in several)
    return (
        came_back_lines,
        submitted_lines,
        [replace(line, expires_at=kept_until(line.change)) for line in draft_lines],
    )


def _lines(changes: Iterable[Change], user: "User") -> list[Line]:
    found, reveal = list(changes), sees_at_once(user)
    names = names_of(found)
    return [Line(title(c.kind), c, names.get(c.subject, ""), effect(c, reveal=reveal)) for c in found]


def _chart(now: datetime) -> Chart:
    """Messages sent today, by the hour and by how they were read."""
    rows = (
        Attempt.objects.filter(started_at__gte=midnight(now))
        .exclude(outcome="")
        .order_by()
        .values_list(TruncHour("started_at", tzinfo=INDIA), "outcome")
        .annotate(Count("id"))
    )
    hours: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for hour, outcome, count in rows:
        hours[hour.hour][outcome.replace("_", " ")] = count
    first, last = min([*WORKING_HOURS, *hours]), max([*WORKING_HOURS, *hours])
    return stacked_chart("Attempts today", [(f"{h:02}", hours[h]) for h in range(first, last + 1)], SERIES)
