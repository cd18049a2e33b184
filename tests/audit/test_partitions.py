"""The trail in partitions on PostgreSQL: made ahead, guarded as the whole, and dropped whole after their time."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from backoffice.audit import guard, partitions
from backoffice.audit.models import Entry, LegalHold, Pruning, Seal
from backoffice.audit.operations import record
from backoffice.audit.retention import prune
from backoffice.audit.seals import seal_hash, seal_new, verify
from tests.factories import StaffFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("postgresql")]

#: Of the partitions of these tests.
SIZE = 100


def executed(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else None


def names():
    return {name for (name,) in executed("SELECT name FROM audit_entries_partitions()")}


def entry(subject="HO/RET001"):
    return record("delivery.applied", by=None, subject=subject, text="ODIN confirmed it.")


def where(written):
    ((name,),) = executed("SELECT tableoid::regclass::text FROM audit_entry WHERE id = %s", written.pk)
    return name


@pytest.fixture
def small():
    """Partitions of a hundred entries beyond the one that the migration made, whose end the next id is close to."""
    (top,) = sorted(int(name.rpartition("_")[2]) for name in names() if "_to_" in name)
    ((before,),) = executed("SELECT last_value FROM audit_entry_id_seq")
    partitions.put_up(connection, guard.YOUNGEST_YEARS, SIZE)
    executed("SELECT setval('audit_entry_id_seq', %s)", top - 10)
    yield top
    guard.unguard(connection)
    for name in names() - {f"audit_entry_to_{top}", "audit_entry_rest"}:
        executed(f"DROP TABLE {name}")
    for table in ("audit_entry", "audit_seal", "audit_pruning", "audit_legalhold"):
        executed(f"DELETE FROM {table}")
    if f"audit_entry_to_{top}" not in names():
        executed(
            f"CREATE TABLE audit_entry_to_{top} PARTITION OF audit_entry FOR VALUES FROM (MINVALUE) TO ({top})"
        )
    executed("SELECT setval('audit_entry_id_seq', %s)", before)
    guard.guard(connection)


def test_the_next_partition_is_made_before_the_last_is_full_and_once(small):
    assert partitions.make_ahead(connection) == f"audit_entry_to_{small + SIZE}"
    assert partitions.make_ahead(connection) == ""
    written = [entry() for _ in range(20)]
    assert where(written[0]) == f"audit_entry_to_{small}"
    assert where(written[-1]) == f"audit_entry_to_{small + SIZE}"
    seal_new()
    assert verify().fault == ""


def test_entries_are_written_though_beat_was_off_for_long_and_later_partitions_begin_beyond_them(small):
    written = [entry() for _ in range(20)]
    assert where(written[-1]) == "audit_entry_rest"
    assert partitions.make_ahead(connection) == f"audit_entry_to_{small + 2 * SIZE}"
    assert where(entry()) == "audit_entry_rest"
    executed("SELECT setval('audit_entry_id_seq', %s)", small + SIZE + 5)
    assert where(entry()) == f"audit_entry_to_{small + 2 * SIZE}"


def test_a_statement_that_names_a_partition_meets_the_guards(small):
    made = partitions.make_ahead(connection)
    written = entry()
    for name in (where(written), made, "audit_entry_rest"):
        for sql in (f"TRUNCATE {name}", f"DELETE FROM {name}", f"UPDATE {name} SET text = 'forged'"):
            if name != where(written) and not sql.startswith("TRUNCATE"):
                continue  # it holds nothing
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                executed(sql)


def test_a_role_that_owns_nothing_makes_partitions_ahead_and_has_no_rights_on_one(small):
    executed("GRANT SELECT, INSERT, UPDATE, DELETE ON audit_entry_rest TO pg_monitor")
    guard.guard(connection)
    partitions.put_up(connection, guard.YOUNGEST_YEARS, SIZE)
    executed("SET ROLE pg_monitor")
    try:
        made = partitions.make_ahead(connection)
        assert made == f"audit_entry_to_{small + SIZE}"
        for sql in ("SELECT * FROM audit_entry_rest", f"DELETE FROM {made}", f"DROP TABLE {made}"):
            with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
                executed(sql)
    finally:
        executed("RESET ROLE")


@pytest.fixture
def aged():
    """Let all that is written lie so many years back, sealed."""

    def age(years):
        past = timezone.now() - timedelta(days=366 * years)
        guard.unguard(connection)
        Entry.objects.update(at=past)
        guard.guard(connection)
        seal_new()
        guard.unguard(connection)
        executed("UPDATE audit_seal SET at = %s", past)
        for seal in Seal.objects.all():
            Seal.objects.filter(pk=seal.pk).update(hash=seal_hash(seal))
        guard.guard(connection)
        partitions.put_up(connection, guard.YOUNGEST_YEARS, SIZE)

    return age


def test_a_partition_whose_time_is_over_goes_whole_and_the_chain_still_fits(small, aged):
    partitions.make_ahead(connection)
    old = [entry("HO/OLD001") for _ in range(15)]
    aged(9)
    young = entry("HO/NEW001")
    assert prune() == len(old)
    assert f"audit_entry_to_{small}" not in names()
    assert f"audit_entry_to_{small + SIZE}" in names(), "a part of it is young"
    assert set(Entry.objects.values_list("subject", flat=True)) == {"HO/NEW001", ""}
    assert Pruning.objects.get().deleted == len(old)
    seal_new()
    assert verify().fault == ""
    assert Entry.objects.filter(pk=young.pk).exists()


def test_a_partition_with_an_entry_under_a_legal_hold_stays(small, aged):
    partitions.make_ahead(connection)
    entry("HO/OLD001")
    held = entry("HO/HELD01")
    LegalHold.objects.create(subject="HO/HELD01", reason="Court", placed_by=StaffFactory())
    executed("SELECT setval('audit_entry_id_seq', %s)", small + 5)
    entry("HO/OLD001")
    aged(9)
    assert prune() == 2
    assert where(held) == f"audit_entry_to_{small}"
    seal_new()
    assert verify().fault == ""


def test_no_partition_goes_that_is_young_or_that_no_pruning_covers(small, aged):
    partitions.make_ahead(connection)
    executed("SELECT setval('audit_entry_id_seq', %s)", small + 5)
    entry()
    assert partitions.drop_over(connection) == 0
    guard.unguard(connection)
    Pruning.objects.create(seal_number=1, up_to_id=small + 50)
    guard.guard(connection)
    executed("SELECT setval('audit_entry_id_seq', %s)", small - 5)
    entry()
    assert partitions.drop_over(connection) == 0, "it holds an entry of now"


def test_nobody_is_waited_for_while_a_partition_is_made_or_dropped():
    source = executed("SELECT proconfig FROM pg_proc WHERE proname ~ '^audit_entries_(ahead|drop_over)$'")
    assert len(source) == 2
    assert all(f"lock_timeout={partitions.PATIENCE}" in config for (config,) in source)


@pytest.fixture
def older():
    """Replace the trail by one without partitions, with three entries."""
    executed("CREATE SCHEMA older")
    executed("SET search_path = older, public")
    try:
        executed("CREATE TABLE older.audit_entry (LIKE public.audit_entry INCLUDING ALL)")
        executed("ALTER TABLE audit_entry ADD FOREIGN KEY (by_id) REFERENCES logins_user DEFERRABLE")
        executed("GRANT SELECT ON audit_entry TO pg_monitor")
        for _ in range(3):
            entry()
        yield
    finally:
        executed("RESET search_path")
        executed("DROP SCHEMA older CASCADE")


def files():
    """The files of the indexes that hold entries."""
    query = """SELECT pg_relation_filenode(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE c.relkind = 'r' AND c.relname ~ '^audit_entry(_to_|$)' AND c.relnamespace = 'older'::regnamespace"""
    return {file for (file,) in executed(query)}


def converted():
    migration = import_module("backoffice.audit.migrations.0002_partitions")
    with connection.schema_editor(atomic=False) as editor:
        migration.put_in_partitions(apps, editor)


@pytest.mark.parametrize("interrupted", [False, True])
def test_the_trail_of_an_older_version_becomes_the_first_partition_and_nothing_is_built_again(
    older, interrupted
):
    kept, built = list(Entry.objects.order_by("id").values()), files()
    if interrupted:
        executed(
            "ALTER TABLE audit_entry ADD CONSTRAINT audit_entry_to_10000000 CHECK (id < 10000000) NOT VALID"
        )
    converted()
    converted()  # again, as after an interruption that came late
    assert list(Entry.objects.order_by("id").values()) == kept
    assert files() == built
    assert entry().pk == kept[-1]["id"] + 1
    ((children, whole),) = executed(
        """SELECT count(*) FILTER (WHERE c.relname = 'audit_entry_to_10000000'),
            count(*) FILTER (WHERE c.relname = 'audit_entry' AND i.indisvalid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'older'::regnamespace"""
    )
    assert children == whole == len(built)
    assert executed(
        "SELECT count(*) FROM pg_constraint WHERE conrelid = 'audit_entry'::regclass AND contype = 'f'"
    ) == [(1,)]
    assert executed("SELECT has_table_privilege('pg_monitor', 'audit_entry', 'SELECT')") == [(True,)]
