"""Celery tasks of exports, run by beat. What is to be done stands in the database."""

from celery import shared_task

from backoffice.exports import operations, writing


@shared_task
def work_due() -> int:
    """Write at the oldest export that is due, for a while. Returns on how many there was work: 0 or 1."""
    return writing.work_due()


@shared_task
def expire() -> int:
    """Delete the files whose time is over. Returns how many."""
    return operations.expire()
