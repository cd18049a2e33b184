"""Migrations of tables that are long on an installation: they keep nobody waiting, and can be repeated.

What PostgreSQL would execute is read by the linter, and by two checks of our own. Migrations of before are named in
LOCKING; the list only gets shorter.
"""

import re
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, models
from django.db.migrations.loader import MigrationLoader
from django_migration_linter.sql_analyser.base import Check, CheckMode, CheckType
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

from accounts.models import BankAccount, DematAccount, RetailUser
from backoffice.audit.models import Entry
from backoffice.batches.models import Row
from backoffice.changes.models import Approval, Change
from backoffice.delivery.models import Attempt, Delivery, Wording
from backoffice.kit.filled_tables import AddCheckInSteps, AddIndexConcurrently, RemoveIndexConcurrently
from limits.models import LimitUpdate

pytestmark = pytest.mark.django_db

#: Tables with at least as many rows as retail users.
LONG = (RetailUser, BankAccount, DematAccount, LimitUpdate, Change, Approval, Row, Delivery, Attempt, Entry)
#: `changes.0002`, `delivery.0002` and those of lists are from before the linter and lock a long table while an index is
#: built, which docs/deployment.md says. The others are of tables that stay short.
LOCKING = {
    ("accounts", "0003_indexes_of_lists"),
    ("batches", "0002_result"),
    ("batches", "0003_summary_and_corrects"),
    ("changes", "0002_result"),
    ("changes", "0004_indexes_of_lists"),
    ("delivery", "0002_held_by"),
    ("delivery", "0003_indexes_of_lists"),
    ("limits", "0002_indexes_of_lists"),
    ("masters", "0002_more_lists"),
    ("partners", "0002_consents_and_keys"),
    ("trading", "0003_own_sessions"),
}


def at_once(statements, **_):
    """Whether rows that are there are compared with a new condition or looked up elsewhere, under a lock."""
    return any(
        re.search(r"ALTER TABLE .* ADD CONSTRAINT .* (CHECK|FOREIGN KEY)", sql)
        and "NOT VALID" not in sql
        and not _is_new(sql, statements)
        for sql in statements
    )


def _is_new(sql, statements):
    table = re.search(r'ALTER TABLE ("[^"]+")', sql)[1]
    return any(other.startswith(f"CREATE TABLE {table}") for other in statements)


class Analyser(PostgresqlAnalyser):
    migration_checks = [
        *PostgresqlAnalyser.migration_checks,
        Check("VALIDATES", at_once, "Rows are checked under a lock", CheckMode.TRANSACTION, CheckType.ERROR),
    ]


def faults(statements):
    """The codes of what is wrong with the statements of a migration."""
    analyser = Analyser(None)
    analyser.analyse(statements)
    return {issue.code for issue in (*analyser.errors, *analyser.warnings)}


@pytest.mark.only_on("postgresql")
@pytest.mark.django_db(transaction=True)
def test_no_new_migration_locks_a_table_that_may_be_filled():
    ours = {config.label for config in apps.get_app_configs() if "site-packages" not in config.path}
    found = {}
    for label, name in sorted(MigrationLoader(connection).graph.nodes):
        if label in ours and not name.startswith("0001_"):  # which make the tables
            sql = call_command("sqlmigrate", label, name, stdout=StringIO())
            if wrong := faults(sql.splitlines()):
                found[label, name] = wrong
    assert {key: wrong for key, wrong in found.items() if key not in LOCKING} == {}
    assert set(found) >= LOCKING, "what is named and locks nothing should be named no more"


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ('CREATE INDEX "i" ON "delivery_delivery" ("lane");', "CREATE_INDEX"),
        ('DROP INDEX IF EXISTS "i";', "DROP_INDEX"),
        ('ALTER TABLE "changes_change" ADD COLUMN "a" integer NOT NULL;', "NOT_NULL"),
        ('ALTER TABLE "changes_change" ALTER COLUMN "a" TYPE bigint;', "ALTER_COLUMN"),
        ('ALTER TABLE "changes_change" ADD CONSTRAINT "c" CHECK ("a" > 0);', "VALIDATES"),
        ('ALTER TABLE "a" ADD CONSTRAINT "c" FOREIGN KEY ("b") REFERENCES "d" ("id");', "VALIDATES"),
    ],
)
def test_the_linter_finds_what_locks(statement, code):
    assert faults([statement]) == {code}


def test_the_linter_passes_what_works_beside_the_portal():
    assert not faults(
        [
            'CREATE INDEX CONCURRENTLY "i" ON "delivery_delivery" ("lane");',
            'DROP INDEX CONCURRENTLY IF EXISTS "i";',
            'ALTER TABLE "changes_change" ADD COLUMN "a" integer NULL;',
            'ALTER TABLE "changes_change" ADD CONSTRAINT "c" CHECK ("a" > 0) NOT VALID;',
            'ALTER TABLE "changes_change" VALIDATE CONSTRAINT "c";',
        ]
    )


@pytest.mark.django_db(transaction=True)
def test_an_index_whose_building_was_interrupted_is_built_at_the_next_try():
    state = MigrationLoader(connection).project_state()
    index = models.Index(fields=["text"], name="attempt_by_words_for_a_test")
    add = AddIndexConcurrently("attempt", index)
    after = state.clone()
    add.state_forwards("delivery", after)

    def indexes():
        with connection.cursor() as cursor:
            return set(connection.introspection.get_constraints(cursor, "delivery_attempt"))

    with connection.schema_editor(atomic=False) as editor:
        add.database_forwards("delivery", editor, state, after)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{index.name}'::regclass"
            )
        with connection.schema_editor(atomic=False) as editor:
            add.database_forwards("delivery", editor, state, after)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT indisvalid FROM pg_index WHERE indexrelid = '{index.name}'::regclass")
            assert cursor.fetchone() == (True,)
    assert index.name in indexes()

    remove = RemoveIndexConcurrently("attempt", index.name)
    with connection.schema_editor(atomic=False) as editor:
        remove.database_forwards("delivery", editor, after, state)
    assert index.name not in indexes()


@pytest.mark.only_on("postgresql")
@pytest.mark.django_db(transaction=True)
def test_an_index_of_a_table_in_partitions_is_built_beside_the_writes_of_each():
    state = MigrationLoader(connection).project_state()
    add = AddIndexConcurrently("entry", models.Index(fields=["text"], name="entry_by_words_for_a_test"))
    after = state.clone()
    add.state_forwards("audit", after)

    def done(way, *states):
        with connection.schema_editor(atomic=False) as editor:
            way("audit", editor, *states)

    def found():
        named = "pg_class JOIN pg_index ON indexrelid = oid WHERE relname ~ 'for_a_test'"
        query = f"SELECT relname, indisvalid FROM {named}"
        with connection.cursor() as cursor:
            cursor.execute(query)
            return dict(cursor.fetchall())

    with connection.cursor() as cursor:  # an earlier try was interrupted
        cursor.execute("CREATE INDEX entry_by_words_for_a_test_1 ON audit_entry_rest (text)")
    done(add.database_forwards, state, after)
    assert found() == {f"entry_by_words_for_a_test{end}": True for end in ("", "_1", "_2")}
    done(RemoveIndexConcurrently("entry", "entry_by_words_for_a_test").database_forwards, after, state)
    assert found() == {}


@pytest.mark.django_db(transaction=True)
def test_a_check_that_is_added_in_steps_holds_for_old_and_new_rows():
    state = MigrationLoader(connection).project_state()
    check = models.CheckConstraint(condition=~models.Q(text="x"), name="wording_for_a_test")
    add = AddCheckInSteps("wording", check)
    after = state.clone()
    add.state_forwards("delivery", after)

    def done(way, *states):
        with connection.schema_editor(atomic=False) as editor:
            way("delivery", editor, *states)

    if connection.vendor == "postgresql":  # SQLite makes the table again, and so looks at all rows
        old = Wording.objects.create(text="x")
        with pytest.raises(IntegrityError):
            done(add.database_forwards, state, after)
        old.delete()
    done(add.database_forwards, state, after)
    with pytest.raises(IntegrityError):
        Wording.objects.create(text="x")
    done(add.database_backwards, after, state)
    Wording.objects.create(text="x")


@pytest.mark.only_on("postgresql")
def test_the_tables_of_the_queue_are_tidied_up_by_numbers_of_rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'delivery_delivery'")
        (options,) = cursor.fetchone()
    assert {"autovacuum_vacuum_scale_factor=0", "autovacuum_vacuum_threshold=20000"} <= set(options)


@pytest.mark.only_on("postgresql")
def test_no_long_table_has_an_index_that_is_the_beginning_of_another():
    found = set()
    with connection.cursor() as cursor:
        for model in LONG:
            table = model._meta.db_table
            indexes = [
                (name, one["columns"], one["unique"])
                for name, one in connection.introspection.get_constraints(cursor, table).items()
                if (one["index"] or one["unique"]) and one.get("type") != "gin" and _is_plain(cursor, name)
            ]
            found |= {
                name
                for name, columns, unique in indexes
                if not unique
                and any(other != name and more[: len(columns)] == columns for other, more, _ in indexes)
            }
    assert not found


def _is_plain(cursor, name):
    """Whether an index is of all rows, by columns alone."""
    plain = "SELECT indpred IS NULL AND indexprs IS NULL FROM pg_index WHERE indexrelid = %s::regclass"
    cursor.execute(plain, [f'"{name}"'])
    return cursor.fetchone()[0]
