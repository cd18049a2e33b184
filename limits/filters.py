"""Filters of the lists of limits."""

import django_filters
from django.db.models import Q, QuerySet

from accounts.models import RetailUser
from accounts.search import matching
from backoffice.kit.filters import Filters, FromDay, SearchFilter, ToDay, WholeFilter
from limits.models import LimitUpdate, SquareOffSetting


class LimitUpdateFilter(Filters):
    """Quick search by retail user or reference; kind and time."""

    q = SearchFilter(label="Retail user or reference", method="search")
    kind = django_filters.ChoiceFilter(choices=LimitUpdate.Kind.choices, empty_label="Any")
    since = FromDay(field_name="confirmed_at", label="Confirmed from")
    until = ToDay(field_name="confirmed_at", label="Confirmed to")

    class Meta:
        model = LimitUpdate
        fields = ("q", "kind", "since", "until")

    def search(self, queryset: QuerySet[LimitUpdate], name: str, value: str) -> QuerySet[LimitUpdate]:
        return queryset.filter(Q(reference__iexact=value.strip()) | Q(retail_user__in=_holders(value)))


class SquareOffFilter(Filters):
    """Quick search by retail user; periodicity."""

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
