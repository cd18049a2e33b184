"""How many orders of runs leave a second, over all processes: each takes the next free moment from the database (C42).

Orders are spaced evenly and never caught up, so that no second has more than the setting says. A moment that was taken
and not used is lost. Where the database cannot be asked, nothing leaves.
"""

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
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
    """Take the next free moment, under the lock of the row."""
    between = timedelta(seconds=1 / settings.CONNECTOR_ORDERS_PER_SECOND)
    with transaction.atomic():
        _do_not_wait_for_the_disk()
        rows = Pace.objects.filter(name=_NAME)
        known = rows.select_for_update().values_list("next_at", flat=True).first()
        now = timezone.now()
        if known is None:
            Pace.objects.bulk_create([Pace(name=_NAME, next_at=now)], ignore_conflicts=True)
            known = rows.select_for_update().values_list("next_at", flat=True).get()
        moment = max(known, now)
        if (moment - now).total_seconds() > LONGEST:
            raise TooBusy("Many orders are being placed. Go on in a few seconds. Nothing was sent.")
        rows.update(next_at=moment + between)
    return moment


def _do_not_wait_for_the_disk() -> None:
    """Let this transaction end before PostgreSQL has it on the disk.

    A crash that loses a moment also ends the connection of whoever took it, which then commits no order; and the commit
    of an order writes all that was committed before it.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO OFF")
