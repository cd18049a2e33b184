"""Four eyes in the database itself: triggers for what a constraint cannot reach, on SQLite and PostgreSQL.

- nothing is approved that has fewer approvals of its content, by others than its maker, than it needs;
- its maker approves nothing, and nobody approves what does not wait for a decision;
- who made what was submitted, its content and how many must approve it never change again;
- nothing is owed to ODIN without an approved change.

They are put in place after every migration, not by one: SQLite drops the triggers of a table that a migration alters.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connections

#: Name of the trigger -> when and on which table, its condition, and what is said.
GUARDS: Mapping[str, tuple[str, str, str]] = {
    "change_born_undecided": (
        "BEFORE INSERT ON changes_change",
        "NEW.state = 'approved'",
        "a change is approved after it was submitted",
    ),
    "change_approved_by_enough": (
        "BEFORE UPDATE ON changes_change",
        """NEW.state = 'approved' AND OLD.state <> 'approved' AND NEW.checkers > (
            SELECT count(*) FROM changes_approval a WHERE a.by_id <> NEW.made_by_id
            AND (a.batch_id = NEW.batch_id OR (a.change_id = NEW.id AND a.content_hash = NEW.content_hash)))""",
        "an approved change needs the approvals of others",
    ),
    "change_kept_as_submitted": (
        "BEFORE UPDATE ON changes_change",
        """OLD.state <> 'draft' AND (NEW.made_by_id <> OLD.made_by_id OR NEW.content_hash <> OLD.content_hash
            OR NEW.checkers <> OLD.checkers OR NEW.kind <> OLD.kind OR NEW.lane <> OLD.lane)""",
        "what was submitted stays as it is",
    ),
    "approval_by_another": (
        "BEFORE INSERT ON changes_approval",
        """EXISTS (SELECT 1 FROM changes_change c WHERE c.id = NEW.change_id
                AND (c.made_by_id = NEW.by_id OR c.state <> 'submitted'))
            OR EXISTS (SELECT 1 FROM batches_batch b WHERE b.id = NEW.batch_id
                AND (b.made_by_id = NEW.by_id OR b.state <> 'submitted'))""",
        "another person approves, while it is submitted",
    ),
    "approval_stays": (
        "BEFORE UPDATE ON changes_approval",
        "TRUE",
        "an approval is given once and never changed",
    ),
    "delivery_of_an_approved_change": (
        "BEFORE INSERT ON delivery_delivery",
        "NOT EXISTS (SELECT 1 FROM changes_change c WHERE c.id = NEW.change_id AND c.state = 'approved')",
        "only an approved change is owed to ODIN",
    ),
}


def put_up(using: str, **kwargs: Any) -> None:
    """Create the triggers. Run after each migration, once all tables are there."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, (when, condition, words) in GUARDS.items():
            if when.rpartition(" ")[2] not in tables or "changes_approval" not in tables:
                continue  # migrated back to before it
            for statement in _CREATE[connection.vendor]:
                cursor.execute(statement.format(name=name, when=when, condition=condition, words=words))


def take_down(using: str, **kwargs: Any) -> None:
    """Drop them before migrations on SQLite, which renames no table that a trigger of another one speaks of."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for name in GUARDS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


_CREATE = {
    "sqlite": (
        "DROP TRIGGER IF EXISTS {name}",
        "CREATE TRIGGER {name} {when} FOR EACH ROW WHEN {condition} BEGIN SELECT RAISE(ABORT, '{words}'); END",
    ),
    "postgresql": (
        # 23514 is the code of a broken CHECK, so that Django raises IntegrityError as for one.
        """CREATE OR REPLACE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF {condition} THEN RAISE EXCEPTION '{words}' USING ERRCODE = '23514'; END IF;
            RETURN NEW; END $$""",
        "CREATE OR REPLACE TRIGGER {name} {when} FOR EACH ROW EXECUTE FUNCTION guard_{name}()",
    ),
}
