"""Pausing a file: its check, or the sending of what was approved."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from backoffice.batches.decide.deciders import decides
from backoffice.batches.errors import BatchError, NotAllowed
from backoffice.batches.models import Batch, State
from backoffice.batches.trail import note
from backoffice.delivery.lanes import look_again
from backoffice.delivery.models import STILL_OPEN, Delivery
from backoffice.wakeups import Work, wake_after_commit

if TYPE_CHECKING:
    from backoffice.logins.models import User


def pause(batch_id: int, *, by: "User") -> Batch:
    """Stop the check, or the sending of what was approved, until somebody resumes. Raises NotAllowed or BatchError."""
    return _set_paused(batch_id, True, by)


def resume(batch_id: int, *, by: "User") -> Batch:
    """Let a paused batch go on where it stopped. Raises NotAllowed or BatchError."""
    return _set_paused(batch_id, False, by)


def _set_paused(batch_id: int, paused: bool, by: "User") -> Batch:
    with transaction.atomic():
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        checker = batch.state == State.APPROVED and decides(by, batch)
        if batch.made_by_id != by.pk and not checker:
            raise NotAllowed("Only the person who uploaded this file, or a checker of it, may do this.")
        if batch.state not in (State.CHECKING, State.APPROVED):
            raise BatchError(f"This batch is {batch.get_state_display().lower()}: there is nothing to pause.")
        if batch.paused == paused:
            return batch
        batch.paused = paused
        if not paused:
            batch.failures = 0
            batch.check_started_at, batch.check_started_row = timezone.now(), batch.rows_checked
            wake_after_commit(Work.BATCHES)
            wake_after_commit(Work.DELIVERIES)
        batch.save(update_fields=["paused", "failures", "check_started_at", "check_started_row"])
        of_batch = Delivery.objects.filter(change__batch=batch).meeting(STILL_OPEN)
        of_batch.update(paused=paused)
        if not paused:
            look_again(of_batch.order_by().values_list("lane", flat=True))
        note(batch, "batch.paused" if paused else "batch.resumed", by, "Paused." if paused else "Resumed.")
    return batch
