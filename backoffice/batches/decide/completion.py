"""The end of an approved batch: cancel unsent messages, and note when the last message is settled."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from backoffice.audit.operations import record_many
from backoffice.batches.check import summary
from backoffice.batches.counts import messages
from backoffice.batches.errors import BatchError, NotAllowed, ReasonMissing
from backoffice.batches.models import Batch, State
from backoffice.batches.trail import note
from backoffice.changes.kinds import applied_here
from backoffice.changes.notifying import notify
from backoffice.changes.results import result_of
from backoffice.delivery.holding import hold_back
from backoffice.delivery.lanes import look_again
from backoffice.delivery.models import CREATES, Delivery
from backoffice.delivery.moving import moved, moving
from backoffice.delivery.states import FINAL, MOVES, Move
from backoffice.delivery.states import State as DeliveryState
from backoffice.free_text import checked

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: How many messages one statement cancels.
AT_ONCE = 1000
#: The states from which a delivery may be cancelled, from the table of moves.
CANCELLABLE = [state for state, move in MOVES if move is Move.CANCEL]


def cancel_unsent(batch_id: int, *, by: "User", reason: str) -> int:
    """Cancel every message of an approved batch that was never sent. Returns how many.

    Messages that were tried and may have been applied continue, and so do updates that confirm a create.
    Raises NotAllowed, ReasonMissing or BatchError.
    """
    if not by.has_perm("delivery.resolve_delivery"):
        raise NotAllowed("You may not cancel messages. Ask a checker.")
    reason = checked(reason, ReasonMissing, "Give a reason: it is kept in the audit trail.")
    with moving():
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        if batch.state != State.APPROVED:
            raise BatchError("Nothing of this batch waits to be sent.")
        unsent = Delivery.objects.filter(change__batch=batch).meeting(
            state__in=CANCELLABLE, doubted=False, lease_token__isnull=True, ahead=False
        )
        locked = unsent.select_for_update(of=("self",)).order_by("pk")
        rows = list(locked.values_list("pk", "lane", "change_id"))
        now = timezone.now()
        for start in range(0, len(rows), AT_ONCE):
            _cancel(rows[start : start + AT_ONCE], by, reason)
        _hold_back_behind(batch, now)
        cancelled = len(rows)
        said = f"{messages(cancelled)} cancelled before being sent."
        note(batch, "batch.cancelled", by, said, reason, cancelled=cancelled)
    return cancelled


def _cancel(rows: Sequence[tuple[int, str, int]], by: "User", reason: str) -> None:
    """Cancel locked deliveries, given by number, lane and change, with an audit entry for each."""
    Delivery.objects.filter(pk__in=[row[0] for row in rows]).update(
        state=DeliveryState.CANCELLED, needs_person=False, reason=reason, finished_at=timezone.now()
    )
    moved(row[2] for row in rows)
    look_again(row[1] for row in rows)
    record_many(
        {
            "action": "delivery.cancelled",
            "by": by,
            "subject": lane,
            "text": "Cancelled with its file before it was applied.",
            "reason": reason,
            "change_id": change_id,
            "delivery_id": number,
        }
        for number, lane, change_id in rows
    )


def _hold_back_behind(batch: Batch, since: datetime) -> None:
    """Put deliveries behind a just cancelled create on hold."""
    behind = Delivery.objects.filter(
        lane=OuterRef("lane"), id__gt=OuterRef("id"), state=DeliveryState.QUEUED, finished_at__isnull=True
    )
    creates = Delivery.objects.filter(change__batch=batch).meeting(
        Exists(behind), message_type__in=CREATES, state=DeliveryState.CANCELLED, finished_at__gte=since
    )
    for create in creates:
        hold_back(create, "was cancelled with its file")


def note_outcomes() -> int:
    """Store the counts of files that are being sent, for the lists. Returns how many were settled. Run by beat."""
    settled = 0
    unfinished = Batch.objects.filter(state=State.APPROVED, finished_at__isnull=True)
    for batch in unfinished.exclude(kind__in=applied_here()):
        counts = summary.deliveries(batch)
        by_state = {state.value: counts[state] for state in DeliveryState}
        still_open = any(count for state, count in by_state.items() if state not in FINAL)
        now = timezone.now()
        if by_state != batch.outcome or not still_open:
            batch.outcome = by_state
            batch.result = result_of(state for state, count in by_state.items() if count)
            batch.finished_at = None if still_open else now
            with transaction.atomic():
                batch.save(update_fields=["outcome", "result", "finished_at"])
                notify([batch])
        settled += not still_open
    return settled
