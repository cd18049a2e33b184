"""Apply approved rows that stay in the portal, some hundred in a transaction."""

import uuid

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backoffice import leases
from backoffice.batches.counts import rows
from backoffice.batches.errors import LeaseLost
from backoffice.batches.models import Batch
from backoffice.batches.trail import note
from backoffice.changes.kinds import file_kind, kind_of_file
from backoffice.changes.models import Change
from backoffice.changes.models import State as ChangeState
from backoffice.changes.notifying import notify
from backoffice.changes.turns import take_turns

#: Rows that are applied in one transaction.
AT_ONCE = 500


@transaction.atomic
def step(batch: Batch, token: uuid.UUID) -> bool:
    """Update the records with the next rows of an approved batch. Returns whether there are more.

    Rows whose records changed since the approval are stale and left out. Raises LeaseLost; nothing is applied
    then.
    """
    batch.refresh_from_db()
    waiting = Change.objects.filter(
        batch=batch, state=ChangeState.APPROVED, row_number__gt=batch.next_row
    ).order_by("row_number")
    numbers = list(waiting.values_list("row_number", flat=True)[:AT_ONCE])
    if numbers:
        take_turns(waiting.filter(row_number__lte=numbers[-1]))
    held = Batch.objects.filter(pk=batch.pk, lease_token=token)
    if held.update(next_row=numbers[-1] if numbers else batch.next_row, failures=0) != 1:
        raise LeaseLost
    if not numbers:
        _finish(batch)
        notify([batch])
        return False
    _apply(batch.kind, waiting.filter(row_number__lte=numbers[-1]))
    return True


def _apply(slug: str, changes: QuerySet[Change]) -> None:
    moved_on = file_kind(slug).moved_on()
    changes.order_by().filter(moved_on).update(state=ChangeState.STALE, updated_at=timezone.now())
    if apply_many := kind_of_file(slug).apply_here_many:
        apply_many(list(changes.select_related("made_by")))


def _finish(batch: Batch) -> None:
    changes = Change.objects.filter(batch=batch)
    applied = changes.filter(state=ChangeState.APPROVED).count()
    batch.finished_at = timezone.now()
    Batch.objects.filter(pk=batch.pk).update(
        finished_at=batch.finished_at, outcome={"applied": applied}, **leases.ENDED
    )
    note(batch, "batch.taken", None, f"{rows(applied)} applied.", rows=applied)
