"""Filters of the list of audit entries."""

import django_filters
from django.db.models import Q, QuerySet

from backoffice.audit.models import Entry


class EntryFilter(django_filters.FilterSet):
    """Quick search by retail user or words; person, action, change, delivery, request and time."""

    q = django_filters.CharFilter(label="Retail user or words", method="search")
    by_name = django_filters.CharFilter(label="Person", lookup_expr="iexact")
    action = django_filters.CharFilter(label="What", lookup_expr="istartswith")
    change_id = django_filters.NumberFilter(label="Change")
    delivery_id = django_filters.NumberFilter(label="Delivery")
    request_id = django_filters.CharFilter(label="Request id")
    since = django_filters.DateFilter(field_name="at", lookup_expr="date__gte", label="From")
    until = django_filters.DateFilter(field_name="at", lookup_expr="date__lte", label="To")

    class Meta:
        model = Entry
        fields = ("q", "by_name", "action", "change_id", "delivery_id", "request_id", "since", "until")

    def search(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        text = value.strip()
        return queryset.filter(Q(subject__icontains=text) | Q(text__icontains=text))
