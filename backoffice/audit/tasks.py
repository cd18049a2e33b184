"""Celery tasks of the audit trail, run by beat. The work to do is in the database."""

from datetime import time

from celery import shared_task
from django.db import connection

from backoffice.audit import checks, partitions, refusals, retention
from backoffice.audit.models import Pruning
from backoffice.audit.seals import seal_new
from backoffice.beat import day_of

#: In India's time.
AT_NIGHT = time(2)


@shared_task
def seal() -> int:
    """Seal new entries. Returns how many."""
    return seal_new()


@shared_task
def note_refusals() -> int:
    """Record how many refusals followed the first of a minute. Returns how many entries were written."""
    return refusals.note_counts()


@shared_task
def verify_asked() -> int:
    """Verify the chain if somebody requested it. Returns how many verifications were made."""
    return checks.run_asked()


@shared_task
def make_partitions() -> str:
    """Create the next partition of the trail in time, on PostgreSQL. Returns its name, if any."""
    return partitions.make_ahead(connection)


@shared_task
def prune() -> int:
    """Once a day, delete expired entries. Returns how many."""
    if Pruning.objects.filter(at__range=day_of(AT_NIGHT)).exists():
        return 0
    return retention.prune()
