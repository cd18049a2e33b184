"""Celery tasks. A task is a wake-up that drains the queue; losing it or getting it ten times does not matter."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from backoffice.delivery.queue import due, recover_stale
from backoffice.delivery.sending import drain
from backoffice.delivery.wakeup import wake

#: A task gives its worker back after this many seconds, so that sweeps get their turn in a long backlog.
DRAIN_SECONDS = 5.0


@shared_task
def deliver_due() -> int:
    """Deliver what is due. Returns how many deliveries were tried."""
    return drain(DRAIN_SECONDS)


@shared_task
def sweep() -> None:
    """Run by beat: settle the claims of dead workers and wake one worker for each lane that is due, up to a limit."""
    recover_stale()
    waiting = due(timezone.now())[: settings.DELIVERY_PARALLEL].count()
    wake(waiting)
