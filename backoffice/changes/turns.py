"""One at a time: submissions and approvals that concern the same retail user, or the same part of the portal.

Each of them reads what others have proposed, queued or applied. On PostgreSQL two transactions at the same moment do
not see each other's rows, so both could pass. An advisory lock lets the second one wait until the first has ended.
SQLite has one writer at a time (`transaction_mode` in `backoffice.environment`).

A subject's lock is one of 256, which a long file would all hold. So the approval of a file holds one lock of its own
instead, and who takes the turn of a subject waits for the files that propose something of it.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from backoffice.changes.models import Change, State

#: The first keys of the locks of subjects and of files; no other lock of the portal has them.
SUBJECTS, FILES = 7301, 7302
#: Subjects share this many locks. Rows take at most all of them, however many retail users are in them.
LOCKS = 256
#: The lock of files that only one of them has at a time; the others are those of their numbers.
ONE_FILE = 0


def take_turn(*subjects: str) -> None:
    """Wait for other transactions on these subjects; the turn lasts until the caller's transaction ends.

    Take it before any row is locked or read.
    """
    if connection.vendor == "postgresql":
        _lock_subjects("(SELECT unnest(%s::text[]) AS subject) AS given", [list(subjects)])
        waiting = Change.objects.filter(
            subject__in=subjects, state=State.SUBMITTED, batch__isnull=False
        ).order_by("batch_id")
        for number in waiting.values_list("batch_id", flat=True).distinct():
            _lock_file(number, "pg_advisory_xact_lock_shared")


def take_turns(changes: QuerySet[Change]) -> None:
    """Take the turn of the subject of each of these rows, which the portal applies some hundred at a time."""
    if connection.vendor == "postgresql":
        _lock_file(ONE_FILE)
        _lock_subjects(*_subjects_of(changes))


def take_turn_of_file(batch_id: int, changes: QuerySet[Change]) -> None:
    """Take the turns of a submitted file, whose open changes these are, for its approval."""
    if connection.vendor == "postgresql":
        _lock_file(ONE_FILE)
        # Wait for those who began before the file was submitted, and keep no lock of theirs.
        with transaction.atomic():
            _lock_subjects(*_subjects_of(changes))
            transaction.set_rollback(True)
        _lock_file(batch_id)


def _subjects_of(changes: QuerySet[Change]) -> tuple[str, Sequence[Any]]:
    text, parameters = changes.order_by().values("subject").query.sql_with_params()
    return f"({text}) AS given", parameters


def _lock_subjects(source: str, parameters: Sequence[Any]) -> None:
    """Take each lock of these subjects once, in one order for all: no two transactions block each other."""
    lock = f"hashtext(subject) & {LOCKS - 1} AS lock"
    ordered = f"SELECT DISTINCT {lock} FROM {source} ORDER BY lock OFFSET 0"  # noqa: S608  # constants of the portal
    taken = f"pg_advisory_xact_lock({SUBJECTS}, lock)::text"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count({taken}) FROM ({ordered}) AS locks", parameters)  # noqa: S608  # constants


def _lock_file(number: int, lock: str = "pg_advisory_xact_lock") -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(%s, %s)", [FILES, number])
