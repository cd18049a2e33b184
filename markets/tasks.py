"""Celery tasks of scrip masters, run by beat. What is to be done stands in the database."""

from celery import shared_task

from markets import importing, operations


@shared_task
def work_due() -> int:
    """Read the oldest import that is due. Returns on how many there was work: 0 or 1."""
    return importing.work_due()


@shared_task
def fetch_due() -> int:
    """Ask for those scrip masters of the day that nobody asked for yet. Returns how many."""
    return operations.ask_due_fetches()
