"""The chain of seals: nothing is missed, and whatever is done to entries or seals behind the portal's back is named."""

import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from backoffice.audit import seals
from backoffice.audit.guard import guard, unguard
from backoffice.audit.models import Entry, Seal
from backoffice.audit.operations import record, record_many
from backoffice.audit.seals import ranges, seal_new, spans, verify

pytestmark = pytest.mark.django_db(transaction=True)


def write(count, **values):
    record_many(
        {
            "action": "test.done",
            "by": None,
            "subject": "HO/RET001",
            "text": f"Number {n}",
            "after": {"n": n},
            **values,
        }
        for n in range(count)
    )


@pytest.fixture
def sealed(db):
    """Thirty entries in three seals, and two entries that are not sealed yet."""
    for _ in range(3):
        write(10)
        seal_new()
    write(2)
    return list(Entry.objects.order_by("id").values_list("id", flat=True))


@pytest.fixture
def tamper():
    """Do something to the tables as somebody who took the triggers away."""

    def run(sql, *values):
        unguard(connection)
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
        guard(connection)

    return run


@pytest.fixture
def unchecked():
    """A table of entries whose CHECKs the owner took away."""
    check = "audit_entry_id_from_one"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            yield
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
        else:
            cursor.execute(f"ALTER TABLE audit_entry DROP CONSTRAINT {check}")
            yield
            cursor.execute(f"ALTER TABLE audit_entry ADD CONSTRAINT {check} CHECK (id >= 1) NOT VALID")


def test_what_is_written_is_sealed_once_and_verified(sealed):
    found = verify()
    assert (found.fault, found.entries, found.seals, found.unsealed) == ("", 30, 3, 2)
    assert seal_new() == 2
    assert seal_new() == 0
    assert Seal.objects.count() == 4
    assert verify().unsealed == 0


def test_an_altered_entry_is_named(sealed, tamper):
    tamper("UPDATE audit_entry SET text = 'forged' WHERE id = %s", sealed[14])
    assert verify().fault.startswith(f"Entry {sealed[14]} was altered")


@pytest.mark.parametrize("column", ["by_name", "action", "subject", "reason", "request_id", "at"])
def test_every_column_counts(sealed, tamper, column):
    value = timezone.now() if column == "at" else "forged"
    tamper(f"UPDATE audit_entry SET {column} = %s WHERE id = %s", value, sealed[0])
    assert verify().fault.startswith(f"Entry {sealed[0]} was altered")


def test_a_deleted_entry_is_named(sealed, tamper):
    tamper("DELETE FROM audit_entry WHERE id = %s", sealed[9])
    assert verify().fault.startswith(f"Entry {sealed[9]} is missing")


def test_an_entry_that_was_slipped_in_is_named(sealed, tamper):
    assert verify().fault == ""  # those that are not sealed yet are not covered yet
    tamper("UPDATE audit_entry SET id = %s WHERE id = %s", sealed[-1] + 100, sealed[31])
    seal_new()
    late, slipped_in = record("test.done", by=None, subject="", text="Late."), sealed[-1] + 50
    tamper("UPDATE audit_entry SET id = %s WHERE id = %s", slipped_in, late.pk)
    assert verify().fault == ""  # its number was left out: it may have begun earlier
    stale = Seal.objects.order_by("-number").first()
    forged = {**{f.name: getattr(stale, f.name) for f in Seal._meta.fields if f.name != "id"}, "waiting": []}
    tamper("DELETE FROM audit_seal WHERE number = %s", stale.number)
    last = Seal(**forged)
    last.hash = seals.seal_hash(last)
    last.save()
    assert verify().fault == f"Entry {slipped_in} was slipped in: no seal covers it."


def test_entries_that_changed_places_are_named(sealed, tamper):
    first, second, aside = sealed[3], sealed[4], sealed[-1] + 10_000
    tamper("UPDATE audit_entry SET id = %s WHERE id = %s", aside, first)
    tamper("UPDATE audit_entry SET id = %s WHERE id = %s", first, second)
    tamper("UPDATE audit_entry SET id = %s WHERE id = %s", second, aside)
    assert verify().fault.startswith(f"Entry {first} was altered")


@pytest.mark.parametrize("number", [0, -5])
def test_no_entry_takes_an_id_below_the_first(sealed, number):
    with pytest.raises(IntegrityError, match="audit_entry_id_from_one"), transaction.atomic():
        Entry.objects.create(id=number, by_name="system", action="test.done", text="Slipped in.")


@pytest.mark.parametrize("number", [0, -5])
def test_an_entry_below_the_first_id_is_named_where_it_is(sealed, unchecked, number):
    Entry.objects.create(id=number, by_name="system", action="test.done", text="Slipped in.")
    assert verify().fault == f"Entry {number} was slipped in: ids begin at 1, and no seal covers it."


def test_an_entry_below_the_first_id_is_named_before_there_is_a_seal(db, unchecked):
    Entry.objects.create(id=-5, by_name="system", action="test.done", text="Slipped in.")
    assert verify().fault.startswith("Entry -5 was slipped in")


def test_an_altered_seal_is_named(sealed, tamper):
    tamper("UPDATE audit_seal SET ids = '1-9' WHERE number = 2")
    assert verify().fault == "Seal 2 was altered."


def test_a_deleted_seal_is_named(sealed, tamper):
    tamper("DELETE FROM audit_seal WHERE number = 2")
    assert verify().fault == "Seal 2 is missing."


def test_a_chain_that_was_cut_off_or_written_anew_does_not_have_the_kept_head(sealed, tamper):
    head = verify().head
    assert verify(head).fault == ""
    tamper("DELETE FROM audit_seal WHERE number = 3")
    assert "its end was cut off" in verify(head).fault
    tamper("UPDATE audit_entry SET text = 'forged' WHERE id = %s", sealed[25])
    seal_new()
    assert verify().fault == ""  # rewritten with the portal's own code: only the kept head tells
    assert "is not the one that was kept" in verify(head).fault


def test_an_entry_whose_id_commits_late_is_sealed_by_the_next_seal(sealed, tamper):
    late = sealed[30]
    tamper("UPDATE audit_entry SET id = %s WHERE id = %s", sealed[31] + 1000, late)
    seal_new()
    waiting = [pair[:2] for pair in Seal.objects.order_by("-number").first().waiting]
    assert [late, late] in waiting
    assert verify().fault == ""
    tamper("UPDATE audit_entry SET id = %s WHERE id = %s", late, sealed[31] + 1000)
    tamper("DELETE FROM audit_seal WHERE number = 4")
    seal_new()
    assert verify().entries == 32


def test_an_entry_that_commits_after_a_later_one_was_sealed_first_is_not_missed(db, tamper):
    write(2)
    first = Entry.objects.order_by("id").values_list("id", flat=True)[0]
    tamper("DELETE FROM audit_entry WHERE id = %s", first)  # not there yet for the sealer
    assert seal_new() == 1
    Entry.objects.create(id=first, by_name="system", action="test.done", text="Late.")
    assert seal_new() == 1
    assert verify().fault == ""


def test_an_id_that_was_rolled_back_is_void_after_a_while(monkeypatch, db):
    write(1)
    try:
        with transaction.atomic():
            write(1)
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    write(1)
    seal_new()
    monkeypatch.setattr(seals, "ROLLED_BACK_AFTER", timedelta(0))
    write(1)
    seal_new()
    newest = Seal.objects.order_by("-number").first()
    assert newest.waiting == []
    assert verify().fault == ""


def test_no_entry_is_missed_while_many_write_and_several_seal(db):
    def writer(name):
        try:
            for _ in range(15):
                with transaction.atomic():
                    record("test.done", by=None, subject=name, text="Done.")
        finally:
            connection.close()

    def sealer():
        try:
            for _ in range(10):
                seal_new()
        finally:
            connection.close()

    threads = [threading.Thread(target=writer, args=(f"w{n}",)) for n in range(4)]
    threads += [threading.Thread(target=sealer) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal_new()
    found = verify()
    assert (found.fault, found.entries, found.unsealed) == ("", 60, 0)


@pytest.mark.parametrize(("ids", "text"), [([1, 2, 3, 5], "1-3,5"), ([7], "7"), ([], "")])
def test_ranges_and_back(ids, text):
    assert ranges(ids) == text
    assert [one for first, last in spans(text) for one in range(first, last + 1)] == ids


def test_the_command_says_so_and_exits_with_one(sealed, tamper, capsys):
    call_command("audit_verify", "--print-head")
    printed = capsys.readouterr().out
    assert "30 entries in 3 seals fit, 2 are not sealed yet" in printed
    head = printed.split("Head: ")[1].strip()
    call_command("audit_verify", "--head", head)
    tamper("UPDATE audit_entry SET reason = 'forged' WHERE id = %s", sealed[20])
    with pytest.raises(CommandError, match=f"Entry {sealed[20]} was altered") as failed:
        call_command("audit_verify")
    assert failed.value.returncode == 1
    with pytest.raises(CommandError, match="NUMBER:HASH"):
        call_command("audit_verify", "--head", "nonsense")


class TestForgedPruning:
    """A pruning that somebody wrote, so that what they deleted would not be missed."""

    def pruning(self, seal, up_to_id=None):
        return (
            "INSERT INTO audit_pruning (at, seal_number, up_to_id, deleted) VALUES (%s, %s, %s, 0)",
            timezone.now(),
            seal.number,
            up_to_id or seal.last_id,
        )

    def say_so(self, seal, **details):
        """The entry of a pruning, as the portal would write it now."""
        before = (timezone.now() - timedelta(days=366 * 8)).isoformat()
        said = {"seal": seal.number, "seal_hash": seal.hash, "before": before, "years": 8, **details}
        record("audit.pruned", by=None, subject="", text="30 entries deleted after their time.", details=said)
        seal_new()

    def test_of_a_huge_id_it_hides_nothing_even_from_a_kept_head(self, sealed, tamper):
        head = verify().head
        tamper(*self.pruning(Seal.objects.get(number=3), up_to_id=2**62))
        tamper("DELETE FROM audit_entry WHERE id <= %s", sealed[29])
        fault = verify(head).fault
        assert fault.startswith(f"Entry {sealed[0]} is missing: it was sealed in seal 1.")
        assert "up to seal 3 does not count: no such seal ends with entry 4611686018427387904" in fault
        with pytest.raises(CommandError, match=f"Entry {sealed[0]} is missing"):
            call_command("audit_verify", "--head", head)

    def test_with_no_entry_that_says_so(self, sealed, tamper):
        tamper(*self.pruning(Seal.objects.get(number=2)))
        tamper("DELETE FROM audit_entry WHERE id = %s", sealed[14])
        fault = verify().fault
        assert fault.startswith(f"Entry {sealed[14]} is missing: it was sealed in seal 2.")
        assert "no entry of the trail says so" in fault

    def test_is_named_though_nothing_is_missing(self, sealed, tamper):
        tamper(*self.pruning(Seal.objects.get(number=2)))
        assert "up to seal 2 does not count" in verify().fault

    @pytest.mark.parametrize(
        "details",
        [
            {},
            {"before": "2999-01-01T00:00:00+00:00"},
            {"years": 0, "before": "2999-01-01T00:00:00+00:00"},
            {"before": "2999-01-01"},
            {"before": "nonsense"},
            {"before": None},
            {"years": "many"},
            {"years": 10**30},
        ],
    )
    def test_with_an_entry_of_its_own_of_what_is_young(self, sealed, tamper, details):
        seal = Seal.objects.get(number=2)
        self.say_so(seal, **details)
        tamper(*self.pruning(seal))
        tamper("DELETE FROM audit_entry WHERE id = %s", sealed[14])
        fault = verify().fault
        assert fault.startswith(f"Entry {sealed[14]} is missing: it was sealed in seal 2.")
        assert "its time was not over" in fault

    def test_up_to_a_seal_that_is_dated_long_ago_and_follows_young_ones(self, sealed, tamper):
        past = timezone.now() - timedelta(days=366 * 20)
        seal_new()
        seal = Seal.objects.get(number=4)
        seal.at = past
        tamper("UPDATE audit_seal SET at = %s, hash = %s WHERE number = 4", past, seals.seal_hash(seal))
        seal.refresh_from_db()
        self.say_so(seal)
        tamper(*self.pruning(seal))
        tamper("DELETE FROM audit_entry WHERE id = %s", sealed[14])
        assert verify().fault.startswith(f"Entry {sealed[14]} is missing: it was sealed in seal 2.")

    def test_whose_entry_is_not_sealed(self, sealed, tamper):
        seal = Seal.objects.get(number=1)
        past = timezone.now() - timedelta(days=366 * 20)
        for later in Seal.objects.order_by("number"):
            later.at = past
            previous = Seal.objects.filter(number=later.number - 1).first()
            later.previous = previous.hash if previous else later.previous
            values = past, later.previous, seals.seal_hash(later), later.number
            tamper("UPDATE audit_seal SET at = %s, previous = %s, hash = %s WHERE number = %s", *values)
        seal.refresh_from_db()
        before = (timezone.now() - timedelta(days=366 * 8)).isoformat()
        said = {"seal": 1, "seal_hash": seal.hash, "before": before, "years": 8}
        entry = record("audit.pruned", by=None, subject="", text="Deleted.", details=said)
        tamper(*self.pruning(seal))
        tamper("DELETE FROM audit_entry WHERE id = %s", sealed[4])
        assert f"entry {entry.pk}, which says so, is not sealed" in verify().fault
        seal_new()
        assert verify().fault == ""


def test_a_head_is_compared_however_its_number_is_written(sealed):
    assert "is not the one that was kept" in verify(f"0003:{'f' * 64}").fault
    assert "Seal 0 was kept" in verify(f"0:{'f' * 64}").fault
