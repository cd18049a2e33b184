"""Waking a worker for a batch. A wake-up may be lost or come ten times: the database says what is to be done."""

import logging

from django.db import transaction
from kombu.exceptions import KombuError

from backoffice.celery import app

logger = logging.getLogger(__name__)

#: By name, since the module of the tasks imports this one.
WORK_DUE = "backoffice.batches.tasks.work_due"


def wake_after_commit() -> None:
    """Wake a worker once the present transaction is committed."""
    transaction.on_commit(wake, robust=True)


def wake() -> None:
    """Send a wake-up now. A broker that is down is logged and otherwise ignored: the sweep finds the work."""
    try:
        app.send_task(WORK_DUE, retry=False, expires=5)
    except (KombuError, OSError) as error:
        logger.warning("The broker did not take a wake-up for a batch (%s).", type(error).__name__)
