"""Shared by the uploader's operations: the owner of a file, and restarting its check."""

from typing import TYPE_CHECKING

from django.utils import timezone

from backoffice.batches.errors import AlreadyDecided, NotAllowed
from backoffice.batches.models import Batch, State

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Before submission the uploader may return to any step.
BEFORE_SUBMISSION = (State.UPLOADED, State.CHECKING, State.CHECKED)


def may_upload(person: "User") -> None:
    if not person.has_perm("changes.add_change"):
        raise NotAllowed("You may not propose changes.")


def mine(batch_id: int, by: "User") -> Batch:
    """Return the batch, locked, if its uploader may still work on it."""
    may_upload(by)
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    if batch.made_by_id != by.pk:
        raise NotAllowed("Only the person who uploaded this file may do this.")
    if batch.state not in BEFORE_SUBMISSION:
        raise AlreadyDecided(f"This batch is {batch.get_state_display().lower()} already.")
    return batch


def start_over(batch: Batch) -> None:
    batch.problem = ""
    batch.cleaning = None
    batch.paused = False
    batch.failures = 0
    batch.lease_token = batch.lease_until = None
    batch.next_row = batch.total_rows = batch.check_started_row = 0
    batch.good = batch.warned = batch.wrong = batch.done_before = 0
    batch.amount = None
    batch.summary = {}
    batch.check_started_at = timezone.now()
    batch.checked_at = None
