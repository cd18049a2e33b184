"""Celery tasks of scrip masters, run by beat. The work to do is in the database."""

from celery import shared_task

from markets import importing, operations


@shared_task
def work_due() -> int:
    """Read the oldest import that is due. Returns the number of imports: 0 or 1."""
    return importing.work_due()


@shared_task
def fetch_due() -> int:
    """Request today's scrip masters that were not requested yet. Returns how many."""
    return operations.ask_due_fetches()
