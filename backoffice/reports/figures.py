"""The figures of a report, counted by the database: a fixed number of queries, and no row for each change."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, CharField, Count, F, Func, QuerySet, TextChoices, When
from django.db.models.expressions import Combinable
from django.db.models.functions import TruncDate, TruncHour
from django.urls import reverse

from backoffice.changes.kinds import status_of, title
from backoffice.changes.models import CAME_BACK, Change, State
from backoffice.changes.results import Result
from backoffice.changes.visibility import visible
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State as DeliveryState
from backoffice.kit.charts import Chart, stacked_chart
from backoffice.kit.formats import INDIA, midnight
from backoffice.logins.models import User
from backoffice.reports.spread import MinutesBetween, Spread, spread

#: How many of ODIN's wordings of refusals are listed, most frequent first.
REFUSALS = 20
#: Columns of the chart that have room for a label each.
LABELS = 10
WORKING_HOURS = range(8, 20)


class Outcome(TextChoices):
    """The outcome of a change, for counting."""

    APPLIED = "applied", "Applied"
    UNDER_WAY = "under way", "Under way"
    REFUSED = "refused", "Refused by ODIN"
    CAME_BACK = "came back", "Came back"
    CANCELLED = "cancelled", "Cancelled"


#: For the chart: the lowest piece of a column first.
SERIES = (
    (Outcome.APPLIED, "good"),
    (Outcome.UNDER_WAY, "info"),
    (Outcome.REFUSED, "bad"),
    (Outcome.CAME_BACK, "warn"),
    (Outcome.CANCELLED, "idle"),
)
_OUTCOMES: dict[str, Outcome] = {
    Result.APPLIED: Outcome.APPLIED,
    Result.REFUSED: Outcome.REFUSED,
    Result.CANCELLED: Outcome.CANCELLED,
    **dict.fromkeys(CAME_BACK, Outcome.CAME_BACK),
}


class By(TextChoices):
    """What the rows of a report are."""

    DAY = "day", "Day"
    GROUP = "group", "Group"
    MAKER = "maker", "Maker"
    KIND = "kind", "Kind of change"


class GroupOf(Func):
    """The part before the slash of a subject `GROUP/USER`; "" without a slash."""

    output_field = CharField()
    template = "SUBSTR(%(expressions)s, 1, INSTR(%(expressions)s, '/') - 1)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "SUBSTR(%(expressions)s, 1, MAX(INSTR(%(expressions)s, '/') - 1, 0))"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "SUBSTR(%(expressions)s, 1, GREATEST(STRPOS(%(expressions)s, '/') - 1, 0))"
        return self.as_sql(compiler, connection, template=template, **context)


@dataclass(frozen=True)
class _Rows:
    """What the rows of a report are: by what of a change, what they are called, and the filter of the list of changes
    that shows one, besides the days; "" if there is none.
    """

    key: Combinable
    labels: Callable[[Collection[Any]], Mapping[Any, str]]
    filter: str = ""


def _makers(keys: Collection[Any]) -> dict[Any, str]:
    return dict(User.objects.filter(pk__in=keys).order_by().values_list("pk", "username"))


_ROWS = {
    By.DAY: _Rows(
        TruncDate("created_at", tzinfo=INDIA),
        lambda days: {day: f"{day:%d-%m-%Y}" for day in days},
    ),
    By.GROUP: _Rows(
        GroupOf("subject"),
        lambda groups: {group: group or "No client" for group in groups},
    ),
    By.MAKER: _Rows(F("made_by"), _makers, "made_by"),
    By.KIND: _Rows(F("kind"), lambda kinds: {kind: title(kind) for kind in kinds}, "kind"),
}


@dataclass
class Line:
    """One row of a report. `address`: of its changes in their list, or "".

    `corrections`: how many of its changes replace one that failed.
    """

    label: str
    address: str = ""
    outcomes: Counter[str] = field(default_factory=Counter)
    corrections: int = 0
    to_approve: Counter[int] = field(default_factory=Counter)
    to_apply: Counter[int] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many changes."""
        return self.outcomes.total()

    @property
    def counted(self) -> list[tuple[str, int]]:
        """Each outcome in words, with its number."""
        return [(outcome.label, self.outcomes[outcome]) for outcome in Outcome]

    @property
    def rework(self) -> int | None:
        """Of a hundred changes, how many came back, were refused by ODIN, or correct another; None of no change."""
        again = self.outcomes[Outcome.CAME_BACK] + self.outcomes[Outcome.REFUSED] + self.corrections
        return min(100, round(100 * again / self.total)) if self.total else None

    @cached_property
    def approved_after(self) -> Spread:
        """From submission to approval."""
        return spread(self.to_approve)

    @cached_property
    def applied_after(self) -> Spread:
        """From approval to ODIN's confirmation, message by message."""
        return spread(self.to_apply)


@dataclass(frozen=True)
class Refusal:
    """A wording of ODIN's refusals. `share`: of all refused messages, in percent."""

    wording: int | None
    code: str
    text: str
    number: int
    share: int


@dataclass(frozen=True)
class Report:
    """All of a page."""

    lines: Sequence[Line]
    whole: Line
    chart: Chart
    refusals: Sequence[Refusal]


def report(person: Any, since: date, until: date, by: By) -> Report:
    """The outcome of the changes made on these days (India), as far as this person may see them.

    A change counts on the day on which it was made. Drafts do not count.
    """
    changes = visible(person).exclude(state=State.DRAFT)
    changes = changes.filter(
        created_at__gte=midnight(since), created_at__lt=midnight(until + timedelta(days=1))
    )
    counted = _counted(changes, by, by_hour=since == until)
    lines = _lines(changes, counted, by, since, until)
    whole = Line("All")
    for line in lines:
        whole.outcomes += line.outcomes
        whole.corrections += line.corrections
        whole.to_approve += line.to_approve
        whole.to_apply += line.to_apply
    return Report(lines, whole, _chart(counted, since, until), _refusals(changes))


@dataclass(frozen=True)
class _Count:
    """How many changes of one row and one column of the chart had this outcome and were approved after so many minutes,
    and how many of them correct another one. `minutes`: None where no person approved them.
    """

    key: Any
    slot: Any
    outcome: Outcome
    minutes: int | None
    number: int
    corrections: int


def _counted(changes: QuerySet[Change], by: By, *, by_hour: bool) -> list[_Count]:
    """The changes counted for the rows and the chart at once: a long month is read one time."""
    slot = TruncHour("created_at", tzinfo=INDIA) if by_hour else TruncDate("created_at", tzinfo=INDIA)
    approved_after = Case(
        When(state=State.APPROVED, checkers__gt=0, then=MinutesBetween("decided_at", "submitted_at"))
    )
    found = (
        changes.order_by()
        .values_list(_ROWS[by].key, slot, "kind", "state", "result", approved_after)
        .annotate(Count("pk"), Count("corrects"))
    )
    return [
        _Count(key, at.hour if by_hour else at, _outcome(kind, state, result), minutes, number, corrections)
        for key, at, kind, state, result, minutes, number, corrections in found
    ]


def _lines(
    changes: QuerySet[Change], counted: Iterable[_Count], by: By, since: date, until: date
) -> list[Line]:
    rows = _ROWS[by]
    found: defaultdict[Any, Line] = defaultdict(lambda: Line(""))
    for count in counted:
        line = found[count.key]
        line.outcomes[count.outcome] += count.number
        line.corrections += count.corrections
        if count.minutes is not None:
            line.to_approve[count.minutes] += count.number
    applied = changes.filter(deliveries__state=DeliveryState.APPLIED).order_by()
    for key, minutes, number in applied.values_list(
        rows.key, MinutesBetween("deliveries__finished_at", "decided_at")
    ).annotate(Count("deliveries")):
        found[key].to_apply[minutes] += number
    for key, label in rows.labels(found).items():
        first, last = (key, key) if by is By.DAY else (since, until)
        found[key].label = label
        if by is By.DAY or rows.filter:
            chosen = {rows.filter: key} if rows.filter else {}
            query = urlencode({**chosen, "since": first.isoformat(), "until": last.isoformat()})
            found[key].address = f"{reverse('changes:list')}?{query}"
    if by is By.DAY:
        return [found[key] for key in sorted(found, reverse=True)]
    return sorted(found.values(), key=lambda one: (-one.total, one.label))


def _outcome(kind: str, state: str, result: str) -> Outcome:
    return _OUTCOMES.get(status_of(kind, state, result), Outcome.UNDER_WAY)


def _chart(counts: Iterable[_Count], since: date, until: date) -> Chart:
    """By the day, or by the hour of a single one."""
    one_day = since == until
    counted: defaultdict[Any, Counter[str]] = defaultdict(Counter)
    for count in counts:
        counted[count.slot][str(count.outcome.label)] += count.number
    slots = (
        _hours(counted) if one_day else [since + timedelta(days=n) for n in range((until - since).days + 1)]
    )
    rows = [(f"{slot:02}" if one_day else f"{slot:%d-%m}", counted[slot]) for slot in slots]
    series = [(str(outcome.label), tone) for outcome, tone in SERIES]
    title = "Changes by the hour" if one_day else "Changes by the day"
    return stacked_chart(title, rows, series, labelled=-(-len(rows) // LABELS))


def _hours(counted: Iterable[int]) -> list[int]:
    hours = [*WORKING_HOURS, *counted]
    return list(range(min(hours), max(hours) + 1))


def _refusals(changes: QuerySet[Change]) -> list[Refusal]:
    refused = Delivery.objects.filter(state=DeliveryState.REFUSED, change__in=changes.order_by())
    counted = list(
        refused.order_by()
        .values_list("wording", "wording__code", "wording__text")
        .annotate(number=Count("pk"))
        .order_by("-number", "wording")
    )
    total = sum(number for *_, number in counted)
    return [
        Refusal(wording, code or "", text or "Without words", number, round(100 * number / total))
        for wording, code, text, number in counted[:REFUSALS]
    ]
