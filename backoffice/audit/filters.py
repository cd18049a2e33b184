"""Filters of the list of audit entries."""

from datetime import date, datetime, time, timedelta

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone

from backoffice.audit.models import Entry

#: How an attempt was read, as the action of its entry ends.
OUTCOMES = (
    ("applied", "Applied"),
    ("refused", "Refused"),
    ("not_applied", "Not applied"),
    ("unknown", "Unknown"),
)


class EntryFilter(django_filters.FilterSet):
    """Quick search by retail user or words; person, action, change, delivery, request and time.

    Each compares as the indexes of the model do, so that a million entries are searched through one of them; only
    words within texts are looked for row by row.
    """

    q = django_filters.CharFilter(label="Retail user or words", method="search")
    by_name = django_filters.CharFilter(label="Person")
    action = django_filters.CharFilter(label="What", method="by_action")
    outcome = django_filters.ChoiceFilter(label="Outcome", choices=OUTCOMES, method="by_outcome")
    code = django_filters.CharFilter(label="Response code")
    reference = django_filters.CharFilter(label="Reference")
    change_id = django_filters.NumberFilter(label="Change")
    delivery_id = django_filters.NumberFilter(label="Delivery")
    request_id = django_filters.CharFilter(label="Request id")
    since = django_filters.DateFilter(label="From", method="from_day")
    until = django_filters.DateFilter(label="To", method="to_day")

    class Meta:
        model = Entry
        fields = (
            *("q", "by_name", "action", "outcome", "code", "reference"),
            *("change_id", "delivery_id", "request_id", "since", "until"),
        )

    def by_outcome(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        """Attempts that were read like this."""
        return queryset.filter(action=f"delivery.{value}")

    def by_action(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        """Actions that begin like this: `change.` or `change.approved`."""
        return queryset.filter(action__startswith=value.strip().lower())

    def from_day(self, queryset: QuerySet[Entry], name: str, value: date) -> QuerySet[Entry]:
        """From the first moment of a day in India."""
        return queryset.filter(at__gte=_midnight(value))

    def to_day(self, queryset: QuerySet[Entry], name: str, value: date) -> QuerySet[Entry]:
        """To the last moment of a day in India."""
        return queryset.filter(at__lt=_midnight(value + timedelta(days=1)))

    def search(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        """A retail user as GROUP/USER, or its beginning; anything else within subjects and texts."""
        text = value.strip()
        if "/" in text:
            return queryset.filter(Q(subject__startswith=text) | Q(subject__startswith=text.upper()))
        return queryset.filter(Q(subject__icontains=text) | Q(text__icontains=text))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
