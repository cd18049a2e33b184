"""Celery tasks of this room, run by beat."""

from celery import shared_task
from django.conf import settings

from trading.desk import sessions


@shared_task
def end_unused() -> int:
    """End desk sessions that are over: a logout is always sent. Returns how many."""
    return sessions.end_unused() if settings.ORDER_DESK else 0
