"""Celery tasks of reconciliations, run by beat. The work to do is in the database."""

from celery import shared_task

from backoffice.reconciliation import operations, working


@shared_task
def work_due() -> int:
    """Work on the oldest comparison that is due, for a while. Returns the number of comparisons: 0 or 1."""
    return working.work_due()


@shared_task
def expire_files() -> int:
    """Delete expired uploaded files. Returns how many."""
    return operations.expire_files()
