"""What has become of an approved change or file at ODIN, derived from the states of its deliveries."""

from collections.abc import Collection, Iterable

from django.db import models
from django.db.models import Q

from backoffice.delivery.states import State as DeliveryState


class Result(models.TextChoices):
    """The outcome of all messages of an approved change or file together."""

    SENT = "sent", "Sent"
    APPLIED = "applied", "Applied"
    REFUSED = "refused", "Refused by ODIN"
    UNKNOWN = "unknown", "Unknown"
    ON_HOLD = "on_hold", "On hold"
    CANCELLED = "cancelled", "Cancelled"


def result_of(states: Iterable[str]) -> str:
    """The result of deliveries in these states, the worst first; "" while none of them has left the queue."""
    found = set(states)
    for state in (DeliveryState.UNKNOWN, DeliveryState.REFUSED, DeliveryState.ON_HOLD):
        if state in found:
            return Result(state.value)
    if DeliveryState.IN_FLIGHT in found or {DeliveryState.QUEUED, DeliveryState.APPLIED} <= found:
        return Result.SENT
    if DeliveryState.QUEUED in found or not found:
        return ""
    return Result.CANCELLED if DeliveryState.CANCELLED in found else Result.APPLIED


def of_status(values: Collection[str], approved: str = "approved") -> Q:
    """Holds of changes or files with one of these statuses: a result, or the state of what has none."""
    results = [value for value in values if value in Result.values]
    states = [value for value in values if value not in Result.values]
    return Q(state=approved, result__in=results) | Q(state__in=states, result="")
