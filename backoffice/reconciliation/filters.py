"""Filters of results, for pages, downloads and "all that match"."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from backoffice.kit.filters import Filters, SearchFilter
from backoffice.reconciliation.exported import LANE, ExportedUser, label
from backoffice.reconciliation.models import Difference, Line, Reconciliation, State

PROPOSED = (("no", "Not yet"), ("yes", "Proposed"))


class ReconciliationFilter(Filters):
    """Comparisons by state."""

    state = django_filters.MultipleChoiceFilter(choices=State.choices, distinct=False)

    class Meta:
        model = Reconciliation
        fields = ("state",)


class FoundFilter(Filters):
    """By retail user, and by whether it was proposed."""

    q = SearchFilter(label="User id or GROUP/USER", method="search")
    proposed = django_filters.ChoiceFilter(label="Proposed", choices=PROPOSED, method="by_batch")

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Search by the whole user id, with or without the group and a slash; case is ignored for ids as typed."""
        group_id, slash, user_id = value.strip().rpartition("/")
        spelled = Q(user_id__in={user_id, user_id.upper()})
        return queryset.filter(spelled & Q(group_id__in={group_id, group_id.upper()}) if slash else spelled)

    def by_batch(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Whether a batch was made of it."""
        return queryset.filter(batch__isnull=value == "no")


class LineFilter(FoundFilter):
    """Rows of the file and records of the portal."""

    class Meta:
        model = Line
        fields = ("q", "proposed")


class DifferenceFilter(FoundFilter):
    """Values that differ, also by field."""

    field = django_filters.ChoiceFilter(
        label="Field",
        choices=[(name, label(name)) for name in ExportedUser.fields if name not in LANE],
    )

    class Meta:
        model = Difference
        fields = ("q", "field", "proposed")
