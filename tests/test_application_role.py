"""What somebody can do to four eyes and to the trail who has the database role of the portal, and knows its tables.

On PostgreSQL with a role of its own that owns nothing, as `deploy/postgres/roles.sql` sets it up. SQLite has no roles:
there the same statements are tried by whoever can open the file, and nothing keeps them from dropping the triggers
first.
"""

import re
import secrets
import uuid
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from backoffice.audit.guard import guards as audit_guards
from backoffice.audit.models import Entry, LegalHold, Seal
from backoffice.audit.operations import record
from backoffice.audit.seals import seal_new, verify
from backoffice.batches.decide import decisions
from backoffice.batches.models import Batch
from backoffice.changes import operations
from backoffice.changes.guards import guards as changes_guards
from backoffice.changes.models import Approval, Change
from backoffice.delivery.models import Attempt, Delivery
from tests.batches.conftest import checked, submitted  # noqa: F401  # fixtures
from tests.changes.conftest import deposit, propose  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db(transaction=True)

ROLES_SQL = Path(__file__).parent.parent / "deploy" / "postgres" / "roles.sql"
REFUSALS = {
    *(guard.words for vendor in ("postgresql", "sqlite") for guard in changes_guards(vendor).values()),
    *(guard.words for vendor in ("postgresql", "sqlite") for guard in audit_guards(vendor).values()),
    "audit_entry_id_from_one",
    # Each part once: PostgreSQL names the constraint, SQLite its columns.
    "delivery_of_a_part_once",
    "delivery_delivery.change_id, delivery_delivery.part",
    "permission denied",
    "must be owner",
}
NOW = "'2026-11-29 10:00:00+00:00'"


class Attacker:
    """Runs statements as the portal's role, each on its own."""

    def __init__(self, run):
        self._run = run

    def do(self, sql):
        """Run a statement that must be possible."""
        self._run(sql)

    def tries(self, statements):
        """Those of these statements that were done, or failed for another reason than a guard's, with that reason."""
        wrong = []
        for sql in statements:
            try:
                self._run(sql)
            except (DatabaseError, psycopg.Error) as error:
                if not any(words in str(error) for words in REFUSALS):
                    wrong.append((sql, str(error)))
            else:
                wrong.append((sql, "done"))
        return wrong


@pytest.fixture
def attacker(transactional_db):
    if connection.vendor != "postgresql":
        yield Attacker(_in_the_file)
        return
    role, password = f"portal_{secrets.token_hex(4)}", secrets.token_hex(16)
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
        # The functions of the guards must hold even where nobody revoked this right.
        cursor.execute(f"GRANT TEMPORARY ON DATABASE {parameters['dbname']} TO {role}")
    try:
        with psycopg.connect(**{**parameters, "user": role, "password": password}, autocommit=True) as opened:
            yield Attacker(opened.execute)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY {role}")
            cursor.execute(f"DROP ROLE {role}")


def _in_the_file(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def approve(change, by):
    return operations.approve(change.pk, by=by, content_hash=change.content_hash)


def copied(table, **columns):
    """INSERT of a copy of the newest row of a table, with other columns."""
    with connection.cursor() as cursor:
        names = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    names.remove("id") if "id" not in columns else None
    into = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(str(columns.get(name, f'"{name}"')) for name in names)
    return f"INSERT INTO {table} ({into}) SELECT {values} FROM {table} ORDER BY id DESC LIMIT 1"


def test_changes_and_approvals(attacker, propose, deposit, maker, checker, other_checker):  # noqa: F811
    waiting = propose()
    first = deposit("1000000.01")
    approve(first, checker)
    rejected = propose(user_id="REJECTED", email="rejected@example.com")
    operations.reject(rejected.pk, by=checker, reason="No")
    approved = propose(user_id="APPROVED", email="approved@example.com")
    approve(approved, checker)
    draft = operations.save_draft("create_retail_user", {}, by=maker, token=uuid.uuid4())
    now_approved = f"state = 'approved', decided_at = {NOW}, decided_by_id"
    on = f"UPDATE changes_change SET {{}} WHERE id = {waiting.pk}"
    common = {"token": f"'{uuid.uuid4().hex}'", "batch_id": "NULL", "row_number": "NULL"}
    Change.objects.filter(pk=draft.pk).update(
        subject="HO/X", content_hash="f" * 64, submitted_at=timezone.now()
    )
    assert (
        attacker.tries(
            [
                # Approved without whom it needs.
                on.format(f"{now_approved} = {checker.pk}"),
                on.format(f"checkers = 0, {now_approved} = NULL"),
                f"UPDATE changes_change SET {now_approved} = {other_checker.pk} WHERE id = {first.pk}",
                f"UPDATE changes_change SET {now_approved} = {checker.pk} WHERE id = {rejected.pk}",
                f"UPDATE changes_change SET state = 'submitted', checkers = 0 WHERE id = {draft.pk}",
                f"UPDATE changes_change SET checkers = 0, {now_approved} = NULL WHERE id = {draft.pk}",
                copied("changes_change", **common, state="'submitted'", checkers=0),
                copied("changes_change", **common, state="'approved'", decided_by_id=checker.pk),
                copied("changes_change", **common, state="'rejected'"),
                # Another content than was submitted.
                *(
                    on.format(f"{column} = {value}")
                    for column, value in {
                        "messages": "'[]'",
                        '"values"': '\'{"name": "Other"}\'',
                        "message_adds": "'[\"name\"]'",
                        '"before"': "'{}'",
                        "findings": "'[1]'",
                        "risks": "'[\"large\"]'",
                        "amount": "1",
                        "reason": "'other'",
                        "subject": "'HO/OTHER'",
                        "kind": "'square_off'",
                        "content_hash": f"'{'f' * 64}'",
                        "made_by_id": other_checker.pk,
                        "record_version": 7,
                        "id": 100000,
                        "state": "'draft'",
                    }.items()
                ),
                # A decision that is altered or taken back.
                f"UPDATE changes_change SET decided_by_id = {other_checker.pk} WHERE id = {approved.pk}",
                f"UPDATE changes_change SET decision_reason = 'other' WHERE id = {rejected.pk}",
                f"UPDATE changes_change SET state = 'submitted', decided_by_id = NULL WHERE id = {rejected.pk}",
                f"UPDATE changes_change SET state = 'withdrawn' WHERE id = {approved.pk}",
                f"DELETE FROM changes_change WHERE id = {waiting.pk}",
                # Approvals.
                "DELETE FROM changes_approval",
                f"UPDATE changes_approval SET by_id = {other_checker.pk}",
                f"UPDATE changes_approval SET change_id = {waiting.pk}",
                copied("changes_approval", change_id=approved.pk, by_id=other_checker.pk),
                copied("changes_approval", change_id=draft.pk, by_id=other_checker.pk),
                copied("changes_approval", change_id=999999, by_id=other_checker.pk),
                copied(
                    "changes_approval",
                    change_id=waiting.pk,
                    by_id=maker.pk,
                    content_hash=f"'{waiting.content_hash}'",
                ),
                copied(
                    "changes_approval",
                    change_id=waiting.pk,
                    by_id=other_checker.pk,
                    content_hash=f"'{'f' * 64}'",
                ),
            ]
        )
        == []
    )
    waiting.refresh_from_db()
    assert waiting.state == "submitted"
    assert approve(first, other_checker).state == "approved"


def test_approval_rules(attacker, admin, django_user_model, maker, checker):
    from tests.factories import set_rule

    set_rule("square_off", checkers=2)
    rule = "INSERT INTO changes_approvalrule (kind, checkers, above, version, set_at) VALUES ('{}', 0, NULL, {}, {})"
    assert (
        attacker.tries(
            [
                rule.format("cash_deposit", 1, NOW),
                rule.format("cash_deposit", 2, NOW),
                "UPDATE changes_approvalrule SET checkers = 0",
                "UPDATE changes_approvalrule SET checkers = 0, version = version + 1",
                "UPDATE changes_approvalrule SET version = 1",
                "UPDATE changes_approvalrule SET kind = 'cash_deposit'",
                "DELETE FROM changes_approvalrule",
            ]
        )
        == []
    )


def test_files(attacker, submitted, checked, maker, checker, other_checker):  # noqa: F811
    waiting, done = submitted(good=2), submitted(good=1)
    decisions.approve(done.pk, by=checker, content_hash=done.content_hash)
    fresh = checked(good=1)
    on = f"UPDATE batches_batch SET {{}} WHERE id = {waiting.pk}"
    assert (
        attacker.tries(
            [
                on.format(f"state = 'approved', decided_by_id = {checker.pk}"),
                on.format("state = 'checked'"),
                on.format(f"content_hash = '{'f' * 64}'"),
                on.format("kind = 'cash_deposit'"),
                on.format("mode = 'all'"),
                on.format("sha256 = 'f'"),
                on.format(f"made_by_id = {other_checker.pk}"),
                f"UPDATE batches_batch SET state = 'submitted' WHERE id = {done.pk}",
                f"UPDATE batches_batch SET state = 'approved' WHERE id = {fresh.pk}",
                copied("batches_batch", state="'approved'", token=f"'{uuid.uuid4().hex}'"),
                f"DELETE FROM batches_batch WHERE id = {waiting.pk}",
                f"UPDATE changes_change SET state = 'approved', decided_at = {NOW}, decided_by_id = {checker.pk} "
                f"WHERE batch_id = {waiting.pk}",
                f"UPDATE changes_change SET batch_id = {done.pk}, row_number = 9 WHERE batch_id = {waiting.pk}",
                copied(
                    "changes_change",
                    batch_id=done.pk,
                    row_number=9,
                    state="'submitted'",
                    decided_by_id="NULL",
                ),
                f"INSERT INTO changes_approval (batch_id, by_id, at, content_hash, reason) "
                f"VALUES ({waiting.pk}, {maker.pk}, {NOW}, '{waiting.content_hash}', '')",
                f"INSERT INTO changes_approval (batch_id, by_id, at, content_hash, reason) "
                f"VALUES ({waiting.pk}, {checker.pk}, {NOW}, '{'f' * 64}', '')",
            ]
        )
        == []
    )
    assert decisions.approve(waiting.pk, by=checker, content_hash=waiting.content_hash).rows == 2


def test_deliveries_and_attempts(attacker, propose, deposit, maker, checker, other_checker):  # noqa: F811
    create = approve(propose(), checker).deliveries.get()
    waiting = propose(user_id="WAITING", email="waiting@example.com")
    money = approve(deposit("100.00"), checker).deliveries.get()
    Attempt.objects.create(
        delivery=create, number=1, request="63=FT1.0|64=301", outcome="applied", answer="19=Ok"
    )
    Delivery.objects.filter(pk=create.pk).update(state="applied", finished_at=timezone.now())
    Delivery.objects.filter(pk=money.pk).update(state="unknown", needs_person=True, doubted=True)
    on, of_money = (f"UPDATE delivery_delivery SET {{}} WHERE id = {pk}" for pk in (create.pk, money.pk))
    queued = {"state": "'queued'", "finished_at": "NULL"}
    proposed = f"proposed = 'applied', proposed_by_id = {checker.pk}"
    assert (
        attacker.tries(
            [
                # What was not approved, or was sent already.
                copied(
                    "delivery_delivery",
                    change_id=waiting.pk,
                    reference="'R1'",
                    state="'queued'",
                    finished_at="NULL",
                ),
                copied(
                    "delivery_delivery",
                    change_id=999999,
                    reference="'R1'",
                    state="'queued'",
                    finished_at="NULL",
                ),
                copied("delivery_delivery", change_id=create.change_id, reference="''", **queued),
                copied("delivery_delivery", state="'queued'", reference="'R2'"),
                on.format("state = 'queued', finished_at = NULL"),
                on.format("state = 'refused'"),
                on.format("message_type = 303"),
                on.format("lane = 'HO/OTHER'"),
                on.format("part = 1"),
                on.format(f"ahead = {'1' if connection.vendor == 'sqlite' else 'true'}"),
                on.format("reference = 'AGAIN'"),
                on.format(f"content_hash = '{'f' * 64}'"),
                on.format(f"change_id = {money.change_id}"),
                f"DELETE FROM delivery_delivery WHERE id = {create.pk}",
                # Money whose outcome is unknown.
                of_money.format("needs_person = false, next_try_at = NULL"),
                of_money.format(f"state = 'applied', needs_person = false, finished_at = {NOW}"),
                of_money.format(
                    f"state = 'refused', finished_at = {NOW}, {proposed}, settled_by_id = {other_checker.pk}"
                ),
                of_money.format("state = 'queued', needs_person = false"),
                of_money.format(f"proposed = 'applied', proposed_by_id = {maker.pk}"),
                of_money.format(f"{proposed}, settled_by_id = {other_checker.pk}"),
                # Attempts.
                "UPDATE delivery_attempt SET request = '63=FT1.0|64=303'",
                "UPDATE delivery_attempt SET outcome = 'refused'",
                "UPDATE delivery_attempt SET answer = '19=No'",
                f"UPDATE delivery_attempt SET delivery_id = {money.pk}",
                "DELETE FROM delivery_attempt",
            ]
        )
        == []
    )
    attacker.do(of_money.format(proposed))
    settled = f"needs_person = false, finished_at = {NOW}, proposed_by_id = NULL, settled_by_id"
    assert (
        attacker.tries(
            [
                of_money.format(f"state = 'applied', {settled} = {checker.pk}"),
                of_money.format(f"state = 'applied', {settled} = {maker.pk}"),
                of_money.format(f"state = 'applied', {settled} = NULL"),
                of_money.format(f"state = 'refused', {settled} = {other_checker.pk}"),
                of_money.format(f"needs_person = false, settled_by_id = {other_checker.pk}"),
            ]
        )
        == []
    )
    attacker.do(of_money.format(f"state = 'applied', {settled} = {other_checker.pk}"))


def test_the_trail(attacker, compliance):
    record("test.first", by=None, subject="HO/RET001", text="First.")
    LegalHold.objects.create(subject="HO/RET001", reason="Court", placed_by=compliance)
    seal_new()
    seal = Seal.objects.get()
    old = {"at": "'2026-01-01 10:00:00+00:00'"}
    pruning = "INSERT INTO audit_pruning (at, seal_number, up_to_id, deleted) VALUES ({}, 1, {}, 0)"
    said = f'{{"seal": 1, "seal_hash": "{seal.hash}", "before": "2030-01-01T00:00:00+00:00", "years": 5}}'
    attacker.do(copied("audit_entry", action="'audit.pruned'", details=f"'{said}'", at="CURRENT_TIMESTAMP"))
    assert (
        attacker.tries(
            [
                "UPDATE audit_entry SET text = 'forged'",
                "DELETE FROM audit_entry",
                copied("audit_entry", **old),
                copied("audit_entry", id="id + 1", **old),
                copied("audit_entry", id=0, at="CURRENT_TIMESTAMP"),
                copied("audit_entry", id=-5, at="CURRENT_TIMESTAMP"),
                copied("audit_entry", id=2**40, at="CURRENT_TIMESTAMP"),
                "UPDATE audit_seal SET ids = ''",
                "DELETE FROM audit_seal",
                copied("audit_seal", number=2, **old),
                copied("audit_seal", number=2, previous="hash", at="'2999-01-01 10:00:00+00:00'"),
                copied("audit_seal", number=3, previous="hash", at="CURRENT_TIMESTAMP"),
                pruning.format(NOW, seal.last_id),
                pruning.format(NOW, 2**62),
                "UPDATE audit_legalhold SET subject = 'HO/OTHER'",
                "DELETE FROM audit_legalhold",
            ]
        )
        == []
    )
    seal_new()
    assert verify().fault == ""


@pytest.mark.only_on("postgresql")
def test_temporary_tables_named_like_ours_satisfy_no_guard(attacker, propose, checker, other_checker):  # noqa: F811
    change = propose()
    record("test.first", by=None, subject="HO/RET001", text="First.")
    seal_new()
    entry = Entry.objects.first()
    for table in (
        "audit_entry", "audit_seal", "audit_pruning", "audit_legalhold", "changes_approval", "changes_change",
        "changes_approvalrule", "batches_batch", "new", "old",
    ):  # fmt: skip
        like = "changes_change" if table in ("new", "old") else table
        attacker.do(f"CREATE TEMPORARY TABLE {table} AS SELECT * FROM public.{like}")
    attacker.do("SET search_path = pg_temp, public")
    attacker.do(f"INSERT INTO audit_pruning VALUES (1, {NOW}, 1, {entry.pk + 1000}, 0)")
    attacker.do("UPDATE audit_entry SET at = '2001-01-01'")
    attacker.do(
        f"INSERT INTO changes_approval VALUES (1, {NOW}, '{change.content_hash}', '', NULL, {checker.pk}, {change.pk})"
    )
    attacker.do("UPDATE changes_change SET state = 'approved'")
    attacker.do(f"INSERT INTO changes_approvalrule VALUES (1, '{change.kind}', 0, NULL, 1, {NOW})")
    assert (
        attacker.tries(
            [
                "DELETE FROM public.audit_entry",
                "INSERT INTO public.audit_pruning (at, seal_number, up_to_id, deleted) "
                f"VALUES ({NOW}, 1, {entry.pk}, 0)",
                f"UPDATE public.changes_change SET state = 'approved', decided_at = {NOW}, "
                f"decided_by_id = {checker.pk}",
                f"INSERT INTO public.delivery_delivery (change_id, message_type, lane, part, content_hash, reference, "
                "priority, ahead, paused, let_through, state, reason, needs_person, proposed, doubted, "
                f"attempt_count, code, text, created_at) VALUES ({change.pk}, 301, 'HO/X', 0, '', '', 0, false, "
                f"false, false, 'queued', '', false, '', false, 0, '', '', {NOW})",
                copied(
                    "changes_change", state="'submitted'", checkers=0, token=f"'{uuid.uuid4().hex}'"
                ).replace("INTO changes_change", "INTO public.changes_change"),
            ]
        )
        == []
    )
    assert Change.objects.get().state == "submitted"
    assert Approval.objects.count() == 0


@pytest.mark.only_on("postgresql")
def test_guards_and_tables_are_not_the_roles_to_take_away(attacker, propose):  # noqa: F811
    propose()
    assert (
        attacker.tries(
            [
                *(
                    f"TRUNCATE {table} CASCADE"
                    for table in (
                        "audit_entry",
                        "audit_seal",
                        "changes_change",
                        "changes_approval",
                        "delivery_delivery",
                    )
                ),
                "ALTER TABLE changes_change DISABLE TRIGGER ALL",
                "ALTER TABLE changes_change DROP CONSTRAINT change_needs_four_eyes",
                "DROP TRIGGER change_kept ON changes_change",
                "DROP TABLE audit_entry",
                "CREATE OR REPLACE FUNCTION public.guard_refuse() RETURNS trigger LANGUAGE plpgsql "
                "AS $$ BEGIN RETURN NEW; END $$",
                "CREATE RULE nothing AS ON INSERT TO audit_entry DO INSTEAD NOTHING",
                "SET session_replication_role = replica",
                "SELECT setval('audit_entry_id_seq', 1000000)",
                "CREATE SCHEMA evil",
            ]
        )
        == []
    )


@pytest.mark.only_on("postgresql")
def test_the_roles_of_the_documents_can_do_what_they_need_and_no_more():
    """The commands of `deploy/postgres/roles.sql`, on a database of their own."""
    mark = secrets.token_hex(4)
    passwords = {"owner_password": secrets.token_hex(16), "portal_password": secrets.token_hex(16)}
    sql = re.sub(r"^--.*$", "", ROLES_SQL.read_text(), flags=re.MULTILINE)
    sql = re.sub(r":'(\w+)'", lambda found: f"'{passwords[found[1]]}'", sql)
    sql = re.sub(r"\bportal(_owner)?\b", lambda found: f"{found[0]}_{mark}", sql)
    owner, portal = re.findall(r"CREATE ROLE (\w+) LOGIN PASSWORD '(\w+)'", sql)
    before, _, after = sql.partition(f"\\connect portal_{mark}")
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    inside = {**parameters, "dbname": f"portal_{mark}"}
    with psycopg.connect(**parameters, autocommit=True) as server:
        try:
            _run_all(server, before)
            with psycopg.connect(**inside, autocommit=True) as database:
                _run_all(database, after)
            with psycopg.connect(
                **{**inside, "user": owner[0], "password": owner[1]}, autocommit=True
            ) as own:
                own.execute("CREATE TABLE kept (id bigint GENERATED BY DEFAULT AS IDENTITY, text text)")
            with psycopg.connect(
                **{**inside, "user": portal[0], "password": portal[1]}, autocommit=True
            ) as own:
                own.execute("INSERT INTO kept (text) VALUES ('x')")
                own.execute("UPDATE kept SET text = 'y'")
                own.execute("DELETE FROM kept")
                refused = [
                    "CREATE TEMPORARY TABLE kept (id bigint)",
                    "CREATE TABLE public.other (id bigint)",
                    "CREATE FUNCTION public.other() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                    "TRUNCATE kept",
                    "ALTER TABLE kept DISABLE TRIGGER ALL",
                    "SELECT setval('kept_id_seq', 5)",
                ]
                assert Attacker(own.execute).tries(refused) == []
        finally:
            server.execute(f"DROP DATABASE IF EXISTS portal_{mark} WITH (FORCE)")
            for role, _ in (owner, portal):
                server.execute(f"DROP ROLE IF EXISTS {role}")


def _run_all(opened, sql):
    for statement in sql.split(";"):
        if statement.strip():
            opened.execute(statement)


def test_a_file_that_nobody_approved_stays_as_it_was(attacker, submitted, checker):  # noqa: F811
    batch = submitted(good=1)
    assert attacker.tries([f"UPDATE batches_batch SET state = 'approved' WHERE id = {batch.pk}"]) == []
    assert Batch.objects.get(pk=batch.pk).state == "submitted"
