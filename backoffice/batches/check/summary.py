"""Figures of a whole batch for pages: counts, kinds of findings, progress. A few queries for any length."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Count, F, Func, IntegerField, Max, Q, QuerySet, Sum
from django.db.models.expressions import RawSQL
from django.utils import timezone

from backoffice.batches.check import tally
from backoffice.batches.file.marks import HIDDEN
from backoffice.batches.models import Batch, Row, RowState, State
from backoffice.changes.kinds import file_kind
from backoffice.changes.models import Change
from backoffice.changes.models import State as ChangeState
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import FINAL
from backoffice.delivery.states import State as DeliveryState

#: How many rows of each sort a checker sees.
SHOWN = 10
#: The rate of sending is measured over this many past seconds.
LATELY = timedelta(seconds=30)
#: If no message ended for so long, the last rate says nothing: a worker may be missing.
STALLED = timedelta(seconds=10)
#: SQL for the findings of a row, one by one, as f; and for a member of a finding.
OPENED = {
    "postgresql": "jsonb_array_elements(batches_row.findings) AS f(value)",
    "sqlite": "json_each(batches_row.findings) AS f",
}
MEMBER = {"postgresql": "f.value ->> '{}'", "sqlite": "json_extract(f.value, '$.{}')"}


@dataclass(frozen=True)
class FindingKind:
    """One kind of finding: its field, rule and number of rows; `text` is that of one row.

    `cleanable` counts the rows for which a cleaned value is offered.
    """

    path: str
    severity: str
    rule: str
    rows: int
    first_row: int
    cleanable: int
    text: str


@dataclass(frozen=True)
class Progress:
    """Progress of long work: `rate` is units a second, `seconds_left` the rest; None while unknown."""

    done: int
    total: int
    rate: float | None
    moving: bool

    @property
    def seconds_left(self) -> float | None:
        """Estimate the remaining time at the present rate."""
        return (self.total - self.done) / self.rate if self.rate else None


def applying(batch: Batch) -> Progress:
    """Return how many approved rows that stay in the portal are applied."""
    approved = Change.objects.filter(batch=batch, state=ChangeState.APPROVED)
    counted = approved.aggregate(
        total=Count("id"), done=Count("id", filter=Q(row_number__lte=batch.next_row))
    )
    moving = batch.finished_at is None and not batch.paused
    return Progress(counted["done"], counted["total"], None, moving)


class _Length(Func):
    """Return the length of a JSON array, in SQL."""

    function = "json_array_length"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="jsonb_array_length", **context)


def finding_kinds(batch: Batch) -> list[FindingKind]:
    """Return the findings of all rows by kind: errors before warnings, the most frequent first."""
    path, severity, rule, cleaned, text = (
        _member(name) for name in ("path", "severity", "rule", "cleaned", "text")
    )
    statement = (
        f"SELECT {path}, {severity}, {rule}, count(DISTINCT batches_row.number), min(batches_row.number), "  # noqa: S608
        f"count({cleaned}), min({text}) FROM batches_row CROSS JOIN {OPENED[connection.vendor]} "
        "WHERE batches_row.batch_id = %s AND batches_row.state IN (%s, %s, %s) "
        "GROUP BY 1, 2, 3 ORDER BY 2, 4 DESC, 1, 3"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [batch.pk, RowState.WRONG, RowState.WARNED, RowState.REJECTED])
        return [FindingKind(*row) for row in cursor.fetchall()]


def hidden_rows(batch: Batch) -> int:
    """Count the rows that the sheet hides, until somebody decides about them."""
    if batch.shape.get("format") != "xlsx":
        return 0
    return with_finding(batch.rows.all(), "", HIDDEN).count()


def with_finding(rows: QuerySet[Row], path: str | None, rule: str, *, offered: bool = False) -> QuerySet[Row]:
    """Keep the rows with a finding of this kind, on any field if `path` is None; `offered`: with a cleaned value."""
    wanted = {"rule": rule} if path is None else {"rule": rule, "path": path}
    only = [f"{_member(name)} = %s" for name in wanted]
    if offered:
        only.append(f"{_member('cleaned')} IS NOT NULL")
    condition = f"EXISTS (SELECT 1 FROM {OPENED[connection.vendor]} WHERE {' AND '.join(only)})"  # noqa: S608
    # The condition is the portal's own; what is looked for are parameters.
    return rows.filter(RawSQL(condition, list(wanted.values()), output_field=BooleanField()))  # noqa: S611


@dataclass(frozen=True)
class Totals:
    """What is or was sent: rows, rupees, new and known retail users; and what stays back."""

    rows: int
    amount: Decimal | None
    new: int
    known: int
    warned: int
    wrong: int
    done_before: int
    rejected: int


def totals(batch: Batch) -> Totals:
    """Return the totals of a checked batch: states from an index, the rest from the tally of the check."""
    states = batch.rows.order_by().values_list("state").annotate(Count("id"))
    counted: dict[str, int] = dict.fromkeys(RowState.values, 0) | dict(states)
    sums = tally.of(batch, file_kind(batch.kind)) if tally.is_counted(batch) else _sums(batch)
    rows = counted[RowState.GOOD] + counted[RowState.WARNED]
    return Totals(
        rows=rows,
        amount=sums.amount,
        new=sums.new,
        known=rows - sums.new,
        warned=counted[RowState.WARNED],
        wrong=counted[RowState.WRONG],
        done_before=counted[RowState.DONE_BEFORE],
        rejected=counted[RowState.REJECTED],
    )


@dataclass(frozen=True)
class _Sums:
    amount: Decimal | None
    new: int


def _sums(batch: Batch) -> _Sums:
    """Return the totals of a batch that was checked before tallies existed."""
    sent = batch.rows.filter(state__in=tally.SENT)
    return _Sums(**sent.aggregate(amount=Sum("amount"), new=Count("id", filter=Q(record_version=0))))


def chosen(batch: Batch) -> dict[str, list[int]]:
    """Choose the rows that a checker sees, once, at submission: no page searches the file.

    `risky`: rows that need a look; `largest`: the largest amounts, if there are any; `sample`: random ones.
    """
    sent = batch.rows.filter(state__in=tally.SENT)
    large = sent.filter(amount__isnull=False).order_by("-amount", "number")
    return {
        "risky": list(with_risks(batch).values_list("number", flat=True)[:SHOWN]),
        "largest": list(large.values_list("number", flat=True)[:SHOWN]),
        "sample": sorted(sent.order_by("?").values_list("number", flat=True)[:SHOWN]),
    }


def checking(batch: Batch) -> Progress:
    """Return the progress of the check. Before its end, the number of rows is an estimate."""
    total = max(batch.total_rows, int(batch.shape.get("rows") or 0))
    if batch.cleaning:
        total = batch.cleaning["rows"]
    seconds = (timezone.now() - batch.check_started_at).total_seconds() if batch.check_started_at else 0
    done = batch.rows_checked - batch.check_started_row
    moving = batch.state == State.CHECKING and not batch.paused
    return Progress(
        batch.rows_checked, total, done / seconds if moving and done and seconds else None, moving
    )


def deliveries(batch: Batch) -> dict[str, int]:
    """Count the deliveries of the batch in each state; `needs_person` counts those that a person must settle."""
    owed = Delivery.objects.filter(change__batch=batch).order_by()
    found = {state.value: 0 for state in DeliveryState} | {"needs_person": 0}
    for state, needs_person, count in owed.values_list("state", "needs_person").annotate(Count("id")):
        found[state] += count
        found["needs_person"] += count if needs_person else 0
    return found


def sending(batch: Batch, counts: dict[str, int]) -> Progress:
    """Return the progress of sending: messages with a final outcome. It has no rate while none ends."""
    total = sum(counts[state] for state in DeliveryState)
    done = sum(counts[state] for state in FINAL)
    now = timezone.now()
    since = max(now - LATELY, batch.decided_at or now - LATELY)
    ended = Delivery.objects.filter(change__batch=batch).meeting(finished_at__gte=since)
    found = ended.aggregate(count=Count("id"), newest=Max("finished_at"))
    lately = found["count"] if found["newest"] and found["newest"] > now - STALLED else 0
    seconds = (now - since).total_seconds()
    moving = bool(counts[DeliveryState.QUEUED] + counts[DeliveryState.IN_FLIGHT]) and not batch.paused
    return Progress(done, total, lately / seconds if moving and lately and seconds else None, moving)


def with_risks(batch: Batch) -> QuerySet[Row]:
    """Return the rows that a checker should look at: most risks first, then the largest amounts."""
    sent = batch.rows.filter(state__in=(RowState.GOOD, RowState.WARNED))
    risky = sent.filter(Q(state=RowState.WARNED) | ~Q(risks=[]) | ~Q(flags=[]))
    findings, risks, flags = (
        _Length(name, output_field=IntegerField()) for name in ("findings", "risks", "flags")
    )
    return risky.order_by((findings + risks + flags).desc(), F("amount").desc(nulls_last=True), "number")


def _member(name: str) -> str:
    return MEMBER[connection.vendor].format(name)
