"""One worker works on a batch at a time: the one that holds its lease. A dead worker's lease runs out by itself."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, F, Q, QuerySet, When
from django.utils import timezone

from backoffice.batches.models import Batch, State
from backoffice.changes.kinds import applied_here


def due() -> QuerySet[Batch]:
    """Batches that want a worker, oldest first: to be checked, or approved and to be applied here."""
    to_apply = Q(state=State.APPROVED, finished_at__isnull=True, kind__in=applied_here())
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now())
    return Batch.objects.filter(Q(state=State.CHECKING) | to_apply, free, paused=False).order_by("pk")


def take(batch: Batch) -> uuid.UUID | None:
    """Take the lease of a batch that is due; None when another worker was quicker.

    A lease that ran out was a worker's that is lost: `failures` counts these until one gets further.
    """
    token = uuid.uuid4()
    won = (
        due()
        .filter(pk=batch.pk, state=batch.state)
        .update(
            lease_token=token,
            lease_until=_end(),
            failures=Case(When(lease_token__isnull=True, then=F("failures")), default=F("failures") + 1),
        )
    )
    return token if won == 1 else None


def keep(batch: Batch, token: uuid.UUID) -> bool:
    """Make the lease last longer; False where it is lost or somebody paused or stopped the batch."""
    held = Batch.objects.filter(pk=batch.pk, lease_token=token, state=batch.state, paused=False)
    return held.update(lease_until=_end()) == 1


def give_back(batch: Batch, token: uuid.UUID) -> None:
    """Let another worker go on at once."""
    Batch.objects.filter(pk=batch.pk, lease_token=token).update(
        lease_token=None, lease_until=None, failures=0
    )


def _end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.BATCH_LEASE_SECONDS)
