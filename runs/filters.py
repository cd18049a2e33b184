"""The filter of the list of runs."""

import django_filters
from django.db.models import Q, QuerySet

from accounts.models import RetailUser
from accounts.search import matching
from backoffice.kit.filters import Filters, FromDay, SearchFilter, ToDay
from partners.models import Partner
from runs.models import Run, RunClient, RunState


class RunFilter(Filters):
    """Quick search by retail user or Reco ID; partner, state and day."""

    q = SearchFilter(label="Retail user or Reco ID", method="search")
    partner = django_filters.ModelChoiceFilter(
        field_name="version__basket__partner",
        queryset=Partner.objects.all(),
        to_field_name="code",
        empty_label="Any",
        label="Partner",
    )
    state = django_filters.ChoiceFilter(choices=RunState.choices, method="of_state", empty_label="Any")
    since = FromDay(field_name="created_at", label="Proposed from")
    until = ToDay(field_name="created_at", label="Proposed to")

    class Meta:
        model = Run
        fields = ("q", "partner", "state", "since", "until")

    def of_state(self, queryset: QuerySet[Run], name: str, value: str) -> QuerySet[Run]:
        """Runs that the list shows in this state."""
        return queryset.filter(pk__in=Run.objects.in_stage(RunState(value)))

    def search(self, queryset: QuerySet[Run], name: str, value: str) -> QuerySet[Run]:
        """By a client, or a whole Reco ID."""
        users = matching(RetailUser.objects.order_by(), value)
        own = RunClient.objects.filter(client__in=users).values("run")
        return queryset.filter(Q(version__reco_id=value.strip().upper()) | Q(pk__in=own))
