"""Leases: one worker works on a row at a time, and a dead worker's lease ends without help.

Each move is a conditional update: it succeeds only where it changes all the rows it means. Times are UTC.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Case, F, Q, QuerySet, When
from django.utils import timezone

#: Columns of a row whose lease has ended, for updates that end it along with something else.
ENDED: dict[str, Any] = {"lease_token": None, "lease_until": None}
#: Work ends without a result once this many workers in a row were lost at it, killed or crashed.
MOST_FAILURES = 3


class Leased(models.Model):
    """A row that a worker may hold. `lease_token` is the holder's; None: nobody holds it, or it was given back."""

    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Counted(Leased):
    """A row that counts lost workers, so that work at which every worker dies ends some time (`if_lost`)."""

    failures = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="Workers that were lost one after another without getting further.",
    )

    class Meta:
        abstract = True


class Measured(Counted):
    """Counted work whose progress is shown with its rate.

    It is measured from `measured_at`, when `measured_done` was done: the start of the work, or the time when a worker
    continued for a lost one.
    """

    measured_at = models.DateTimeField(null=True)
    measured_done = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        abstract = True

    def rate(self, done: int) -> float | None:
        """Return what is done a second; None while that is unknown, or while the worker is lost."""
        now = timezone.now()
        if self.measured_at is None or (self.lease_until is not None and self.lease_until < now):
            return None
        seconds, more = (now - self.measured_at).total_seconds(), done - self.measured_done
        return more / seconds if more > 0 and seconds > 0 else None


class Lease(NamedTuple):
    """A worker's right to one row, or to several taken together, until a time (UTC)."""

    token: uuid.UUID
    until: datetime


def free() -> Q:
    """Return rows with a free lease: never taken, released, or expired."""
    return Q(lease_until__isnull=True) | expired()


def expired() -> Q:
    """Rows whose worker did not give them back in time."""
    return Q(lease_until__lt=timezone.now())


def take(rows: QuerySet[Any], length: timedelta, /, *, count: int = 1, **columns: Any) -> Lease | None:
    """Take the lease of `rows`, and set `columns` with it. None if another worker was quicker.

    `rows` says which rows, and what must still be true of them. Fewer than `count` must not be taken: a caller who
    takes several undoes its transaction when it gets None.
    """
    lease = Lease(uuid.uuid4(), timezone.now() + length)
    taken = rows.update(lease_token=lease.token, lease_until=lease.until, **columns)
    return lease if taken == count else None


def if_lost(**columns: Any) -> dict[str, Any]:
    """Return columns for `take` of a counted row. If its lease was a lost worker's, `failures` counts it and `columns`
    are set. If it was free, all stay as they are. Progress and a release set `failures` to 0.
    """
    return {
        name: Case(When(lease_token__isnull=True, then=F(name)), default=value)
        for name, value in {"failures": F("failures") + 1, **columns}.items()
    }


def extend(rows: QuerySet[Any], token: uuid.UUID, length: timedelta, /, **columns: Any) -> bool:
    """Let the lease of one row end later, and set `columns` with it. False if the lease was lost."""
    until = timezone.now() + length
    return rows.filter(lease_token=token).update(lease_until=until, **columns) == 1


def release(rows: QuerySet[Any], token: uuid.UUID, /, **columns: Any) -> bool:
    """Give back the lease of one row, and set `columns` with it. False if the lease was lost."""
    return rows.filter(lease_token=token).update(**ENDED, **columns) == 1
