"""Filters of the Connector's lists."""

import django_filters
from django.db.models import Q, QuerySet

from accounts.models import RetailUser
from accounts.search import matching
from backoffice.kit.filters import Filters, FromDay, SearchFilter, ToDay, YesNoFilter
from partners.models import (
    Basket,
    BasketVersion,
    ConnectorFinding,
    ConnectorSession,
    Invitation,
    Partner,
    PartnerClient,
)
from partners.models.baskets import STORED, Stage
from partners.models.invitations import InvitationState
from partners.models.records import FindingKind
from partners.models.registry import MappingState, PartnerKind, PartnerState


def _partners() -> django_filters.ModelChoiceFilter:
    """One partner of the registry, by its short name."""
    return django_filters.ModelChoiceFilter(
        field_name="partner", queryset=Partner.objects.all(), to_field_name="code", empty_label="Any"
    )


class PartnerFilter(Filters):
    """Quick search by name; kind and state."""

    q = SearchFilter(label="Name or short name", method="search")
    kind = django_filters.ChoiceFilter(choices=PartnerKind.choices, empty_label="Any")
    state = django_filters.ChoiceFilter(choices=PartnerState.choices, empty_label="Any")

    class Meta:
        model = Partner
        fields = ("q", "kind", "state")

    def search(self, queryset: QuerySet[Partner], name: str, value: str) -> QuerySet[Partner]:
        """By a part of the name or the short name."""
        return queryset.filter(Q(name__icontains=value.strip()) | Q(code__icontains=value.strip()))


class BasketFilter(Filters):
    """Quick search by name, product or Reco ID; partner, and the state of a version, as its page says it."""

    q = SearchFilter(label="Name, product or Reco ID", method="search")
    partner = _partners()
    state = django_filters.ChoiceFilter(
        label="Has a version",
        choices=Stage.choices,
        method="of_state",
        empty_label="Any",
    )

    class Meta:
        model = Basket
        fields = ("q", "partner", "state")

    def search(self, queryset: QuerySet[Basket], name: str, value: str) -> QuerySet[Basket]:
        """By a part of the name, the product code or a whole Reco ID."""
        text = value.strip()
        own = BasketVersion.objects.filter(reco_id=text.upper()).values("basket")
        return queryset.filter(Q(name__icontains=text) | Q(product_code__icontains=text) | Q(pk__in=own))

    def of_state(self, queryset: QuerySet[Basket], name: str, value: str) -> QuerySet[Basket]:
        """Baskets with a version in this state."""
        return queryset.filter(pk__in=BasketVersion.objects.in_stage(Stage(value)).values("basket"))


class RecoFilter(Filters):
    """Of versions that were published: quick search by basket or Reco ID; partner, state and day."""

    q = SearchFilter(label="Basket or Reco ID", method="search")
    partner = django_filters.ModelChoiceFilter(
        field_name="basket__partner",
        queryset=Partner.objects.all(),
        to_field_name="code",
        empty_label="Any",
        label="Partner",
    )
    state = django_filters.ChoiceFilter(
        choices=[(stage.value, stage.label) for stage in STORED[1:]], empty_label="Any"
    )
    since = FromDay(field_name="published_at", label="Published from")
    until = ToDay(field_name="published_at", label="Published to")

    class Meta:
        model = BasketVersion
        fields = ("q", "partner", "state", "since", "until")

    def search(self, queryset: QuerySet[BasketVersion], name: str, value: str) -> QuerySet[BasketVersion]:
        """By a part of the basket's name or a whole Reco ID."""
        return queryset.filter(Q(basket__name__icontains=value.strip()) | Q(reco_id=value.strip().upper()))


class InvitationFilter(Filters):
    """Quick search by retail user or Reco ID; partner, state and day."""

    q = SearchFilter(label="Retail user or Reco ID", method="search")
    partner = _partners()
    state = django_filters.ChoiceFilter(choices=InvitationState.choices, empty_label="Any")
    since = FromDay(field_name="invited_at", label="Invited from", by_time=True)
    until = ToDay(field_name="invited_at", label="Invited to", by_time=True)

    class Meta:
        model = Invitation
        fields = ("q", "partner", "state", "since", "until")

    def search(self, queryset: QuerySet[Invitation], name: str, value: str) -> QuerySet[Invitation]:
        """Those of the version with this Reco ID; without one, those of the retail users that fit."""
        named = BasketVersion.objects.filter(reco_id=value.strip().upper()).first()
        return queryset.filter(version=named) if named else queryset.filter(client__in=_clients(value))


class SessionFilter(Filters):
    """Quick search by retail user or fingerprint; partner, and whether it is live."""

    q = SearchFilter(label="Retail user or fingerprint", method="search")
    partner = _partners()
    live = YesNoFilter(label="Live", field_name="ended_at", lookup_expr="isnull")

    class Meta:
        model = ConnectorSession
        fields = ("q", "partner", "live")

    def search(
        self, queryset: QuerySet[ConnectorSession], name: str, value: str
    ) -> QuerySet[ConnectorSession]:
        """The one with this fingerprint; without one, those of the retail users that fit."""
        exact = queryset.filter(fingerprint=value.strip().lower())
        return exact if exact.exists() else queryset.filter(client__in=_clients(value))


class MappingFilter(Filters):
    """Quick search by retail user; partner and state."""

    q = SearchFilter(label="Retail user", method="search")
    partner = _partners()
    mapping = django_filters.ChoiceFilter(label="State", choices=MappingState.choices, empty_label="Any")

    class Meta:
        model = PartnerClient
        fields = ("q", "partner", "mapping")

    def search(self, queryset: QuerySet[PartnerClient], name: str, value: str) -> QuerySet[PartnerClient]:
        """By the client."""
        return queryset.filter(client__in=_clients(value))


class FindingFilter(Filters):
    """Kind, partner, and whether it is settled."""

    kind = django_filters.ChoiceFilter(choices=FindingKind.choices, empty_label="Any")
    partner = _partners()
    open = YesNoFilter(label="Open", field_name="settled_at", lookup_expr="isnull")

    class Meta:
        model = ConnectorFinding
        fields = ("kind", "partner", "open")


def _clients(text: str) -> QuerySet[RetailUser]:
    return matching(RetailUser.objects.order_by(), text)
