"""What the database itself does to keep entries and seals as they were written: nothing changes or deletes a row.

On PostgreSQL and SQLite by triggers. An entry goes only where a pruning covers it and its time is over. A superuser of
the database can take the triggers away; the seals then tell (see `seals`).
"""

from collections.abc import Iterator
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

ENTRIES = "audit_entry"
TABLES = (ENTRIES, "audit_seal", "audit_pruning")
#: Whatever the settings say, the database lets go of no entry younger than this.
YOUNGEST_YEARS = 5


def guard(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place. Again is harmless."""
    _run(connection, _guards(connection.vendor))


def unguard(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: for a migration that goes back, and for emptying the database of a test."""
    _run(connection, _releases(connection.vendor))


def guard_again(using: str, **kwargs: Any) -> None:
    """Put the triggers in place after migrations: SQLite loses those of a table that a migration makes anew."""
    connection = connections[using]
    if set(TABLES) <= set(connection.introspection.table_names()):  # not migrated back to before them
        with transaction.atomic(using):
            guard(connection)


def _run(connection: BaseDatabaseWrapper, statements: Iterator[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _guards(vendor: str) -> Iterator[str]:
    yield from _releases(vendor)
    yield from _on_postgresql() if vendor == "postgresql" else _on_sqlite()


def _on_postgresql() -> Iterator[str]:
    refusal = "RAISE EXCEPTION 'The audit trail is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME"
    yield f"""
        CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {refusal}; END $$
    """
    yield f"""
        CREATE OR REPLACE FUNCTION audit_refuse_unpruned() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.at < now() - interval '{YOUNGEST_YEARS} years'
               AND EXISTS (SELECT 1 FROM audit_pruning WHERE OLD.id <= up_to_id) THEN RETURN OLD; END IF;
            {refusal};
        END $$
    """  # noqa: S608  # no outside text
    for table in TABLES:
        refuse = "audit_refuse_unpruned" if table == ENTRIES else "audit_refuse"
        yield f"CREATE TRIGGER {table}_kept BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        yield f"CREATE TRIGGER {table}_not_deleted BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {refuse}()"
        yield (
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )


def _on_sqlite() -> Iterator[str]:
    pruned = (
        f"OLD.at < datetime('now', '-{YOUNGEST_YEARS} years') "  # noqa: S608  # no outside text
        "AND EXISTS (SELECT 1 FROM audit_pruning WHERE OLD.id <= up_to_id)"
    )
    for table in TABLES:
        refuse = f"BEGIN SELECT RAISE(ABORT, 'The audit trail is append-only: {table}'); END"
        unless = f"WHEN NOT ({pruned}) " if table == ENTRIES else ""
        yield f"CREATE TRIGGER {table}_kept BEFORE UPDATE ON {table} {refuse}"
        yield f"CREATE TRIGGER {table}_not_deleted BEFORE DELETE ON {table} {unless}{refuse}"
        # INSERT OR REPLACE deletes the old row without asking the trigger above.
        yield (
            f"CREATE TRIGGER {table}_not_replaced BEFORE INSERT ON {table} "  # noqa: S608  # no outside text
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) {refuse}"
        )


def _releases(vendor: str) -> Iterator[str]:
    for table in TABLES:
        last = "not_emptied" if vendor == "postgresql" else "not_replaced"
        on = f" ON {table}" if vendor == "postgresql" else ""
        for name in ("kept", "not_deleted", last):
            yield f"DROP TRIGGER IF EXISTS {table}_{name}{on}"
