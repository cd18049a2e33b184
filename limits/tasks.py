"""Celery tasks of limits, run by beat."""

from datetime import time

from celery import shared_task

from backoffice.beat import day_of
from backoffice.odin import questions
from backoffice.odin.models import Question
from limits.reading_shapes import Kind

#: In India's time: the market opens at 09:15.
BEFORE_THE_MARKET = time(7, 30)


@shared_task
def refresh_periodicities() -> None:
    """Once a day, ask for the list of periodicities, which the forms offer by name."""
    today = day_of(BEFORE_THE_MARKET)
    asked = Question.objects.filter(message_type=Kind.PERIODICITIES, asked_at__range=today)
    if not asked.exists():
        questions.want(Kind.PERIODICITIES, by=None)
