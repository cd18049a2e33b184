"""Filters of the list of retail users."""

import django_filters
from django.db.models import QuerySet

from accounts.models import RetailUser, Source
from accounts.search import matching
from accounts.under_way import WORK, with_work
from backoffice.kit.filters import Filters, SearchFilter, TextFilter
from backoffice.protocol.codes import OdinUserType, UserStatus


class RetailUserFilter(Filters):
    """Quick search by id or name; state, place, type, origin, and what is under way."""

    q = SearchFilter(label="Id or name", method="search")
    status = django_filters.ChoiceFilter(
        choices=[(status.value, status.label) for status in UserStatus], empty_label="Any"
    )
    group_id = TextFilter(label="Group", lookup_expr="iexact")
    manager_id = TextFilter(label="Manager", lookup_expr="iexact")
    odin_user_type = django_filters.ChoiceFilter(
        label="User type", choices=[(kind.value, kind.label) for kind in OdinUserType], empty_label="Any"
    )
    source = django_filters.ChoiceFilter(choices=Source.choices, empty_label="Any")
    work = django_filters.ChoiceFilter(
        label="Under way",
        choices=[(name, work.label) for name, work in WORK.items()],
        method="under_way",
        empty_label="Any",
    )

    class Meta:
        model = RetailUser
        fields = ("q", "status", "group_id", "manager_id", "odin_user_type", "source", "work")

    def search(self, queryset: QuerySet[RetailUser], name: str, value: str) -> QuerySet[RetailUser]:
        return matching(queryset, value)

    def under_way(self, queryset: QuerySet[RetailUser], name: str, value: str) -> QuerySet[RetailUser]:
        return with_work(queryset, value)
