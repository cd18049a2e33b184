"""Celery tasks. A task only wakes the queue: it may be lost, or come ten times, without harm."""

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

#: A task releases its worker after this many seconds, so that sweeps get their turn during a long backlog if
#: a worker does one thing at a time. A shorter time would waste throughput, since the calls run out at each
#: end.
DRAIN_SECONDS = 20.0


@shared_task
def deliver_due() -> int:
    """Deliver what is due. Returns how many deliveries were tried."""
    started = time.monotonic()
    tried = drain(DRAIN_SECONDS)
    if time.monotonic() - started >= DRAIN_SECONDS:
        wake(Work.DELIVERIES)  # there was more: do not idle until the next sweep
    return tried


@worker_shutting_down.connect
def _finish(**_: Any) -> None:
    """Keep a worker that must stop from sending what it holds ready.

    Prefork children do not get this signal.
    """
    finish()


@shared_task
def sweep() -> None:
    """Sweep, run by beat.

    Settle the claims of dead workers, release deliveries whose time has come, wake one worker for each due
    lane up to a limit, and set aside deliveries in blocked lanes.
    """
    recover_stale()
    time_has_come()
    now = timezone.now()
    gate.swept(now)
    row = gate.state()
    if not gate.shut(row, session.as_it_is(), now):
        if row.opened_at:
            go_at_once(1)  # a probe is due and needs a message, whose own pause must not delay it
        wake(Work.DELIVERIES, due(timezone.now())[: settings.DELIVERY_PARALLEL].count())
    set_aside()


@shared_task
def fetch_answers() -> int:
    """Fetch the answers to questions of pages. Returns how many questions were asked of ODIN.

    It is here because questions pass the gate too.
    """
    return questions.fetch_all(gate)
