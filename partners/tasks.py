"""Celery tasks of the Connector, run by beat or woken. The work to do is in the database."""

from celery import shared_task
from django.conf import settings

from partners import inbox, key_fetches, watch


@shared_task
def read_inbox() -> int:
    """Read order messages that are in the inbox. Returns how many."""
    return inbox.read_due() if settings.CONNECTOR else 0


@shared_task
def look() -> int:
    """Ends of baskets, sessions and clicks; missing callbacks; silence. Returns how many things changed."""
    return watch.look() if settings.CONNECTOR else 0


@shared_task
def fetch_keys() -> int:
    """Carry out approved fetches of partners' keys. Returns how many."""
    return key_fetches.fetch_due() if settings.CONNECTOR else 0


@shared_task
def sync() -> int:
    """Ask the vendor for order messages that are due. Returns for how many partners."""
    return watch.sync_due() if settings.CONNECTOR else 0
