"""Celery tasks of the audit trail, run by beat. What is to be done stands in the database."""

from celery import shared_task

from backoffice.audit import checks, retention
from backoffice.audit.seals import seal_new


@shared_task
def seal() -> int:
    """Seal the entries that are not sealed yet. Returns how many."""
    return seal_new()


@shared_task
def verify_asked() -> int:
    """Verify the chain where somebody asked for it. Returns how many verifications were made."""
    return checks.run_asked()


@shared_task
def prune() -> int:
    """Delete entries whose time is over. Returns how many."""
    return retention.prune()
