"""Celery tasks of scrip masters, run by beat. What is to be done stands in the database."""

from celery import shared_task
from django.conf import settings

from markets import importing, operations
from markets.master_file import PUBLISHED


@shared_task
def work_due() -> int:
    """Read the oldest import that is due. Returns on how many there was work: 0 or 1."""
    return importing.work_due()


@shared_task
def fetch_all() -> int:
    """Ask for the scrip masters of the day, where an address is set. Returns how many were asked for."""
    asked = 0
    for exchange in PUBLISHED if settings.SCRIP_MASTER_URL else ():
        try:
            operations.ask_fetch(exchange.value, by=None)
        except operations.ImportProblem:  # one is under way, or waits for a person: its page says so
            continue
        asked += 1
    return asked
