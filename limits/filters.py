"""Filters of the lists of limits."""

import django_filters
from django.db.models import Q, QuerySet

from accounts.models import RetailUser
from accounts.search import matching
from limits.models import LimitUpdate, SquareOffSetting


class LimitUpdateFilter(django_filters.FilterSet):
    """Quick search by retail user or reference; kind and time."""

    q = django_filters.CharFilter(label="Retail user or reference", method="search")
    kind = django_filters.ChoiceFilter(choices=LimitUpdate.Kind.choices, empty_label="Any")
    since = django_filters.DateFilter(
        field_name="confirmed_at", lookup_expr="date__gte", label="Confirmed from"
    )
    until = django_filters.DateFilter(
        field_name="confirmed_at", lookup_expr="date__lte", label="Confirmed to"
    )

    class Meta:
        model = LimitUpdate
        fields = ("q", "kind", "since", "until")

    def search(self, queryset: QuerySet[LimitUpdate], name: str, value: str) -> QuerySet[LimitUpdate]:
        return queryset.filter(Q(reference__iexact=value.strip()) | Q(retail_user__in=_holders(value)))


class SquareOffFilter(django_filters.FilterSet):
    """Quick search by retail user; periodicity."""

    q = django_filters.CharFilter(label="Retail user", method="search")
    periodicity = django_filters.NumberFilter()

    class Meta:
        model = SquareOffSetting
        fields = ("q", "periodicity")

    def search(
        self, queryset: QuerySet[SquareOffSetting], name: str, value: str
    ) -> QuerySet[SquareOffSetting]:
        return queryset.filter(retail_user__in=_holders(value))


def _holders(text: str) -> QuerySet[RetailUser]:
    return matching(RetailUser.objects.order_by(), text)
