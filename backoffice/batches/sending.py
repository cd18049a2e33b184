"""What becomes of an approved batch: cancel what was not sent, and note when the last message is settled."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.batches import summary
from backoffice.batches.errors import BatchError, NotAllowed, ReasonMissing
from backoffice.batches.kinds import BATCH_KINDS
from backoffice.batches.models import Batch, State
from backoffice.batches.words import messages
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import FINAL, MOVES, Move
from backoffice.delivery.states import State as DeliveryState

if TYPE_CHECKING:
    from backoffice.staff.models import User

#: The states from which a delivery may be cancelled, by the one table that says so.
CANCELLABLE = [state for state, move in MOVES if move is Move.CANCEL]


def cancel_unsent(batch_id: int, *, by: "User", reason: str) -> int:
    """Cancel every message of an approved batch of which nothing was sent. Returns how many.

    What was tried and may have been applied goes on, and so does what makes a create certain. Raises NotAllowed,
    ReasonMissing or BatchError.
    """
    if not by.has_perm("delivery.resolve_delivery"):
        raise NotAllowed("You may not cancel messages. Ask a checker.")
    if not reason.strip():
        raise ReasonMissing("Give a reason: it is kept in the audit trail.")
    with transaction.atomic():
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        if batch.state != State.APPROVED:
            raise BatchError("Nothing of this batch waits to be sent.")
        unsent = Q(state__in=CANCELLABLE, doubted=False, lease_token__isnull=True, ahead=False)
        cancelled: int = Delivery.objects.filter(unsent, change__batch=batch).update(
            state=DeliveryState.CANCELLED,
            needs_person=False,
            reason=reason.strip(),
            finished_at=timezone.now(),
        )
        record(
            "batch.cancelled",
            by=by,
            subject=batch.subject,
            text=f"Batch {batch.pk}: {messages(cancelled)} cancelled before being sent.",
            reason=reason.strip(),
            details={"batch": batch.pk, "sha256": batch.sha256, "cancelled": cancelled},
        )
    return cancelled


def note_outcomes() -> int:
    """Keep the counts of what is being sent for the lists. Returns how many batches were settled. Run by beat."""
    settled = 0
    taken_here = [slug for slug, kind in BATCH_KINDS.items() if kind.take]
    unfinished = Batch.objects.filter(state=State.APPROVED, finished_at__isnull=True)
    for batch in unfinished.exclude(kind__in=taken_here):
        counts = summary.deliveries(batch)
        by_state = {state.value: counts[state] for state in DeliveryState}
        still_open = any(count for state, count in by_state.items() if state not in FINAL)
        now = timezone.now()
        if by_state != batch.outcome or not still_open:
            Batch.objects.filter(pk=batch.pk).update(
                outcome=by_state, finished_at=None if still_open else now
            )
        settled += not still_open
    return settled
