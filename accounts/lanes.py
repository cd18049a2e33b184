"""What is under way for retail users: changes and deliveries are found by their lane, `GROUP/USER`."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat

from accounts.models import RetailUser
from backoffice.changes.models import Change
from backoffice.changes.models import State as ChangeState
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import OPEN
from backoffice.delivery.states import State as DeliveryState

#: A retail user's lane, as the database makes it.
LANE = Concat("group_id", Value("/"), "user_id")


@dataclass(frozen=True)
class Work:
    """Something under way that the list can be narrowed to: its label, and the lanes that have it."""

    label: str
    lanes: Callable[[], QuerySet[Change] | QuerySet[Delivery]]


WORK = {
    "submitted": Work(
        "Change waits for a checker", lambda: Change.objects.filter(state=ChangeState.SUBMITTED)
    ),
    "sending": Work(
        "On its way to ODIN",
        lambda: Delivery.objects.filter(state__in=(DeliveryState.QUEUED, DeliveryState.IN_FLIGHT)),
    ),
    "unknown": Work("Unknown delivery", lambda: Delivery.objects.filter(state=DeliveryState.UNKNOWN)),
    "on_hold": Work("Delivery on hold", lambda: Delivery.objects.filter(state=DeliveryState.ON_HOLD)),
}


def with_work(users: QuerySet[RetailUser], work: str) -> QuerySet[RetailUser]:
    """Those retail users for whom this is under way."""
    return users.annotate(lane_text=LANE).filter(lane_text__in=WORK[work].lanes().values("lane"))


def annotate_work(users: QuerySet[RetailUser]) -> QuerySet[RetailUser]:
    """Retail users with `open_change` and `open_delivery`: the state of the oldest of each, or None."""
    lane = Concat(OuterRef("group_id"), Value("/"), OuterRef("user_id"))
    changes = Change.objects.filter(lane=lane, state=ChangeState.SUBMITTED).order_by("id")
    deliveries = Delivery.objects.filter(lane=lane, state__in=OPEN).order_by("id")
    return users.annotate(
        open_change=Subquery(changes.values("state")[:1]),
        open_delivery=Subquery(deliveries.values("state")[:1]),
    )
