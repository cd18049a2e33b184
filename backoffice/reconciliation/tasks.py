"""Celery tasks of reconciliations, run by beat. What is to be done stands in the database."""

from celery import shared_task

from backoffice.reconciliation import operations, working


@shared_task
def work_due() -> int:
    """Work on the oldest comparison that is due, for a while. Returns on how many there was work: 0 or 1."""
    return working.work_due()


@shared_task
def expire_files() -> int:
    """Delete the uploaded files whose time is over. Returns how many."""
    return operations.expire_files()
