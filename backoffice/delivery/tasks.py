"""Celery tasks. A task is a wake-up that drains the queue; losing it or getting it ten times does not matter."""

import time
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings
from django.utils import timezone

from backoffice.delivery import gate
from backoffice.delivery.lanes import set_aside
from backoffice.delivery.queue import due, recover_stale
from backoffice.delivery.sending import drain, finish
from backoffice.delivery.waiting import go_at_once, time_has_come
from backoffice.odin import questions, session
from backoffice.wakeups import Work, wake

#: A task gives its worker back after this many seconds, so that sweeps get their turn in a long backlog where a worker
#: does one thing at a time. Not sooner, since its calls run out each time before it begins again.
DRAIN_SECONDS = 20.0


@shared_task
def deliver_due() -> int:
    """Deliver what is due. Returns how many deliveries were tried."""
    started = time.monotonic()
    tried = drain(DRAIN_SECONDS)
    if time.monotonic() - started >= DRAIN_SECONDS:
        wake(Work.DELIVERIES)  # there was more: this thread must not stand still until the next sweep
    return tried


@worker_shutting_down.connect
def _finish(**_: Any) -> None:
    """A worker that is told to end does not begin what it holds ready. A child of prefork is not told."""
    finish()


@shared_task
def sweep() -> None:
    """Run by beat: settle the claims of dead workers, let go what has waited for its time, wake one worker for each
    lane that is due, up to a limit, and set aside what waits in blocked lanes.
    """
    recover_stale()
    time_has_come()
    now = timezone.now()
    gate.swept(now)
    row = gate.state()
    if not gate.shut(row, session.as_it_is(), now):
        if row.opened_at:
            go_at_once(1)  # a probe is due, and needs a message: it must not wait for that one's own pause
        wake(Work.DELIVERIES, due(timezone.now())[: settings.DELIVERY_PARALLEL].count())
    set_aside()


@shared_task
def fetch_answers() -> int:
    """Fetch the answers to what pages asked ODIN. Returns how many questions were asked of ODIN.

    It stands here since a question passes the same gate as a delivery.
    """
    return questions.fetch_all(gate)
