"""The result of an approved change or file at ODIN, derived from the states of its deliveries."""

from collections.abc import Collection, Iterable

from django.db import models
from django.db.models import Q

from backoffice.delivery.states import OPEN
from backoffice.delivery.states import State as DeliveryState
from backoffice.kit.components import RESULTS


class Result(models.TextChoices):
    """The outcome of all messages of an approved change or file together."""

    SENT = "sent", RESULTS["sent"].word
    APPLIED = "applied", RESULTS["applied"].word
    REFUSED = "refused", RESULTS["refused"].word
    UNKNOWN = "unknown", RESULTS["unknown"].word
    ON_HOLD = "on_hold", RESULTS["on_hold"].word
    CANCELLED = "cancelled", RESULTS["cancelled"].word


#: The results while a message is open: the first whose states occur among the deliveries.
_WHILE_OPEN = (
    (Result.UNKNOWN, {DeliveryState.UNKNOWN}),
    (Result.ON_HOLD, {DeliveryState.ON_HOLD}),
    (Result.SENT, {DeliveryState.IN_FLIGHT, DeliveryState.APPLIED, DeliveryState.REFUSED}),
)
#: The results once all messages have ended: the first that applies; cancelled only if all are.
_AT_THE_END = (
    (Result.REFUSED, {DeliveryState.REFUSED}),
    (Result.APPLIED, {DeliveryState.APPLIED}),
    (Result.CANCELLED, {DeliveryState.CANCELLED}),
)

#: The results of what may have a refused message.
WITH_REFUSED = (Result.REFUSED, Result.UNKNOWN, Result.ON_HOLD, Result.SENT)


def result_of(states: Iterable[str]) -> str:
    """Return the result of deliveries in these states; "" while all are queued."""
    found = set(states)
    table = _AT_THE_END if found.isdisjoint(OPEN) else _WHILE_OPEN
    return next((result for result, some in table if not found.isdisjoint(some)), "")


def of_status(values: Collection[str], here: Q, approved: str = "approved") -> Q:
    """Condition for changes or files with one of these statuses: a result, or the state if there is none.

    `here`: those that have no messages, and that the portal itself has applied once they are approved.
    """
    here &= Q(state=approved, result="")
    results = [value for value in values if value in Result.values]
    states = [value for value in values if value not in Result.values]
    found = Q(state=approved, result__in=results) | Q(state__in=states, result="")
    if approved in states:
        found &= ~here
    return found | here if Result.APPLIED in results else found
