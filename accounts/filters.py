"""Filters of the list of retail users."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from accounts import new_users
from accounts.models import RetailUser, Source
from accounts.search import matching
from accounts.under_way import WORK, with_work
from backoffice.kit.filters import Filters, SearchFilter, TextFilter
from backoffice.protocol.codes import OdinUserType, UserStatus


class RetailUserFilter(Filters):
    """Search by id or name; filter by state, place, type, origin, and open changes.

    Some of the states are those of new users who do not exist yet: then `qs` lists these.
    """

    q = SearchFilter(label="Id or name", method="search")
    status = django_filters.ChoiceFilter(
        choices=[
            *((name, stage.label) for name, stage in new_users.STAGES.items()),
            *((status.value, status.label) for status in UserStatus),
        ],
        empty_label="Any",
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

    @property
    def stage(self) -> str:
        """Which new users the list asks for instead of retail users; "" for none."""
        asked = str(self.form.cleaned_data["status"]) if self.is_bound and self.is_valid() else ""
        return asked if asked in new_users.STAGES else ""

    @property
    def qs(self) -> QuerySet[Any]:
        if self.stage:
            return new_users.fitting(self.stage, self.form.cleaned_data, self.request.user)
        return super().qs

    def in_front(self, stage: str) -> QuerySet[Any]:
        """Return the new users of a stage that match the filters."""
        chosen = self.form.cleaned_data if self.is_bound and self.is_valid() else {}
        found = new_users.waiting(stage, self.request.user)
        if chosen.get("status") or chosen.get("below") or self.problems:
            return found.none()
        return new_users.fitting(stage, chosen, self.request.user) if chosen else found

    def search(self, queryset: QuerySet[RetailUser], name: str, value: str) -> QuerySet[RetailUser]:
        return matching(queryset, value)

    def under_way(self, queryset: QuerySet[RetailUser], name: str, value: str) -> QuerySet[RetailUser]:
        return with_work(queryset, value)
