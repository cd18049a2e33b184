"""Celery tasks of exports, run by beat. The work to do is in the database."""

from celery import shared_task

from backoffice.exports import operations, writing


@shared_task
def work_due() -> int:
    """Work on the oldest export that is due, for a while. Returns the number of exports: 0 or 1."""
    return writing.work_due()


@shared_task
def expire() -> int:
    """Delete expired files. Returns how many."""
    return operations.expire()
