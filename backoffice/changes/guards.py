"""Four eyes in the database itself: triggers for what a constraint cannot reach, on SQLite and PostgreSQL.

- nothing is approved that has fewer approvals of its content, by others than its maker, than it needs;
- its maker approves nothing, and nobody approves what does not wait for a decision;
- who made what was submitted, its content, its file and how many must approve it never change again, and it is never
  deleted;
- nothing is owed to ODIN without an approved change, which stays its own: this takes the place of a foreign key, which
  PostgreSQL would look up row by row.

They are put in place after every migration, not by one: SQLite drops the triggers of a table that a migration alters.
On PostgreSQL they stay meanwhile; a migration that changes the type of a column that one of them names drops that one.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import connections, transaction


class Guard(NamedTuple):
    """What may not happen to a row: the event, on which table, the condition over NEW and OLD, and what is said.

    `looks_elsewhere`: the condition asks other tables.
    """

    event: str
    table: str
    condition: str
    words: str
    looks_elsewhere: bool = False


#: By the names of the triggers.
GUARDS: Mapping[str, Guard] = {
    "change_born_undecided": Guard(
        "INSERT",
        "changes_change",
        "NEW.state = 'approved'",
        "a change is approved after it was submitted",
    ),
    "change_of_a_submitted_file": Guard(
        "INSERT",
        "changes_change",
        "coalesce((SELECT b.state FROM batches_batch b WHERE b.id = NEW.batch_id), 'submitted') <> 'submitted'",
        "a file has the changes with which it was submitted",
        looks_elsewhere=True,
    ),
    "change_approved_by_enough": Guard(
        "UPDATE",
        "changes_change",
        """NEW.state = 'approved' AND OLD.state <> 'approved' AND NEW.checkers > (
            SELECT count(*) FROM changes_approval a WHERE a.by_id <> NEW.made_by_id
            AND (a.batch_id = NEW.batch_id OR (a.change_id = NEW.id AND a.content_hash = NEW.content_hash)))""",
        "an approved change needs the approvals of others",
        looks_elsewhere=True,
    ),
    "change_kept_as_submitted": Guard(
        "UPDATE",
        "changes_change",
        """NEW.id <> OLD.id OR (OLD.state <> 'draft' AND (NEW.made_by_id <> OLD.made_by_id
            OR NEW.content_hash <> OLD.content_hash OR NEW.checkers <> OLD.checkers OR NEW.kind <> OLD.kind
            OR NEW.lane <> OLD.lane OR NEW.state = 'draft'
            OR coalesce(NEW.batch_id, 0) <> coalesce(OLD.batch_id, 0)
            OR coalesce(NEW.row_number, 0) <> coalesce(OLD.row_number, 0)))""",
        "what was submitted stays as it is",
    ),
    "change_kept": Guard(
        "DELETE",
        "changes_change",
        "OLD.state <> 'draft'",
        "what was submitted is kept",
    ),
    "approval_by_another": Guard(
        "INSERT",
        "changes_approval",
        """EXISTS (SELECT 1 FROM changes_change c WHERE c.id = NEW.change_id
                AND (c.made_by_id = NEW.by_id OR c.state <> 'submitted'))
            OR EXISTS (SELECT 1 FROM batches_batch b WHERE b.id = NEW.batch_id
                AND (b.made_by_id = NEW.by_id OR b.state <> 'submitted'))""",
        "another person approves, while it is submitted",
        looks_elsewhere=True,
    ),
    "approval_stays": Guard(
        "UPDATE",
        "changes_approval",
        "TRUE",
        "an approval is given once and never changed",
    ),
    "delivery_of_an_approved_change": Guard(
        "INSERT",
        "delivery_delivery",
        # A value and not EXISTS: so it is found by its key, whatever PostgreSQL believes of how many are approved.
        "coalesce((SELECT c.state FROM changes_change c WHERE c.id = NEW.change_id), '') <> 'approved'",
        "only an approved change is owed to ODIN",
        looks_elsewhere=True,
    ),
    "delivery_of_this_change": Guard(
        "UPDATE",
        "delivery_delivery",
        "NEW.change_id <> OLD.change_id",
        "a delivery stays that of its change",
    ),
}


def put_up(using: str, **kwargs: Any) -> None:
    """Create the triggers. Run after each migration, once all tables are there."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    # All or nothing, so that no moment is without them.
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for name, guard in GUARDS.items():
            if guard.table not in tables or "changes_approval" not in tables:
                continue  # migrated back to before it
            for statement in _statements(connection.vendor, guard):
                cursor.execute(
                    statement.format(name=name, **guard._asdict(), **_WRITTEN.get(guard.event, {}))
                )


def take_down(using: str, **kwargs: Any) -> None:
    """Drop them before migrations on SQLite, which renames no table that a trigger of another one speaks of."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for name in GUARDS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def _statements(vendor: str, guard: Guard) -> tuple[str, ...]:
    if vendor == "sqlite":
        return _SQLITE
    return _TOGETHER if guard.looks_elsewhere else _ROW_BY_ROW


_SQLITE = (
    "DROP TRIGGER IF EXISTS {name}",
    "CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {condition} "
    "BEGIN SELECT RAISE(ABORT, '{words}'); END",
)
# 23514 is the code of a broken CHECK, so that Django raises IntegrityError as for one.
_ROW_BY_ROW = (
    "CREATE OR REPLACE FUNCTION guard_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = '23514'; END $$",
    "CREATE OR REPLACE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN ({condition}) "
    "EXECUTE FUNCTION guard_refuse('{words}')",
)
#: What asks other tables asks once for all rows of a statement: the approval of a file writes them by the ten thousand.
#: NEW and OLD are the tables of those rows.
_TOGETHER = (
    "CREATE OR REPLACE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ #variable_conflict use_column\n"
    "BEGIN IF EXISTS (SELECT FROM {rows} WHERE {condition}) "
    "THEN RAISE EXCEPTION '{words}' USING ERRCODE = '23514'; END IF; RETURN NULL; END $$",
    "CREATE OR REPLACE TRIGGER {name} AFTER {event} ON {table} REFERENCING {transition} "
    "FOR EACH STATEMENT EXECUTE FUNCTION guard_{name}()",
)
_WRITTEN = {
    "INSERT": {"transition": "NEW TABLE AS new", "rows": "new"},
    "UPDATE": {"transition": "NEW TABLE AS new OLD TABLE AS old", "rows": "new JOIN old ON old.id = new.id"},
}
