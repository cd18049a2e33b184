"""Celery tasks of the readings. A task is a wake-up: what is to be fetched stands in the database."""

from celery import shared_task

from limits import readings
from limits.models import Reading


@shared_task
def fetch_readings() -> int:
    """Fetch what was asked for. Returns how many readings were tried."""
    return readings.fetch_all()


@shared_task
def refresh_periodicities() -> None:
    """Run by beat: ask for the list of periodicities, which the forms offer by name."""
    readings.want(Reading.Kind.PERIODICITIES, by=None)
