"""Filters of the lists of limits."""

import django_filters
from django.db.models import QuerySet

from accounts.models import RetailUser
from accounts.search import matching
from backoffice.kit.filters import Filters, FromDay, SearchFilter, ToDay, WholeFilter
from limits.models import LimitUpdate, SquareOffSetting


class LimitUpdateFilter(Filters):
    """Search by retail user or reference; filter by kind, time, and whether a document is named."""

    q = SearchFilter(label="Retail user or reference", method="search")
    kind = django_filters.ChoiceFilter(choices=LimitUpdate.Kind.choices, empty_label="Any")
    document = django_filters.ChoiceFilter(
        label="Document",
        choices=[("missing", "Without a document")],
        empty_label="Any",
        method="without_document",
    )
    since = FromDay(field_name="confirmed_at", label="Confirmed from", by_time=True)
    until = ToDay(field_name="confirmed_at", label="Confirmed to", by_time=True)

    class Meta:
        model = LimitUpdate
        fields = ("q", "kind", "document", "since", "until")

    def search(self, queryset: QuerySet[LimitUpdate], name: str, value: str) -> QuerySet[LimitUpdate]:
        """Search by reference; without a match, by retail user."""
        text = value.strip()
        exact = queryset.filter(reference__in=(text, text.upper()))
        return exact if exact.exists() else queryset.filter(retail_user__in=_holders(text))

    def without_document(
        self, queryset: QuerySet[LimitUpdate], name: str, value: str
    ) -> QuerySet[LimitUpdate]:
        """Those that name no document. Of older ones it is not known: they count as without."""
        return queryset.filter(document="")


class SquareOffFilter(Filters):
    """Search by retail user; filter by periodicity."""

    q = SearchFilter(label="Retail user", method="search")
    periodicity = WholeFilter()

    class Meta:
        model = SquareOffSetting
        fields = ("q", "periodicity")

    def search(
        self, queryset: QuerySet[SquareOffSetting], name: str, value: str
    ) -> QuerySet[SquareOffSetting]:
        return queryset.filter(retail_user__in=_holders(value))


def _holders(text: str) -> QuerySet[RetailUser]:
    return matching(RetailUser.objects.order_by(), text)
