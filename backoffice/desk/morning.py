"""The day's progress: from received rows to ODIN's confirmations, and the age of what waits."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from backoffice.batches.decide.deciders import waiting_for as files_waiting_for
from backoffice.batches.models import Batch
from backoffice.changes.kinds import status_of
from backoffice.changes.models import CAME_BACK, State
from backoffice.changes.results import Result
from backoffice.changes.visibility import visible, waiting_for
from backoffice.kit.formats import midnight

if TYPE_CHECKING:
    from backoffice.logins.models import User


@dataclass(frozen=True)
class Left:
    """What dropped out after a stage. `tone`: as of a status."""

    number: int
    words: str
    tone: str
    url: str


@dataclass(frozen=True)
class Stage:
    """One bar of the funnel. `share`: of the widest one, in percent."""

    label: str
    number: int
    share: int
    url: str
    left: Sequence[Left]


@dataclass(frozen=True)
class Age:
    """What has waited this long for a person's decision. `amount`: rupees that it adds. `share`: of all, in percent."""

    label: str
    changes: int
    files: int
    amount: Decimal
    share: int


#: Classes of age in hours: more than the first, at most the second.
_AGES = (
    ("Under 15 min", 0.0, 0.25),
    ("Under an hour", 0.25, 1.0),
    ("Under 4 hours", 1.0, 4.0),
    ("Longer", 4.0, None),
)


def funnel(user: "User", now: datetime) -> list[Stage]:
    """Return the stages of today's changes and rows (India) that this person may see; none before the first."""
    today = timezone.localdate(now)
    begin = midnight(today)
    files = Batch.objects.filter(created_at__gte=begin).aggregate(
        rows=Sum("total_rows", default=0), wrong=Sum("wrong", default=0), before=Sum("done_before", default=0)
    )
    changes = visible(user).exclude(state=State.DRAFT).filter(created_at__gte=begin)
    counted: Counter[str] = Counter()
    singles = 0
    for kind, state, result, number, in_files in (
        changes.order_by().values_list("kind", "state", "result").annotate(Count("pk"), Count("batch"))
    ):
        counted[status_of(kind, state, result)] += number
        singles += number - in_files
    received = files["rows"] + singles
    if not received:
        return []
    submitted = counted.total()
    approved = submitted - sum(counted[state] for state in (State.SUBMITTED, *CAME_BACK))
    open_too = counted[State.APPROVED] + counted[Result.SENT]
    doubt = counted[Result.UNKNOWN] + counted[Result.ON_HOLD]
    days = {"since": today.isoformat(), "until": today.isoformat()}

    def left(number: int, words: str, tone: str, *states: str) -> list[Left]:
        return [Left(number, words, tone, _changes(days, *states))] if number else []

    def stage(label: str, number: int, url: str, *what_left: list[Left]) -> Stage:
        return Stage(
            label, number, round(100 * number / received), url, [one for some in what_left for one in some]
        )

    batches = reverse("batches:list")
    wrong = [Left(files["wrong"], "wrong", "bad", batches)] if files["wrong"] else []
    correct = received - files["wrong"] - files["before"]
    kept = [Left(correct - submitted, "not submitted", "idle", batches)] if correct > submitted else []
    before = [Left(files["before"], "here already", "idle", batches)] if files["before"] else []
    return [
        stage("Received", received, batches, wrong, before),
        stage("Correct", correct, batches, kept),
        stage(
            "Submitted",
            submitted,
            _changes(days),
            left(counted[State.SUBMITTED], "waiting", "info", State.SUBMITTED),
            left(sum(counted[state] for state in CAME_BACK), "came back", "warn", *CAME_BACK),
        ),
        stage(
            "Approved",
            approved,
            _changes(days, State.APPROVED, *Result.values),
            left(open_too, "under way", "info", State.APPROVED, Result.SENT),
            left(doubt, "unknown or on hold", "doubt", Result.UNKNOWN, Result.ON_HOLD),
            left(counted[Result.REFUSED], "refused by ODIN", "bad", Result.REFUSED),
        ),
        stage("Applied", counted[Result.APPLIED], _changes(days, Result.APPLIED)),
    ]


def ages(user: "User", now: datetime) -> list[Age]:
    """Return what waits for this person, changes and files, by age; none if nothing waits."""
    changes, files = _aged(waiting_for(user), now), _aged(files_waiting_for(user), now)
    total = sum(number for number, _ in [*changes, *files])
    return [
        Age(label, one, whole, rupees + more, round(100 * (one + whole) / total))
        for (label, *_), (one, rupees), (whole, more) in zip(_AGES, changes, files, strict=True)
        if total
    ]


def _aged(waiting: QuerySet[Any], now: datetime) -> list[tuple[int, Decimal]]:
    """Count them in each class of age, with the rupees that they add. One query."""
    wanted: dict[str, Any] = {}
    for place, (_, more, less) in enumerate(_AGES):
        fits = Q(submitted_at__lte=now - timedelta(hours=more))
        if less is not None:
            fits &= Q(submitted_at__gt=now - timedelta(hours=less))
        wanted[f"number{place}"] = Count("pk", filter=fits)
        wanted[f"rupees{place}"] = Sum("amount", filter=fits, default=Decimal(0))
    found = waiting.order_by().aggregate(**wanted)
    return [(found[f"number{place}"], found[f"rupees{place}"]) for place in range(len(_AGES))]


def _changes(days: dict[str, str], *states: str) -> str:
    return f"{reverse('changes:list')}?{urlencode([*days.items(), *(('state', state) for state in states)])}"
