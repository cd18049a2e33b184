"""The database itself refuses to change, delete, replace or empty the audit trail, whoever asks."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from backoffice.audit import seals
from backoffice.audit.guard import guard, unguard
from backoffice.audit.models import Entry, LegalHold, Pruning, Seal
from backoffice.audit.operations import record
from backoffice.audit.retention import lift_hold, place_hold
from backoffice.audit.seals import seal_new
from backoffice.copying import insert_rows

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


class TestWhatIsWrittenNext:
    """An entry takes its turn, and so does a seal."""

    def refused(self, words, act):
        with pytest.raises(IntegrityError, match=words), transaction.atomic():
            act()

    def insert(self, **columns):
        """An entry past the portal's code, which would date it itself."""
        entry = Entry(by_name="system", action="test.forged", text="Forged.", **columns)
        fields = [
            field for field in Entry._meta.local_concrete_fields if columns.get("id") or not field.primary_key
        ]
        insert_rows(
            Entry,
            [field.column for field in fields],
            [[field.get_db_prep_save(getattr(entry, field.attname), connection) for field in fields]],
        )

    def test_a_back_dated_entry_with_the_next_id(self, entry):
        past = timezone.now() - timedelta(days=1)
        self.refused("not dated before the newest seal", lambda: self.insert(at=past))
        self.refused("not dated before the newest seal", lambda: self.insert(at=past, id=entry.pk + 1))

    def test_an_entry_that_skips_ids(self, entry):
        self.refused("takes the next id", lambda: self.insert(at=timezone.now(), id=entry.pk + 1_000_000))

    def test_an_entry_dated_a_moment_before_a_seal_is_none_of_these(self, entry):
        self.insert(at=timezone.now() - timedelta(minutes=4))
        assert Entry.objects.count() == 2

    def test_a_seal_of_the_future_does_not_keep_the_portal_from_writing(self, entry):
        unguard(connection)
        Seal.objects.update(at=timezone.now() + timedelta(days=365))
        guard(connection)
        record("test.second", by=None, subject="", text="Second.")
        assert Entry.objects.count() == 2

    @pytest.mark.parametrize(
        "forged",
        [
            {"number": 3},
            {"number": 0},
            {"previous": "f" * 64},
            {"at": datetime(2010, 1, 1, tzinfo=UTC)},
            {"at": datetime(2999, 1, 1, tzinfo=UTC)},
            {"last_id": 0},
        ],
    )
    def test_a_seal_that_does_not_follow_the_newest(self, entry, forged):
        first = Seal.objects.get()
        values = {
            "number": 2, "previous": first.hash, "at": timezone.now(), "last_id": first.last_id, "ids": "",
            "count": 0, "digests": b"", "hash": "e" * 64,
        }  # fmt: skip
        self.refused("follows the newest one", lambda: Seal(**{**values, **forged}).save())

    def test_a_sealer_says_why_it_cannot_seal(self, entry, monkeypatch):
        record("test.second", by=None, subject="", text="Second.")
        later = timezone.now() + timedelta(days=1)
        monkeypatch.setattr(seals.timezone, "now", lambda: later)
        with pytest.raises(IntegrityError, match="dated when it is made"):
            seal_new()


class TestPrunings:
    """Only what is old goes, and only where the trail says so."""

    def insert(self, **columns):
        with (
            pytest.raises(IntegrityError, match="an audit entry written with it says the same"),
            transaction.atomic(),
        ):
            Pruning.objects.create(**columns)

    def test_a_pruning_by_hand(self, entry):
        self.insert(seal_number=1, up_to_id=entry.pk)
        self.insert(seal_number=1, up_to_id=2**62)

    def test_a_pruning_by_hand_with_an_entry_by_hand_of_what_is_young(self, entry):
        seal = Seal.objects.get()
        record(
            "audit.pruned",
            by=None,
            subject="",
            text="",
            details={"seal": 1, "seal_hash": seal.hash, "years": 5},
        )
        self.insert(seal_number=1, up_to_id=entry.pk)


class TestLegalHolds:
    """Placed, lifted once, never deleted."""

    @pytest.fixture
    def hold(self, entry, compliance):
        return place_hold("HO/RET001", by=compliance, reason="Court")

    @pytest.mark.parametrize(
        "columns", [{"subject": "HO/OTHER"}, {"reason": "x"}, {"lifted_at": timezone.now()}]
    )
    def test_it_stays_as_it_was_placed(self, hold, columns):
        with pytest.raises(IntegrityError, match="lifted once"), transaction.atomic():
            LegalHold.objects.filter(pk=hold.pk).update(**columns)

    def test_it_is_not_placed_again_by_taking_the_lifting_back(self, hold, compliance):
        lift_hold(hold.pk, by=compliance, reason="Case closed")
        with pytest.raises(IntegrityError, match="lifted once"), transaction.atomic():
            LegalHold.objects.filter(pk=hold.pk).update(lifted_by=compliance, lifted_at=timezone.now())

    def test_it_is_not_deleted(self, hold):
        with pytest.raises(IntegrityError, match="not deleted"), transaction.atomic():
            LegalHold.objects.filter(pk=hold.pk)._raw_delete("default")


def test_writing_goes_on(entry):
    record("test.second", by=None, subject="", text="Second.")
    assert Entry.objects.count() == 2


def test_triggers_that_a_migration_took_along_are_there_again_after_it(entry):
    unguard(connection)  # as SQLite does with those of a table that is made again
    call_command("migrate", verbosity=0)
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_entry")
