"""Guards: what the database refuses, whoever asks, as triggers on PostgreSQL and SQLite.

The rooms declare theirs (`audit.guard`, `changes.guards`). They are put up after every migration, not by one: SQLite
drops the triggers of a table that a migration alters. On PostgreSQL they stay meanwhile; a migration that changes the
type of a column that one of them names drops that one.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate, pre_migrate


class Guard(NamedTuple):
    """What may not happen to a row: the event, on which table, the condition over NEW and OLD, and the error text.

    `looks_elsewhere`: the condition asks other tables, once for all rows of a statement; with `first`, a
    condition over NEW and OLD alone, it is asked only of the rows that this is true of, one by one.
    `columns`: an UPDATE that sets none of them is not looked at. A JSON column that is compared is written as
    `{json}(...)`, since SQLite keeps it as its writer spaced it. `IS DISTINCT FROM` is written in an older
    way there.
    """

    event: str
    table: str
    condition: str
    words: str
    looks_elsewhere: bool = False
    first: str = ""
    columns: tuple[str, ...] = ()


#: By the names of the triggers.
Guards = Mapping[str, Guard]


#: Guards of the rooms on top, by room: what `checks` asks for beside those of the trail and of changes.
ROOMS: dict[str, Callable[[str], Guards]] = {}


def append_only(
    table: str, vendor: str, words: str = "{table} is append-only: {event} is refused."
) -> Guards:
    """Guards that keep the rows of a table as they were written. `vendor`: the kind of database."""
    kept = Guard("UPDATE", table, "TRUE", words.format(table=table, event="UPDATE"))
    return {f"{table}_kept": kept, **never_removed(table, vendor, words)}


def never_removed(table: str, vendor: str, words: str) -> Guards:
    """Guards that keep the rows of a table. `words`: the error text, with {table} and {event} where it names them."""
    deleted, emptied, replaced = (
        words.format(table=table, event=event) for event in ("DELETE", "TRUNCATE", "REPLACE")
    )
    found = {f"{table}_not_deleted": Guard("DELETE", table, "TRUE", deleted)}
    if vendor == "postgresql":
        found[f"{table}_not_emptied"] = Guard("TRUNCATE", table, "TRUE", emptied)
    else:  # INSERT OR REPLACE deletes the old row without asking the trigger of DELETE
        again = f"EXISTS (SELECT 1 FROM {table} o WHERE o.id = NEW.id)"  # noqa: S608  # no outside text
        found[f"{table}_not_replaced"] = Guard("INSERT", table, again, replaced)
    return found


def register(room: AppConfig, guards: Callable[[str], Guards]) -> None:
    """Guard the tables of a room, after each migration. `guards` takes the kind of database. Called from `ready`."""
    ROOMS[room.label] = guards
    pre_migrate.connect(_migrating, sender=room, dispatch_uid=f"{room.label}.take_down")
    post_migrate.connect(_migrated, sender=room, dispatch_uid=f"{room.label}.put_up")


def _migrating(sender: AppConfig, using: str, **kwargs: Any) -> None:
    if connections[using].vendor == "sqlite":
        take_down(connections[using], ROOMS[sender.label]("sqlite"))


def _migrated(sender: AppConfig, using: str, **kwargs: Any) -> None:
    put_up(connections[using], ROOMS[sender.label](connections[using].vendor))


def put_up(connection: BaseDatabaseWrapper, guards: Guards) -> None:
    """Create the triggers, replacing earlier ones of these names."""
    tables = set(connection.introspection.table_names())
    path = "" if connection.vendor == "sqlite" else search_path(connection)
    # All or nothing, so that no moment is without them.
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for name, guard in guards.items():
            if guard.table in tables:  # not migrated back to before it
                for statement in _statements(name, guard, path):
                    cursor.execute(statement)


def take_down(connection: BaseDatabaseWrapper, guards: Guards) -> None:
    """Drop the triggers: for a migration of SQLite, and for emptying the database of a test."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, guard in guards.items():
            if guard.table in tables:
                on = f" ON {guard.table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def missing(connection: BaseDatabaseWrapper, guards: Guards) -> list[str]:
    """The guards whose triggers are not there, or are switched off."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' AND NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        there = {name for (name,) in cursor.fetchall()}
    return sorted(set(guards) - there)


def _statements(name: str, guard: Guard, path: str) -> Iterator[str]:
    """What creates a guard. SQLite has no `path`."""
    on_sqlite = not path
    written = guard._asdict() | {
        "name": name,
        "condition": _dialect(guard.condition, on_sqlite),
        "first": _dialect(guard.first, on_sqlite) or "TRUE",
        "of": f" OF {', '.join(guard.columns)}" if guard.columns else "",
    }
    if on_sqlite:
        templates = _SQLITE
    else:
        written |= _WRITTEN.get(guard.event, {}) | {"path": path}
        if guard.event == "TRUNCATE":
            templates = _EMPTIED
        elif guard.first:
            templates = _ONE_BY_ONE
        else:
            templates = _TOGETHER if guard.looks_elsewhere else _ROW_BY_ROW
    return (template.format(**written) for template in templates)


def _dialect(condition: str, on_sqlite: bool) -> str:
    if not on_sqlite:
        return condition.replace("{json}", "")
    return condition.replace("{json}", "json").replace("IS DISTINCT FROM", "IS NOT")


def search_path(connection: BaseDatabaseWrapper) -> str:
    """Where a guard looks for tables, whoever sets it off. A temporary table comes first unless it is named last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        (schema,) = cursor.fetchone()
    return f"pg_catalog, {schema}, pg_temp"


_SQLITE = (
    "DROP TRIGGER IF EXISTS {name}",
    "CREATE TRIGGER {name} BEFORE {event}{of} ON {table} FOR EACH ROW "
    "WHEN ({first}) AND ({condition}) BEGIN SELECT RAISE(ABORT, '{words}'); END",
)
# 23514 is the code of a broken CHECK, so that Django raises IntegrityError as for one.
_REFUSE = (
    "CREATE OR REPLACE FUNCTION guard_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = {path} AS $$ BEGIN "
    "RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = '23514'; END $$"
)
_ROW_BY_ROW = (
    _REFUSE,
    "CREATE OR REPLACE TRIGGER {name} BEFORE {event}{of} ON {table} FOR EACH ROW WHEN ({condition}) "
    "EXECUTE FUNCTION guard_refuse('{words}')",
)
_ONE_BY_ONE = (
    "CREATE OR REPLACE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql SET search_path = {path} AS $$ "
    "BEGIN IF ({condition}) THEN RAISE EXCEPTION '{words}' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
    "CREATE OR REPLACE TRIGGER {name} BEFORE {event}{of} ON {table} FOR EACH ROW WHEN ({first}) "
    "EXECUTE FUNCTION guard_{name}()",
)
_EMPTIED = (
    _REFUSE,
    "CREATE OR REPLACE TRIGGER {name} BEFORE {event} ON {table} FOR EACH STATEMENT "
    "EXECUTE FUNCTION guard_refuse('{words}')",
)
#: What asks other tables asks once for all rows of a statement: the approval of a file writes them by the ten thousand.
#: NEW and OLD are the tables of those rows.
_TOGETHER = (
    "CREATE OR REPLACE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql SET search_path = {path} AS $$ "
    "#variable_conflict use_column\n"
    "BEGIN IF EXISTS (SELECT FROM {rows} WHERE {condition}) "
    "THEN RAISE EXCEPTION '{words}' USING ERRCODE = '23514'; END IF; RETURN NULL; END $$",
    "CREATE OR REPLACE TRIGGER {name} AFTER {event} ON {table} REFERENCING {transition} "
    "FOR EACH STATEMENT EXECUTE FUNCTION guard_{name}()",
)
_WRITTEN = {
    "INSERT": {"transition": "NEW TABLE AS new", "rows": "new"},
    "UPDATE": {"transition": "NEW TABLE AS new OLD TABLE AS old", "rows": "new JOIN old ON old.id = new.id"},
    "DELETE": {"transition": "OLD TABLE AS old", "rows": "old"},
}
