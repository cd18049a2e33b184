"""What is under way for retail users: changes and deliveries are found by their lane, `GROUP/USER`."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Value
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
    lanes: Callable[[], QuerySet[Any, tuple[str]]]


WORK = {
    "submitted": Work(
        "Change waits for a checker",
        lambda: Change.objects.filter(state=ChangeState.SUBMITTED).values_list("subject"),
    ),
    "sending": Work(
        "On its way to ODIN",
        lambda: Delivery.objects.filter(
            state__in=(DeliveryState.QUEUED, DeliveryState.IN_FLIGHT)
        ).values_list("lane"),
    ),
    "unknown": Work(
        "Unknown delivery", lambda: Delivery.objects.filter(state=DeliveryState.UNKNOWN).values_list("lane")
    ),
    "on_hold": Work(
        "Delivery on hold", lambda: Delivery.objects.filter(state=DeliveryState.ON_HOLD).values_list("lane")
    ),
}


def with_work(users: QuerySet[RetailUser], work: str) -> QuerySet[RetailUser]:
    """Those retail users for whom this is under way."""
    return users.annotate(lane_text=LANE).filter(lane_text__in=WORK[work].lanes())


def open_work(lanes: Collection[str]) -> dict[str, list[tuple[str, str]]]:
    """What is under way in these lanes: "change" or "delivery" and its state, the oldest of each. Two queries."""
    work: dict[str, list[tuple[str, str]]] = {}
    changes = Change.objects.filter(subject__in=lanes, state=ChangeState.SUBMITTED).values_list(
        "subject", "state"
    )
    deliveries = Delivery.objects.filter(lane__in=lanes, state__in=OPEN).values_list("lane", "state")
    for thing, rows in (("change", changes), ("delivery", deliveries)):
        for lane, state in dict(rows.order_by("-id")).items():
            work.setdefault(lane, []).append((thing, state))
    return work
