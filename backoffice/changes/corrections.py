"""Which change may replace an earlier one, so that nothing that ODIN applied is sent again.

A whole change can start again while nothing of it is at ODIN. Otherwise each refused message is corrected
separately.
"""

from dataclasses import dataclass

from backoffice.changes.errors import AlreadyDecided
from backoffice.changes.models import CAME_BACK, Change, State
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State as DeliveryState

#: A delivery in one of these states changed nothing at ODIN, and never will.
CAME_TO_NOTHING = (DeliveryState.REFUSED, DeliveryState.CANCELLED)


@dataclass(frozen=True)
class Corrected:
    """What a new change replaces: an earlier one as a whole, or (`part`) one message of it."""

    change: Change
    part: int | None = None


def came_to_nothing(change: Change) -> bool:
    """Whether the whole change may start again: people sent it back, or each of its deliveries failed."""
    if change.state != State.APPROVED:
        return change.state in (*CAME_BACK, State.WITHDRAWN)
    states = {delivery.state for delivery in change.deliveries.all()}
    return bool(states) and states.issubset(CAME_TO_NOTHING)


def refused_parts(change: Change) -> list[Delivery]:
    """Return the deliveries of messages of the change that ODIN refused, in order."""
    refused = (each for each in change.deliveries.all() if each.state == DeliveryState.REFUSED)
    return sorted((each for each in refused if each.own_values is None), key=lambda each: each.part)


def correction_of(earlier: Corrected) -> Change | None:
    """Return the change that replaces it already. A change with one corrected message has no replacement as a whole."""
    found = sorted(earlier.change.corrections.all(), key=lambda each: each.pk)
    parts = {None, earlier.part}
    return next((each for each in found if earlier.part is None or each.corrects_part in parts), None)


def may_correct(earlier: Corrected) -> bool:
    """Whether the outcome of the earlier change allows a correction."""
    if earlier.part is None:
        return came_to_nothing(earlier.change)
    return earlier.part in {delivery.part for delivery in refused_parts(earlier.change)}


def require_place(earlier: Corrected) -> None:
    """Lock the earlier change, in the transaction of its correction.

    Raises AlreadyDecided if it is replaced already.
    """
    locked = Corrected(Change.objects.select_for_update().get(pk=earlier.change.pk), earlier.part)
    if found := correction_of(locked):
        raise AlreadyDecided(f"C-{found.pk} corrects this already. Open that change instead.")
    if not may_correct(locked):
        raise AlreadyDecided(
            f"Part of C-{locked.change.pk} is at ODIN or on its way. Correct the refused messages on its page."
        )
