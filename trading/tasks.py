"""Celery tasks of this room, run by beat."""

from celery import shared_task

from trading.desk import sessions


@shared_task
def end_unused() -> int:
    """End desk sessions that are over, of dealers and of clients on our page: a logout is always sent.

    Returns how many. It runs while the order desk is off too: a session may be left from before.
    """
    return sessions.end_unused()
