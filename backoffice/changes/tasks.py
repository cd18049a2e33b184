"""Celery tasks of changes."""

from celery import shared_task

from backoffice.changes import drafts
from backoffice.changes.operations import expire_old


@shared_task
def expire_pending() -> int:
    """Let changes expire that nobody decided in time, and drafts that nobody edits. Returns how many."""
    return expire_old() + drafts.expire()
