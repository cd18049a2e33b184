"""Open changes and deliveries of retail users, found by their lane, `GROUP/USER`."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Concat, StrIndex, Substr

from accounts.models import RetailUser
from backoffice.changes.models import Change
from backoffice.changes.models import State as ChangeState
from backoffice.delivery.models import STILL_OPEN, Delivery
from backoffice.delivery.states import OPEN
from backoffice.delivery.states import State as DeliveryState

#: A retail user's lane, in SQL.
LANE = Concat("group_id", Value("/"), "user_id")


@dataclass(frozen=True)
class Work:
    """A filter of the list by open work: its label, its rows, and their column of the lane."""

    label: str
    rows: Callable[[], QuerySet[Any]]
    lane: str = "lane"


def _deliveries(*states: str) -> Callable[[], QuerySet[Delivery]]:
    return lambda: Delivery.objects.filter(STILL_OPEN, state__in=states).order_by()


WORK = {
    "submitted": Work(
        "Change waits for a checker",
        lambda: Change.objects.filter(state=ChangeState.SUBMITTED).order_by(),
        "subject",
    ),
    "sending": Work("On its way to ODIN", _deliveries(DeliveryState.QUEUED, DeliveryState.IN_FLIGHT)),
    "unknown": Work("Unknown delivery", _deliveries(DeliveryState.UNKNOWN)),
    "on_hold": Work("Delivery on hold", _deliveries(DeliveryState.ON_HOLD)),
}


def with_work(users: QuerySet[RetailUser], work: str) -> QuerySet[RetailUser]:
    """Keep retail users with such open work.

    The id alone has an index here; the lane then leaves those of the right group.
    """
    found = WORK[work]
    of_user = Substr(found.lane, StrIndex(found.lane, Value("/")) + 1)
    rows = found.rows().alias(of_user=of_user)
    theirs = rows.filter(of_user=OuterRef("user_id"), **{found.lane: OuterRef("of_lane")})
    return users.alias(of_lane=LANE).filter(Exists(theirs))


def open_work(lanes: Collection[str]) -> dict[str, list[tuple[str, str]]]:
    """Return the open work in these lanes: "change" or "delivery" and its state, the oldest of each. Two queries."""
    work: dict[str, list[tuple[str, str]]] = {}
    changes = Change.objects.filter(subject__among=lanes, state=ChangeState.SUBMITTED).values_list(
        "subject", "state"
    )
    deliveries = Delivery.objects.filter(lane__among=lanes, state__in=OPEN).values_list("lane", "state")
    for thing, rows in (("change", changes), ("delivery", deliveries)):
        for lane, state in dict(rows.order_by("-id")).items():
            work.setdefault(lane, []).append((thing, state))
    return work
