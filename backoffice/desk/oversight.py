"""The start page of compliance: the last verification, legal holds, and unusual decisions of today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from backoffice.audit.models import Check, LegalHold
from backoffice.batches.models import Batch
from backoffice.batches.models import State as BatchState
from backoffice.changes.kinds import file_title, title
from backoffice.changes.models import Change, State
from backoffice.kit.formats import INDIA, midnight

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Approvals before and from these hours (India) are unusual; on Saturday and Sunday all are.
OPENS, CLOSES = timedelta(hours=8), timedelta(hours=20)
SATURDAY = 5
#: How many of the largest amounts, and of the approvals out of hours, are shown.
SHOWN = 5


@dataclass(frozen=True)
class Approved:
    """A change or a file that was approved out of hours. `by`: who gave the last approval; None if none was needed."""

    label: str
    what: str
    subject: str
    url: str
    by: "User | None"
    at: datetime | None


@dataclass(frozen=True)
class Oversight:
    """The panel. `changes`, `files`: how many were approved today out of hours; a row of a file counts with its file.

    `outside`: the latest of them. `largest`: what was approved today by one person and adds most rupees.
    """

    verification: Check | None
    holds: int
    changes: int
    files: int
    outside: Sequence[Approved]
    largest: Sequence[Change]


def oversight(now: datetime) -> Oversight:
    """Return the unusual decisions of today, whenever the changes were made. Days and hours are India's."""
    today = timezone.localdate(now, INDIA)
    begin = midnight(today)
    unusual = Q() if today.weekday() >= SATURDAY else _out_of_hours(begin)
    singles = Change.objects.filter(state=State.APPROVED, batch=None, decided_at__gte=begin)
    files = Batch.objects.filter(state=BatchState.APPROVED, decided_at__gte=begin)
    changes_outside, files_outside = singles.filter(unusual), files.filter(unusual)
    latest = _latest(changes_outside) + _latest(files_outside)
    return Oversight(
        verification=Check.objects.exclude(ended_at=None).first(),
        holds=LegalHold.objects.filter(lifted_at=None).count(),
        changes=changes_outside.count(),
        files=files_outside.count(),
        outside=sorted(latest, key=lambda one: one.at or begin, reverse=True)[:SHOWN],
        largest=_largest(singles, list(files.values_list("pk", flat=True))),
    )


def _out_of_hours(begin: datetime) -> Q:
    return Q(decided_at__lt=begin + OPENS) | Q(decided_at__gte=begin + CLOSES)


def _latest(found: QuerySet[Any]) -> list[Approved]:
    return [
        _approved(one) for one in found.select_related("decided_by").order_by("-decided_at", "-pk")[:SHOWN]
    ]


def _approved(one: Change | Batch) -> Approved:
    if isinstance(one, Change):
        label, what, subject = f"C-{one.pk}", title(one.kind), one.subject
    else:
        label, what, subject = one.label, file_title(one.kind), ""
    return Approved(label, what, subject, one.get_absolute_url(), one.decided_by, one.decided_at)


def _largest(singles: QuerySet[Change], files: list[int]) -> list[Change]:
    """Return those of the single changes and of the rows of these files."""
    approved = singles | Change.objects.filter(state=State.APPROVED, batch__in=files)
    alone = approved.filter(checkers=1, amount__isnull=False).order_by("-amount", "pk")
    # Their numbers first, so that the messages of all others are neither read nor sorted.
    largest = Change.objects.filter(pk__in=list(alone.values_list("pk", flat=True)[:SHOWN]))
    return list(largest.select_related("made_by").order_by("-amount", "pk"))
