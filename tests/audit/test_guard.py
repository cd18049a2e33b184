"""The database itself refuses to change, delete, replace or empty the audit trail, whoever asks."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from backoffice.audit.guard import unguard
from backoffice.audit.models import Entry, Seal
from backoffice.audit.operations import record
from backoffice.audit.seals import seal_new

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def entry(db):
    record("test.first", by=None, subject="HO/RET001", text="First.")
    seal_new()
    return Entry.objects.get()


STATEMENTS = {
    "update": "UPDATE {} SET {} = {}",
    "delete": "DELETE FROM {}",
    "truncate": "TRUNCATE {} CASCADE",
    "replace": "INSERT OR REPLACE INTO {0} SELECT * FROM {0}",
}
ONLY = {"truncate": "postgresql", "replace": "sqlite"}


@pytest.mark.parametrize("table", ["audit_entry", "audit_seal"])
@pytest.mark.parametrize("how", STATEMENTS)
def test_a_row_that_was_written_stays_as_it_was(entry, table, how):
    if ONLY.get(how, connection.vendor) != connection.vendor:
        how = "delete"  # the other database knows no such statement
    column = "text" if table == "audit_entry" else "ids"
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(STATEMENTS[how].format(table, column, "'forged'"))
    assert Entry.objects.get().text == "First."
    assert Seal.objects.get().ids == str(entry.pk)


@pytest.mark.parametrize("model", [Entry, Seal])
def test_the_portal_s_own_code_cannot_either(entry, model):
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.update(**({"text": "forged"} if model is Entry else {"ids": "9"}))
    assert model.objects.count() == 1


def test_writing_goes_on(entry):
    record("test.second", by=None, subject="", text="Second.")
    assert Entry.objects.count() == 2


def test_triggers_that_a_migration_took_along_are_there_again_after_it(entry):
    unguard(connection)  # as SQLite does with those of a table that is made anew
    call_command("migrate", verbosity=0)
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_entry")
