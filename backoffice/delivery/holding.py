"""Deliveries behind a failed create: put on hold, replaced by a correction, released by the next create."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models import F

from backoffice.delivery.models import STILL_OPEN, Deliveries, Delivery
from backoffice.delivery.queue import Said, move
from backoffice.delivery.states import Move, State

if TYPE_CHECKING:
    from backoffice.logins.models import User


def held() -> Deliveries:
    """Return the deliveries that wait behind a failed create."""
    found: Deliveries = Delivery.objects.filter(needs_person=True, state=State.ON_HOLD, held_by__isnull=False)
    return found


def hold_back(create: Delivery, why: str) -> None:
    """Put on hold what is queued behind a create that failed. `why`: "was refused" or the like."""
    words = f"The create before it (D-{create.pk}) {why}."
    behind = Delivery.objects.filter(STILL_OPEN, lane=create.lane, state=State.QUEUED, id__gt=create.pk)
    for later in behind.order_by("id"):
        said = Said("delivery.held", words)
        move(later, Move.HOLD, said, reason=words, needs_person=True, held_by=create)


def let_go_on(creates: Sequence[Delivery]) -> None:
    """Release what waited for these creates, which are now applied.

    Call it in the transaction of their move.
    """
    by_lane = {create.lane: create.pk for create in creates}
    for later in held().filter(lane__in=by_lane).order_by("id"):
        said = Said(
            "delivery.freed", f"The user is created (D-{by_lane[later.lane]}) and the message is released."
        )
        move(later, Move.FREE, said, needs_person=False, next_try_at=None, reason="", held_by=None)


def replace_held(creates: Deliveries, by: "User | None") -> None:
    """Cancel deliveries held for a failed create if the change of a new create repeats them.

    A message repeats another one of its type. So only the correction goes out, and no deposit is made twice.
    Held deliveries that it does not repeat, and those of other changes, follow the new create. Call it in the
    transaction of the approval, whose last checker is `by`.
    """
    waiting = held().filter(held_by__change=F("change"))
    found: list[int] = []
    for lanes in creates.lanes():
        found += waiting.filter(lane__in=lanes).order_by().values_list("pk", flat=True)
    by_lane: defaultdict[str, list[Delivery]] = defaultdict(list)
    for earlier in waiting.filter(pk__in=found).select_for_update(of=("self",)).order_by("id"):
        by_lane[earlier.lane].append(earlier)
    if not by_lane:
        return
    for create in creates.meeting(lane__in=list(by_lane)).select_related("change").order_by("id"):
        again = {message["type"] for message in create.change.messages}
        words = f"Replaced by C-{create.change_id}, which creates the user and says this again."
        for earlier in by_lane[create.lane]:
            if earlier.message_type in again:
                said = Said("delivery.replaced", words, by)
                move(earlier, Move.CANCEL, said, needs_person=False, reason=words, held_by=None)
