"""Filters of the list of consents."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import RetailUser
from accounts.search import matching
from backoffice.kit.filters import Filters, FromDay, SearchFilter, ToDay
from partners.models import Consent, Partner
from partners.models.consents import OPEN, ConsentState, HowGiven


class ConsentFilter(Filters):
    """Quick search by retail user; partner, state, how it was given, and the days between which it ends."""

    q = SearchFilter(label="Retail user", method="search")
    partner = django_filters.ModelChoiceFilter(
        field_name="partner", queryset=Partner.objects.all(), to_field_name="code", empty_label="Any"
    )
    state = django_filters.ChoiceFilter(choices=ConsentState.choices, method="of_state", empty_label="Any")
    how_given = django_filters.ChoiceFilter(label="How given", choices=HowGiven.choices, empty_label="Any")
    ends_from = FromDay(field_name="valid_until", label="Ends from")
    ends_to = ToDay(field_name="valid_until", label="Ends to")

    class Meta:
        model = Consent
        fields = ("q", "partner", "state", "how_given", "ends_from", "ends_to")

    def search(self, queryset: QuerySet[Consent], name: str, value: str) -> QuerySet[Consent]:
        """By the client."""
        return queryset.filter(client__in=matching(RetailUser.objects.order_by(), value))

    def of_state(self, queryset: QuerySet[Consent], name: str, value: str) -> QuerySet[Consent]:
        """By the displayed state: an expired one is ended."""
        over = Q(state__in=OPEN, valid_until__lte=timezone.now())
        if value == ConsentState.ENDED:
            return queryset.filter(Q(state=ConsentState.ENDED) | over)
        return queryset.filter(state=value).exclude(over)
