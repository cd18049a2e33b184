"""Celery tasks of changes."""

from celery import shared_task

from backoffice.changes import drafts
from backoffice.changes.operations import expire_old


@shared_task
def expire_pending() -> int:
    """Expire changes that were not decided in time, and drafts left unedited. Returns how many."""
    return expire_old() + drafts.expire()
