"""How many orders of runs leave a second, over all processes: each takes the next free moment from the database (C42).

Orders are spaced evenly and never caught up, so that no second has more than the setting says. A moment that was taken
and not used is lost. Where the database cannot be asked, nothing leaves.
"""

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from runs.models import Pace
from trading.desk.errors import DeskProblem

_NAME = "orders"
#: Seconds that an order waits for its moment at the most.
LONGEST = 10.0


class TooBusy(DeskProblem):
    """Other runs take all moments of the next seconds."""


def wait() -> None:
    """Wait until this order may leave. Raises TooBusy where that is too long, DeskProblem where nobody can tell."""
    try:
        moment = _take()
    except DatabaseError:
        raise DeskProblem("The limit of orders a second could not be asked. Nothing was sent.") from None
    if (seconds := (moment - timezone.now()).total_seconds()) > 0:
        time.sleep(seconds)


def _take() -> datetime:
    between = timedelta(seconds=1 / settings.CONNECTOR_ORDERS_PER_SECOND)
    while True:
        now = timezone.now()
        known = Pace.objects.filter(name=_NAME).values_list("next_at", flat=True).first()
        if known is None:
            Pace.objects.bulk_create([Pace(name=_NAME, next_at=now)], ignore_conflicts=True)
            continue
        moment = max(known, now)
        if (moment - now).total_seconds() > LONGEST:
            raise TooBusy("Many orders are being placed. Go on in a few seconds. Nothing was sent.")
        if Pace.objects.filter(name=_NAME, next_at=known).update(next_at=moment + between):
            return moment
