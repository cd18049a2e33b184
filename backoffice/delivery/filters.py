"""Filters of the list of deliveries."""

import django_filters
from django.db.models import F, Max, Min, Q, QuerySet
from django.forms import HiddenInput
from django.utils import timezone

from backoffice.audit.search import UserId, of_user
from backoffice.delivery.models import STILL_OPEN, Delivery
from backoffice.delivery.states import OPEN, State
from backoffice.delivery.waiting import for_its_time
from backoffice.kit.components import status
from backoffice.kit.filters import Filters, FromDay, SearchFilter, ToDay, WholeFilter, YesNoFilter
from backoffice.protocol.message import REQUESTS, Repeat


def message_choices() -> list[tuple[int, str]]:
    """The messages that change something at ODIN, by title."""
    return [
        (number, f"{message.title} ({number})")
        for number, message in sorted(REQUESTS.items())
        if message.repeat not in (Repeat.READ, Repeat.SESSION)
    ]


class DeliveryFilter(Filters):
    """Search by retail user or reference; filter by state, message, need for attention, waiting for a time."""

    q = SearchFilter(label="Retail user or reference", method="search")
    state = django_filters.MultipleChoiceFilter(
        label="Status",
        choices=[(state.value, status("delivery", state.value).word) for state in State],
        method="in_states",
    )
    message_type = django_filters.ChoiceFilter(label="Message", choices=message_choices())
    needs_person = YesNoFilter(label="Needs attention")
    waits = YesNoFilter(label="Waits for its time", method="waiting")
    since = FromDay(field_name="created_at", label="Approved from", by_time=True)
    until = ToDay(field_name="created_at", label="Approved to", by_time=True)
    settled_since = FromDay(field_name="finished_at", label="Settled from")
    settled_until = ToDay(field_name="finished_at", label="Settled to")

    batch = WholeFilter(label="Batch", method="of_batch")

    #: Only links of the queue's page set this.
    wording = WholeFilter(
        field_name="wording_id",
        label="Words",
        widget=HiddenInput,
    )

    class Meta:
        model = Delivery
        fields = (
            "q",
            "state",
            "message_type",
            "needs_person",
            "waits",
            "since",
            "until",
            "settled_since",
            "settled_until",
            "batch",
            "wording",
        )

    def in_states(self, queryset: QuerySet[Delivery], name: str, value: list[str]) -> QuerySet[Delivery]:
        """Keep the deliveries in these states. Open ones have an index, which says that they have not ended."""
        queryset = queryset.filter(state__in=value)
        return queryset.filter(STILL_OPEN) if set(value) <= set(OPEN) else queryset

    def waiting(self, queryset: QuerySet[Delivery], name: str, value: bool) -> QuerySet[Delivery]:
        """Keep the deliveries that go out later, or the others."""
        later = for_its_time(timezone.now())
        return queryset.filter(later if value else ~later)

    def of_batch(self, queryset: QuerySet[Delivery], name: str, value: int) -> QuerySet[Delivery]:
        """Those of a file, between the first and the last of them: a walk by number would look at all newer ones."""
        number = F("id") + 0  # of the plain number PostgreSQL would find the highest by just that walk
        found = Delivery.objects.filter(change__batch=value).order_by()
        span = found.aggregate(first=Min(number), last=Max(number))
        return queryset.filter(change__batch=value, id__range=(span["first"] or 0, span["last"] or 0))

    def search(self, queryset: QuerySet[Delivery], name: str, value: str) -> QuerySet[Delivery]:
        """Search by retail user, or by the whole reference."""
        text = value.strip()
        return queryset.alias(user_id=UserId("lane")).filter(of_user("lane", text) | Q(reference=text))
