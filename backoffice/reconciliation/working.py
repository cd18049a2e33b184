"""The comparison by the worker that holds the lease: the rows of the file, then the records that no row names.

The results of a slice and the position are stored in one transaction that is valid only under this lease. The
lease of a killed worker expires, and the next one continues there. After several in a row without progress
the comparison ends, with the reason on its page.
"""

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import timedelta
from itertools import chain, islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import RetailUser
from backoffice import leases
from backoffice.batches.errors import FileProblem, LeaseLost
from backoffice.batches.file.reading import NumberedRow, open_rows
from backoffice.batches.file.uploads import path_of
from backoffice.copying import insert_rows
from backoffice.reconciliation import operations
from backoffice.reconciliation.comparing import Compared, Comparer, Read
from backoffice.reconciliation.models import Difference, Line, Outcome, Reconciliation, State

#: A task releases its worker after this many seconds, so that deliveries get their turn beside a long file.
WORK_SECONDS = 20.0
#: Rows, and records to look up, of one transaction.
ROWS, USERS = 500, 2000

LINE = (
    "reconciliation_id",
    "number",
    "outcome",
    "group_id",
    "user_id",
    "name",
    "version",
    "given",
    "findings",
)
DIFFERENCE = (
    "reconciliation_id",
    "number",
    "group_id",
    "user_id",
    "name",
    "version",
    "field",
    "here",
    "there",
)

_json = json.JSONEncoder(separators=(",", ":")).encode


def work_due() -> int:
    """Work on the oldest comparison that is due, for a while. Returns the number of comparisons: 0 or 1."""
    for one in due():
        if token := take(one):
            one.refresh_from_db()
            if one.failures >= leases.MOST_FAILURES:
                operations.stop(one, token, _given_up(one))
            else:
                _work(one, token)
            return 1
    return 0


def due() -> QuerySet[Reconciliation]:
    """Return comparisons that no worker holds, oldest first."""
    return Reconciliation.objects.filter(leases.free(), state=State.COMPARING).order_by("pk")


def take(one: Reconciliation) -> uuid.UUID | None:
    """Take the lease; None if another worker was quicker. An expired lease was a lost worker's, and counts."""
    lost = leases.if_lost(measured_at=timezone.now(), measured_done=one.rows + one.looked)
    lease = leases.take(due().filter(pk=one.pk), _length(), **lost)
    return lease.token if lease else None


def _work(one: Reconciliation, token: uuid.UUID) -> None:
    end = time.monotonic() + WORK_SECONDS
    try:
        if not one.rows_done:
            _compare_rows(one, token, end)
        while one.rows_done:
            if not look_for_users(one, token):
                operations.finish(one, token)
                return
            if time.monotonic() >= end:
                break
        leases.release(_held(one), token)
    except LeaseLost:
        return
    except FileProblem as problem:
        operations.stop(one, token, problem.words)


def _compare_rows(one: Reconciliation, token: uuid.UUID, end: float) -> None:
    """Compare rows until there are no more or the time has passed. Raises LeaseLost or FileProblem."""
    comparer = Comparer(one.mapping)
    kept = time.monotonic()

    def beat() -> None:
        """Keep the lease while searching the file for the next row."""
        nonlocal kept
        if time.monotonic() > kept + settings.BATCH_LEASE_SECONDS / 4:
            kept = time.monotonic()
            leases.extend(_held(one), token, _length())

    rows = open_rows(
        path_of(one.path),
        one.shape,
        len(one.mapping),
        one.next_row - 1,
        dates=comparer.date_places,
        beat=beat,
    )
    with closing(rows):
        first = list(
            islice(rows, 1)
        )  # in a workbook it may take long to reach it, which does not count as time for rows
        to_come: Iterator[NumberedRow] = chain(first, rows)
        while slice_ := list(islice(to_come, ROWS)):
            read = comparer.read(slice_)
            store_rows(one, token, comparer.compare(read, _seen(one, read)), slice_[-1][0] + 1)
            if time.monotonic() >= end:
                return
    _move(one, token, rows_done=True)
    one.rows_done = True


def _seen(one: Reconciliation, read: Sequence[Read]) -> dict[tuple[str, str], int]:
    """Return the earlier rows for these retail users."""
    user_ids = {row.lane[1] for row in read}
    found = one.lines.exclude(outcome=Outcome.UNREADABLE).filter(user_id__among=user_ids)
    lanes = found.values_list("group_id", "user_id", "number")
    return {(group, user): number for group, user, number in lanes if number is not None}


@transaction.atomic
def store_rows(one: Reconciliation, token: uuid.UUID, compared: Sequence[Compared], next_row: int) -> None:
    """Store the results of these rows, all or nothing. Raises LeaseLost if another worker holds the comparison."""
    counts = {
        outcome.value: F(outcome.value) + sum(row.outcome == outcome for row in compared)
        for outcome in (Outcome.SAME, Outcome.DIFFERENT, Outcome.ONLY_THERE, Outcome.UNREADABLE)
    }
    found = sum(len(row.differences) for row in compared)
    _move(
        one,
        token,
        next_row=next_row,
        rows=F("rows") + len(compared),
        differences=F("differences") + found,
        **counts,
    )
    insert_rows(Line, LINE, [_line(one, row) for row in compared])
    insert_rows(Difference, DIFFERENCE, [line for row in compared for line in _differences(one, row)])
    one.next_row = next_row


@transaction.atomic
def look_for_users(one: Reconciliation, token: uuid.UUID) -> bool:
    """Note which of the next records no row of the file names. False if there are no more. Raises LeaseLost.

    Records that came after the comparison began are left out: the file is older than they are.
    """
    users = list(
        RetailUser.objects.filter(pk__gt=one.next_user, created_at__lte=one.started_at)
        .order_by("pk")
        .values_list("pk", "group_id", "user_id", "name", "version")[:USERS]
    )
    if not users:
        return False
    named = one.lines.filter(user_id__among={user[2] for user in users})
    lanes = set(named.values_list("group_id", "user_id"))
    missing = [user for user in users if user[1:3] not in lanes]
    _move(
        one,
        token,
        next_user=users[-1][0],
        looked=F("looked") + len(users),
        only_here=F("only_here") + len(missing),
    )
    here = Outcome.ONLY_HERE.value
    insert_rows(
        Line,
        LINE,
        [(one.pk, None, here, *lane, name, version, "{}", "[]") for _, *lane, name, version in missing],
    )
    one.next_user = users[-1][0]
    return True


def _line(one: Reconciliation, row: Compared) -> tuple[Any, ...]:
    findings = [asdict(found) for found in row.findings]
    lane = (row.group_id[:40], row.user_id[:40], row.name)
    given, said = (_json(row.given) if row.given else "{}"), (_json(findings) if findings else "[]")
    return (one.pk, row.number, row.outcome.value, *lane, row.version, given, said)


def _differences(one: Reconciliation, row: Compared) -> Iterator[tuple[Any, ...]]:
    for found in row.differences:
        values = (None if value is None else _json(value) for value in (found.here, found.there))
        yield (one.pk, row.number, row.group_id, row.user_id, row.name, row.version, found.field, *values)


def _move(one: Reconciliation, token: uuid.UUID, **columns: Any) -> None:
    """Record the progress and extend the lease. Raises LeaseLost."""
    if not leases.extend(_held(one), token, _length(), failures=0, **columns):
        raise LeaseLost


def _held(one: Reconciliation) -> QuerySet[Reconciliation]:
    return Reconciliation.objects.filter(pk=one.pk, state=State.COMPARING)


def _given_up(one: Reconciliation) -> str:
    at = f"after row {one.next_row - 1}" if one.next_row else "before its first row"
    return (
        f"The comparison of this file failed {one.failures} times {at}: the worker crashed or was killed each time. "
        "It is not tried again. Divide the file or save it as CSV, and ask an administrator for the worker's log."
    )


def _length() -> timedelta:
    return timedelta(seconds=settings.BATCH_LEASE_SECONDS)
