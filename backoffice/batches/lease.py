"""The lease of a batch: one worker at a time works on it. A dead worker's lease expires."""

import time
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from backoffice import leases
from backoffice.batches.models import Batch, State
from backoffice.changes.kinds import applied_here


def due() -> QuerySet[Batch]:
    """Return batches that need a worker, oldest first: to be checked, or approved and to be applied here."""
    to_apply = Q(state=State.APPROVED, finished_at__isnull=True, kind__in=applied_here())
    wanted = Batch.objects.filter(Q(state=State.CHECKING) | to_apply, leases.free(), paused=False)
    return wanted.order_by("pk")


def take(batch: Batch) -> uuid.UUID | None:
    """Take the lease of a batch that is due; None if another worker was quicker.

    An expired lease means that its worker died: `failures` counts these until a worker makes progress, and the rate is
    measured from now.
    """
    lost = leases.if_lost(check_started_at=timezone.now(), check_started_row=batch.rows_checked)
    lease = leases.take(due().filter(pk=batch.pk, state=batch.state), _length(), **lost)
    return lease.token if lease else None


def keep(batch: Batch, token: uuid.UUID) -> bool:
    """Extend the lease. False if it was lost or the batch was paused or stopped."""
    going_on = Batch.objects.filter(pk=batch.pk, state=batch.state, paused=False)
    return leases.extend(going_on, token, _length())


def beat(batch: Batch, token: uuid.UUID) -> Callable[[], None]:
    """Return a function to call often during long work that stores nothing: it extends the lease in time."""
    kept = time.monotonic()

    def extend() -> None:
        nonlocal kept
        if time.monotonic() > kept + settings.BATCH_LEASE_SECONDS / 4:
            kept = time.monotonic()
            keep(batch, token)

    return extend


def give_back(batch: Batch, token: uuid.UUID) -> None:
    """Release the lease, so that another worker continues at once."""
    leases.release(Batch.objects.filter(pk=batch.pk), token, failures=0)


def _length() -> timedelta:
    return timedelta(seconds=settings.BATCH_LEASE_SECONDS)
