"""The start page of compliance: the last verification, legal holds, and unusual decisions of today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet
from django.db.models.functions import ExtractHour
from django.utils import timezone

from backoffice.audit.models import Check, LegalHold
from backoffice.changes.models import Change, State
from backoffice.kit.formats import INDIA, midnight

#: Approvals outside these hours (India) are unusual; on Saturday and Sunday all are.
OFFICE_HOURS = range(8, 20)
SATURDAY = 5
#: How many of the largest amounts are shown.
LARGEST = 5


@dataclass(frozen=True)
class Oversight:
    """The panel. `outside`: how many changes of today were approved outside of office hours. `largest`: the changes of
    today that add most rupees and that one person approved.
    """

    verification: Check | None
    holds: int
    outside: int
    largest: Sequence[Change]


def oversight(now: datetime) -> Oversight:
    """Return the unusual decisions of today. Days and hours are India's."""
    today = timezone.localdate(now, INDIA)
    approved = Change.objects.filter(created_at__gte=midnight(today), state=State.APPROVED).order_by()
    alone = approved.filter(checkers=1, amount__isnull=False).order_by("-amount", "pk")
    # Their numbers first, so that the messages of all others are neither read nor sorted.
    largest = Change.objects.filter(pk__in=list(alone.values_list("pk", flat=True)[:LARGEST]))
    return Oversight(
        verification=Check.objects.exclude(ended_at=None).first(),
        holds=LegalHold.objects.filter(lifted_at=None).count(),
        outside=approved.count() if today.weekday() >= SATURDAY else _outside(approved),
        largest=list(largest.select_related("made_by").order_by("-amount", "pk")),
    )


def _outside(approved: QuerySet[Change]) -> int:
    hours = approved.values_list(ExtractHour("decided_at", tzinfo=INDIA)).annotate(number=Count("*"))
    return sum(number for hour, number in hours if hour not in OFFICE_HOURS)
