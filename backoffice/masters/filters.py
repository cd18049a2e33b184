"""Filters of the names."""

import django_filters
from django.db.models import Q, QuerySet

from backoffice.kit.filters import Filters, SearchFilter, YesNoFilter
from backoffice.masters.models import List, Name


class NameFilter(Filters):
    """Quick search by code or label; the list, and whether it is offered."""

    q = SearchFilter(label="Code or name", method="search")
    list = django_filters.ChoiceFilter(label="List", choices=List.choices)
    active = YesNoFilter(label="Offered")

    class Meta:
        model = Name
        fields = ("q", "list", "active")

    def search(self, queryset: QuerySet[Name], name: str, value: str) -> QuerySet[Name]:
        """By a part of the code or the label."""
        text = value.strip()
        return queryset.filter(Q(code__icontains=text) | Q(label__icontains=text))
