"""Waking workers. A wake-up may be lost or come ten times: the database is the queue, the sweep finds the rest."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import transaction
from kombu.exceptions import KombuError

from backoffice.celery import app

logger = logging.getLogger(__name__)

#: By name, since the module of the tasks imports this one.
DELIVER_DUE = "backoffice.delivery.tasks.deliver_due"
#: Seconds that a broker may take to accept a wake-up.
PATIENCE = 2

#: One thread of each process sends what requests ask for: a broker that is away keeps it waiting, and nobody else.
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wake-ups")
_asked: set[str] = set()
_lock = threading.Lock()


def wake_after_commit(task: str = DELIVER_DUE) -> None:
    """Wake a worker once the present transaction is committed. Whoever commits does not wait for the broker."""
    transaction.on_commit(partial(_ask, task), robust=True)


def wake(times: int = 1, task: str = DELIVER_DUE) -> None:
    """Send wake-ups now. A broker that is down is logged and otherwise ignored: nothing is lost by it."""
    try:
        for _ in range(times):
            app.send_task(task, retry=False, expires=5, timeout=PATIENCE, confirm_timeout=PATIENCE)
    except (KombuError, OSError) as error:
        logger.warning(
            "The broker did not take a wake-up (%s); the sweep will find the work.", type(error).__name__
        )


def _ask(task: str) -> None:
    """Let the thread send it. While one waits to be sent, another would say nothing more."""
    with _lock:
        if task in _asked:
            return
        _asked.add(task)
    _sender.submit(_send, task)


def _send(task: str) -> None:
    with _lock:
        _asked.discard(task)
    wake(task=task)
