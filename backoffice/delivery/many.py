"""Settle many deliveries at once, each in a transaction of its own, with a result for each."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from django.db.models import Q

from backoffice.delivery import operations
from backoffice.delivery.errors import DeliveryError
from backoffice.delivery.models import STILL_OPEN, Delivery, Settlement
from backoffice.delivery.states import State
from backoffice.kit.results import Result

if TYPE_CHECKING:
    from backoffice.logins.models import User


def _free(number: int, by: "User", reason: str) -> str:
    operations.free(number, by=by, reason=reason)
    return "Back in the queue."


def _again(number: int, by: "User", reason: str) -> str:
    if operations.resolve(number, by=by, found=Settlement.AGAIN, reason=reason).proposed:
        return "Proposed. It is money, so another person must say the same."
    return "To be sent again with the same content."


def _cancel(number: int, by: "User", reason: str) -> str:
    operations.cancel(number, by=by, reason=reason)
    return "Cancelled. It is never sent."


#: The actions for many deliveries, by name in addresses.
ACTIONS: dict[str, Callable[[int, "User", str], str]] = {"free": _free, "again": _again, "cancel": _cancel}


#: Condition for deliveries that allow at least one of these actions.
ALLOW_ANY = STILL_OPEN & (
    Q(state=State.ON_HOLD) | Q(state=State.QUEUED, doubted=False) | Q(state=State.UNKNOWN, needs_person=True)
)


def act(action: str, numbers: Iterable[int], *, by: "User", reason: str) -> list[Result]:
    """Do one of ACTIONS with each delivery, oldest first, if the operation allows it."""
    return [_one(ACTIONS[action], number, by, reason) for number in sorted(set(numbers))]


def _one(do: Callable[[int, "User", str], str], number: int, by: "User", reason: str) -> Result:
    try:
        return Result(number, True, do(number, by, reason))
    except DeliveryError as error:
        return Result(number, False, error.words)


def allows_any(delivery: Delivery) -> bool:
    """Whether one of ACTIONS is possible for a delivery."""
    return not operations.allowed(delivery).isdisjoint(ACTIONS)


def how_many_allow(deliveries: Iterable[Delivery]) -> dict[str, int]:
    """Count for each of ACTIONS how many of these deliveries allow it."""
    allowed = [operations.allowed(delivery) for delivery in deliveries]
    return {action: sum(action in each for each in allowed) for action in ACTIONS}
