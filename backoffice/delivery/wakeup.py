"""Waking workers. A wake-up may be lost or come ten times: the database is the queue, the sweep finds the rest."""

import logging
from functools import partial

from django.db import transaction
from kombu.exceptions import KombuError

from backoffice.celery import app

logger = logging.getLogger(__name__)

#: By name, since the module of the tasks imports this one.
DELIVER_DUE = "backoffice.delivery.tasks.deliver_due"


def wake_after_commit(task: str = DELIVER_DUE) -> None:
    """Wake a worker once the present transaction is committed."""
    transaction.on_commit(partial(wake, task=task), robust=True)


def wake(times: int = 1, task: str = DELIVER_DUE) -> None:
    """Send wake-ups now. A broker that is down is logged and otherwise ignored: nothing is lost by it."""
    try:
        for _ in range(times):
            app.send_task(task, retry=False, expires=5)
    except (KombuError, OSError) as error:
        logger.warning(
            "The broker did not take a wake-up (%s); the sweep will find the work.", type(error).__name__
        )
