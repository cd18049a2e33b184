"""Celery tasks. A task is a wake-up that drains the queue; losing it or getting it ten times does not matter."""

import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from backoffice.delivery import gate
from backoffice.delivery.queue import due, recover_stale
from backoffice.delivery.sending import drain
from backoffice.delivery.waiting import go_at_once
from backoffice.delivery.wakeup import wake

#: A task gives its worker back after this many seconds, so that sweeps get their turn in a long backlog.
DRAIN_SECONDS = 5.0


@shared_task
def deliver_due() -> int:
    """Deliver what is due. Returns how many deliveries were tried."""
    started = time.monotonic()
    tried = drain(DRAIN_SECONDS)
    if time.monotonic() - started >= DRAIN_SECONDS:
        wake()  # there was more: this thread must not stand still until the next sweep
    return tried


@shared_task
def sweep() -> None:
    """Run by beat: settle the claims of dead workers and wake one worker for each lane that is due, up to a limit."""
    recover_stale()
    now = timezone.now()
    gate.swept(now)
    row = gate.state()
    if not gate.shut(row, now):
        if row.opened_at:
            go_at_once(1)  # a probe is due, and needs a message: it must not wait for that one's own pause
        wake(due(timezone.now())[: settings.DELIVERY_PARALLEL].count())
