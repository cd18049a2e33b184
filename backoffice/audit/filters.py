"""Filters of the list of audit entries."""

from datetime import date, datetime, time, timedelta

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.audit.search import Group, UserId
from backoffice.screens.formats import indian

#: Words are looked for in so many entries at most, the newest.
WORDS_WITHIN = 20_000
#: How an attempt was read, as the action of its entry ends.
OUTCOMES = (
    ("applied", "Applied"),
    ("refused", "Refused"),
    ("not_applied", "Not applied"),
    ("unknown", "Unknown"),
)


class EntryFilter(django_filters.FilterSet):
    """Retail user or staff, person, action, outcome, change, delivery, request, time; words within the newest entries.

    Each compares as the indexes of the model do, so that a million entries are searched through one of them. Words
    stand nowhere in an index, so they are looked for, last, in the newest of those that the other filters leave.
    """

    q = django_filters.CharFilter(label="Retail user or staff", method="search")
    by_name = django_filters.CharFilter(label="Person")
    action = django_filters.CharFilter(label="What", method="by_action")
    since = django_filters.DateFilter(label="From", method="from_day")
    until = django_filters.DateFilter(label="To", method="to_day")
    outcome = django_filters.ChoiceFilter(label="Outcome", choices=OUTCOMES, method="by_outcome")
    code = django_filters.CharFilter(label="Response code")
    reference = django_filters.CharFilter(label="Reference")
    change_id = django_filters.NumberFilter(label="Change")
    delivery_id = django_filters.NumberFilter(label="Delivery")
    request_id = django_filters.CharFilter(label="Request id")
    words = django_filters.CharFilter(
        label=f"Words in the newest {indian(WORDS_WITHIN, places=0)}", method="by_words"
    )

    class Meta:
        model = Entry
        fields = (
            *("q", "by_name", "action", "since", "until", "outcome", "code", "reference"),
            *("change_id", "delivery_id", "request_id", "words"),
        )

    def search(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        """A retail user as GROUP/USER, or its beginning; a user id or a login name whole."""
        text = value.strip()
        if "/" in text:
            return queryset.filter(Q(subject__begins=text) | Q(subject__begins=text.upper()))
        return queryset.alias(user_id=UserId("subject")).filter(user_id=text.upper())

    def by_action(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        """One action, `change.approved`, or all of a group: `change.` or `change`."""
        group, _, rest = value.strip().lower().partition(".")
        if rest:
            return queryset.filter(action=f"{group}.{rest}")
        return queryset.alias(group=Group("action")).filter(group=f"{group}.")

    def from_day(self, queryset: QuerySet[Entry], name: str, value: date) -> QuerySet[Entry]:
        """From the first moment of a day in India."""
        return queryset.filter(at__gte=_midnight(value))

    def to_day(self, queryset: QuerySet[Entry], name: str, value: date) -> QuerySet[Entry]:
        """To the last moment of a day in India."""
        return queryset.filter(at__lt=_midnight(value + timedelta(days=1)))

    def by_outcome(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        """Attempts that were read like this."""
        return queryset.filter(action=f"delivery.{value}")

    def by_words(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        """Those of the newest whose text has these words."""
        older = queryset.order_by("-at", "-id").values_list("at", flat=True)[WORDS_WITHIN : WORDS_WITHIN + 1]
        for last in older:
            queryset = queryset.filter(at__gt=last)
        return queryset.filter(text__icontains=value.strip())


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
