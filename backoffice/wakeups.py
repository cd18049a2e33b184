"""Waking workers. A wake-up may be lost or come ten times: the database is the queue, the sweep finds the rest."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial

from django.db import transaction
from kombu.exceptions import KombuError

from backoffice.celery import app

logger = logging.getLogger(__name__)

#: Seconds that a broker may take to accept a wake-up.
PATIENCE = 2

#: One thread of each process sends what requests ask for: a broker that is away keeps it waiting, and nobody else.
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wake-ups")
_asked: set[str] = set()
_lock = threading.Lock()


class Work(StrEnum):
    """What a worker can be woken for: names of tasks, since the modules of tasks import those that wake."""

    DELIVERIES = "backoffice.delivery.tasks.deliver_due"
    BATCHES = "backoffice.batches.tasks.work_due"
    QUESTIONS = "backoffice.delivery.tasks.fetch_answers"
    ORDER_MESSAGES = "partners.tasks.read_inbox"
    KEYS = "partners.tasks.fetch_keys"
    NOTICES = "backoffice.notices.tasks.work_due"


def wake_after_commit(work: Work) -> None:
    """Wake a worker once the present transaction is committed. Whoever commits does not wait for the broker."""
    transaction.on_commit(partial(_ask, work), robust=True)


def wake(work: Work, times: int = 1) -> None:
    """Send wake-ups now. A broker that is down is logged and otherwise ignored: nothing is lost by it."""
    try:
        for _ in range(times):
            app.send_task(work.value, retry=False, expires=5, timeout=PATIENCE, confirm_timeout=PATIENCE)
    except (KombuError, OSError) as error:
        logger.warning(
            "The broker did not take a wake-up (%s); the sweep will find the work.", type(error).__name__
        )


def _ask(work: Work) -> None:
    """Let the thread send it. While one waits to be sent, another would say nothing more."""
    with _lock:
        if work in _asked:
            return
        _asked.add(work)
    _sender.submit(_send, work)


def _send(work: Work) -> None:
    with _lock:
        _asked.discard(work)
    wake(work)
