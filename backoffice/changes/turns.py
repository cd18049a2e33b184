"""One at a time: submissions and approvals that concern the same retail user, or the same part of the portal.

Each of them reads what others have proposed, queued or applied. On PostgreSQL two transactions at the same moment do
not see each other's rows, so both could pass. An advisory lock lets the second one wait until the first has ended.
SQLite has one writer at a time (`transaction_mode` in `backoffice.environment`).
"""

from django.db import connection
from django.db.models import QuerySet

from backoffice.changes.models import Change

#: The first key of the locks; no other lock of the portal has it.
KEY = 7301
#: Subjects share this many locks. A file takes at most all of them, however many retail users are in it.
LOCKS = 256
_LOCK = f"pg_advisory_xact_lock({KEY}, lock)"
_OF = f"hashtext(subject) & {LOCKS - 1} AS lock"


def take_turn(*subjects: str) -> None:
    """Wait for other transactions on these subjects; the turn lasts until the caller's transaction ends.

    Take it before any row is locked or read.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            source = "(SELECT unnest(%s::text[]) AS subject) AS given"
            cursor.execute(_statement(source), [list(subjects)])


def take_turns(changes: QuerySet[Change]) -> None:
    """Take the turn of the subject of each of these changes."""
    if connection.vendor == "postgresql":
        text, parameters = changes.order_by().values("subject").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(_statement(f"({text}) AS given"), parameters)


def _statement(source: str) -> str:
    """Build a statement that takes each lock once, in one order for all: no two transactions block each other."""
    ordered = f"SELECT DISTINCT {_OF} FROM {source} ORDER BY lock OFFSET 0"  # noqa: S608  # constants of the portal
    return f"SELECT count({_LOCK}::text) FROM ({ordered}) AS locks"  # noqa: S608  # constants of the portal
