"""The pace of orders of runs, over all processes: each takes the next free moment from the database (C42).

Moments are evenly spaced and never made up for, so that no second has more than the setting allows. A moment
that was taken and not used is lost. If the database cannot be asked, nothing leaves.
"""

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from runs.models import Pace
from trading.desk.errors import DeskProblem

_NAME = "orders"
#: Seconds that an order waits for its moment at most.
LONGEST = 10.0
#: No moment is given out that is so many seconds ahead. One that is later means that the clock was set back.
NEVER_AHEAD = 60.0

#: The next free moment: the stored one, unless it is over or too far ahead to be true.
_FREE = "CASE WHEN next_at > %(now)s AND next_at <= %(never)s THEN next_at ELSE %(now)s END"
#: Takes a moment, unless it is too far away, in the SQL of each kind of database. PostgreSQL does not wait
#: for the disk: a crash that loses the moment also ends the connection of its taker, who then commits no
#: order, and the commit of an order writes all earlier commits.
_TAKE = {
    "postgresql": """
        UPDATE runs_pace SET next_at = {} + %(between)s * INTERVAL '1 microsecond'
        WHERE name = %(name)s AND {} <= %(latest)s AND set_config('synchronous_commit', 'off', TRUE) = 'off'
        RETURNING id, name, next_at
    """,
    "sqlite": """
        UPDATE runs_pace SET next_at = django_format_dtdelta('+', {}, %(between)s)
        WHERE name = %(name)s AND {} <= %(latest)s
        RETURNING id, name, next_at
    """,
}


class TooBusy(DeskProblem):
    """Other runs take all moments of the next seconds."""


def wait() -> None:
    """Wait until this order may leave.

    Raises TooBusy if that is too long, DeskProblem if the database cannot be asked.
    """
    try:
        moment = _take()
    except DatabaseError:
        raise DeskProblem("The limit of orders a second could not be asked. Nothing was sent.") from None
    if (seconds := (moment - timezone.now()).total_seconds()) > 0:
        time.sleep(seconds)


def _take() -> datetime:
    """Take the next free moment, in one statement: the row is locked no longer. Raises TooBusy."""
    now = timezone.now()
    microseconds = round(1_000_000 / settings.CONNECTOR_ORDERS_PER_SECOND)
    asked = {
        "name": _NAME,
        "now": now,
        "latest": now + timedelta(seconds=LONGEST),
        "never": now + timedelta(seconds=NEVER_AHEAD),
        "between": microseconds,
    }
    for _ in range(2):
        if taken := list(Pace.objects.raw(_TAKE[connection.vendor].format(_FREE, _FREE), asked)):
            return taken[0].next_at - timedelta(microseconds=microseconds)
        Pace.objects.bulk_create([Pace(name=_NAME, next_at=now)], ignore_conflicts=True)
    raise TooBusy("Many orders are being placed. Continue in a few seconds. Nothing was sent.")
