"""Celery tasks of the readings. A task is a wake-up: what is to be fetched stands in the database."""

from datetime import time

from celery import shared_task

from backoffice.beat import day_of
from limits import readings
from limits.models import Reading

#: In India's time: the market opens at 09:15.
BEFORE_THE_MARKET = time(7, 30)


@shared_task
def fetch_readings() -> int:
    """Fetch what was asked for. Returns how many readings were tried."""
    return readings.fetch_all()


@shared_task
def refresh_periodicities() -> None:
    """Run by beat: once a day, ask for the list of periodicities, which the forms offer by name."""
    asked = Reading.objects.filter(kind=Reading.Kind.PERIODICITIES, asked_at__range=day_of(BEFORE_THE_MARKET))
    if not asked.exists():
        readings.want(Reading.Kind.PERIODICITIES, by=None)
