"""Checking a file: what is stored of each row, continuing after a stop, checking rows again."""

import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.batches import fixing
from backoffice.batches.check import checking, cleaning, offers, summary
from backoffice.batches.check.cleaning import Cleaning
from backoffice.batches.decide import decisions
from backoffice.batches.errors import FileProblem, LeaseLost
from backoffice.batches.file import uploads
from backoffice.batches.file.matching import match, problems
from backoffice.batches.file.reading import inspect
from backoffice.batches.models import Batch, Row, RowState, State
from backoffice.changes.kinds import file_kind, file_kinds
from backoffice.changes.kinds import kind as change_kind
from backoffice.changes.models import Change
from backoffice.changes.operations import examine, submit
from backoffice.delivery.content import content_hash, one
from backoffice.protocol.message import clean
from backoffice.seal import unseal_values
from tests.batches.files import as_csv, example_row
from tests.factories import BankAccountFactory, RetailUserFactory

CREATE, UPDATE = "create_retail_user", "update_retail_user"
TOKEN = uuid.uuid4()

pytestmark = pytest.mark.django_db


@pytest.fixture
def upload(maker, settings, tmp_path):
    """A batch of a file, ready to be checked."""
    settings.VAR_DIR = tmp_path

    def make(slug, content):
        stored = uploads.store([content if isinstance(content, bytes) else content.encode()])
        inspected = inspect(uploads.path_of(stored.name), "file.csv")
        layout = file_kind(slug).layout
        names = match(layout, inspected.headers)
        assert problems(layout, inspected.headers, names) == []
        return Batch.objects.create(
            kind=slug,
            state=State.CHECKING,
            file_name="file.csv",
            path=stored.name,
            sha256=stored.sha256,
            size=stored.size,
            shape=inspected.shape,
            headers=inspected.headers,
            mapping=names,
            made_by=maker,
            lease_token=TOKEN,
        )

    return make


@pytest.fixture
def check(upload):
    """Check a whole file and give its rows."""

    def run(slug, *rows, **options):
        batch = upload(slug, as_csv(*rows, **options))
        with checking.Checking(batch, TOKEN) as going:
            while going.step():
                pass
        return list(batch.rows.order_by("number"))

    return run


def said(row):
    """The findings of a row as path and rule."""
    return [(finding["path"], finding["rule"]) for finding in row.findings]


def create(**changed):
    return example_row(CREATE, **changed)


def another(**changed):
    """A creation that shares nothing with the example."""
    return create(
        user_id="OTHER1",
        name="Ravi Khan",
        gender="M",
        pan="BBBPK4321B",
        mobile="9812345678",
        bank_1_account_no="99887766",
        demat_1_beneficiary_id="87654321",
        **changed,
    )


def test_a_good_row_is_stored_as_a_change_and_its_deliveries_will_need_it(check):
    (row,) = check(CREATE, create(password="Sesame42", reference="REF1"))
    assert (row.state, row.number, row.lane, row.reference) == (RowState.GOOD, 2, "HO/WEBRET1", "REF1")
    assert row.findings == []
    assert row.messages == [{"type": 301, "values": row.values}]
    assert row.content_hash == content_hash(row.messages)
    assert row.owed == [[301, "REF1", content_hash(one(301, row.values))]]
    assert (row.record_version, row.before, row.amount) == (0, None, None)
    assert unseal_values(row.values)["password"].reveal() == "Sesame42"


def test_nothing_that_is_stored_shows_a_password(check):
    (row,) = check(CREATE, create(password="Sesame42"))
    assert "Sesame42" not in str(Row.objects.filter(pk=row.pk).values().get())


def test_names_of_codes_become_codes(check):
    (row,) = check(
        CREATE,
        create(
            status="active",
            trading_segments="NSE Cash; 3,bse derivatives",
            bank_1_account_type="Savings",
            birth_date="1985-01-21",
        ),
    )
    assert row.values["status"] == "A"
    assert row.values["trading_segments"] == ["1", "3", "4"]
    assert row.values["banks"][0]["account_type"] == "SB"
    assert row.values["birth_date"] == "21-01-1985"
    assert row.state == RowState.GOOD


def test_an_empty_cell_takes_the_value_with_which_the_form_starts(check):
    (row,) = check(CREATE, create(status="", poa="", category=""))
    assert [row.values[name] for name in ("status", "poa", "category")] == ["A", "2", "4"]


@pytest.mark.parametrize("slug", file_kinds())
def test_the_example_of_every_template_has_no_error_once_the_user_is_here(check, slug):
    if slug not in (CREATE, "register_retail_user"):
        kind = "0" if slug == "convert_retail_user" else "1"
        RetailUserFactory(
            user_id="WEBRET1", group_id="HO", status="I", mobile="", pan="AAAPR1234C", odin_user_type=kind
        )
    (row,) = check(slug, example_row(slug))
    assert [finding for finding in row.findings if finding["severity"] == "error"] == []
    assert row.state in (RowState.GOOD, RowState.WARNED)
    assert row.content_hash == content_hash(row.messages)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"city": "x" * 41},
        {"pan": "abcde"},
        {"products": ["2", "3"], "client_type": "", "tax_status": ""},
        {"birth_date": ""},
        {"mobile": "12"},
        {"name": "Rao, Asha | B"},
        {"banks": [{"bank_id": "HDFC", "account_no": "", "account_type": "XX"}]},
        {"demats": []},
        {"poa": "7", "orders_per_second": "0", "status": "Z"},
        {"user_id": "TAKEN"},
        {"password": "short"},
    ],
)
def test_a_row_has_the_findings_of_the_form(check, changed):
    """Values typed on the page and written in a file give the same findings, word for word."""
    RetailUserFactory(user_id="TAKEN", group_id="HO", pan="AAAPR1234C")
    BankAccountFactory(account_no="04874562102145", bank_id="HDFC")
    message = change_kind(CREATE).message
    values = clean(message, {**_typed(), **changed})
    cells = {}
    for name, value in values.items():
        if isinstance(value, str) or name == "password":
            cells[name] = value.reveal() if name == "password" and value else value
        elif value and isinstance(value, list) and isinstance(value[0], str):
            cells[name] = ";".join(value)
    for name, noun in (("banks", "bank"), ("demats", "demat")):
        for place, record in enumerate(values[name], 1):
            cells |= {f"{noun}_{place}_{part}": text for part, text in record.items()}
    (row,) = check(CREATE, {**cells, "reference": "REF1"})
    expected = [
        (f.path, f.rule, f.text, f.cleaned)
        for f in examine(CREATE, {**values, "reference": "REF1"}, typed=True).findings
    ]
    assert [(f["path"], f["rule"], f["text"], f["cleaned"]) for f in row.findings] == expected


def _typed():
    """A creation as a person types it, without mutual-fund UCC."""
    from backoffice.protocol.examples import example

    values = example(change_kind(CREATE).message)
    return {**values, "mf_ucc": {}, "products": ["3"], "password": ""}


class TestTwice:
    def test_the_same_user_twice_is_an_error_on_the_second(self, check):
        first, second = check(CREATE, create(), {**another(), "user_id": "WEBRET1"})
        assert first.state == RowState.GOOD
        assert said(second) == [("user_id", "file.twice")]
        assert second.findings[0]["text"].startswith("Row 2 creates the same retail user")

    def test_shared_details_are_a_warning(self, check):
        _, second = check(CREATE, create(), create(user_id="OTHER1"))
        assert second.state == RowState.WARNED
        assert {path for path, _ in said(second)} == {
            "pan",
            "mobile",
            "banks.0.account_no",
            "demats.0.beneficiary_id",
        }

    def test_a_reference_of_a_deposit_stands_once(self, check):
        RetailUserFactory(user_id="WEBRET1", group_id="HO")
        row = example_row("cash_deposit", reference="R1")
        _, second, third = check("cash_deposit", row, {**row, "amount": "7"}, {**row, "reference": "R2"})
        assert ("reference", "file.twice") in said(second)
        assert second.state == RowState.WRONG
        assert said(third) == [("amount", "file.twice")]
        assert third.state == RowState.WARNED


class TestMoney:
    def test_rows_and_batch_carry_rupees(self, check):
        RetailUserFactory(user_id="WEBRET1", group_id="HO")
        row = example_row("cash_deposit")
        rows = check("cash_deposit", {**row, "notional_deposit": "10"}, {**row, "amount": "oops"})
        assert [row.amount for row in rows] == [Decimal("1010.50"), None]
        assert rows[0].batch.__class__.objects.get().amount == Decimal("1010.50")
        assert len(rows[0].reference) == 20

    def test_a_user_who_is_not_here_is_an_error(self, check):
        (row,) = check("cash_deposit", example_row("cash_deposit"))
        assert said(row) == [("user_id", "portal.exists")]


class TestUpdates:
    @pytest.fixture
    def asha(self):
        user = RetailUserFactory(
            user_id="WEBRET1", group_id="HO", city="Pune", fax="123", orders_per_second=3
        )
        BankAccountFactory(retail_user=user, bank_id="OLD", account_no="1234567")
        return user

    def row(self, **cells):
        return {"user_id": "WEBRET1", "group_id": "HO", **cells}

    def test_only_what_changes_goes_out_with_what_odin_would_reset(self, check, asha):
        (row,) = check(UPDATE, self.row(city="Mumbai", name=""))
        assert row.messages[0]["type"] == 320
        assert row.values["city"] == "Mumbai"
        assert row.values["orders_per_second"] == "3"
        assert not {"name", "fax"} & row.values.keys()
        assert row.before["city"] == "Pune"
        assert row.record_version == asha.version

    def test_a_cell_that_says_clear_empties_the_value(self, check, asha):
        (row,) = check(UPDATE, self.row(fax="(clear)"))
        assert row.values["fax"] == ""
        assert row.state == RowState.GOOD

    def test_an_account_without_action_is_inserted_and_none_is_deleted(self, check, asha):
        (row,) = check(
            UPDATE, self.row(bank_1_bank_id="NEW", bank_1_account_no="777", bank_1_account_type="SB")
        )
        assert [(bank["bank_id"], bank["action"]) for bank in row.values["banks"]] == [("NEW", "1")]

    def test_a_deleted_account_is_a_risk(self, check, asha):
        (row,) = check(
            UPDATE,
            self.row(
                bank_1_action="Delete",
                bank_1_bank_id="OLD",
                bank_1_account_no="1234567",
                bank_1_account_type="SB",
            ),
        )
        assert row.values["banks"][0]["action"] == "2"
        assert row.risks == ["Deletes this bank account."]
        assert row.flags == ["bank"]

    def test_what_changes_nothing_is_done(self, check, asha):
        (row,) = check(UPDATE, self.row(city="Pune"))
        assert (row.state, row.messages, row.content_hash) == (RowState.DONE_BEFORE, [], "")

    def test_a_status_is_changed_by_its_name(self, check, asha):
        (row,) = check("status", self.row(status="Suspended"))
        assert (row.values["status"], row.risks) == ("S", ["Suspends the user."])
        assert row.flags == ["status"]

    def test_findings_stand_where_the_file_has_the_account(self, check, asha):
        same = {"bank_1_bank_id": "OLD", "bank_1_account_no": "1234567", "bank_1_account_type": "SB"}
        asha.banks.update(account_type="SB", branch_name="", branch_city="", is_default="", pg_product="")
        bad = {"bank_2_bank_id": "NEW", "bank_2_account_no": "x" * 21, "bank_2_account_type": "SB"}
        (row,) = check(UPDATE, self.row(**same, **bad))
        assert [bank["bank_id"] for bank in row.values["banks"]] == ["NEW"]
        assert ("banks.1.account_no", "F7") in said(row)


class TestAppliedBefore:
    def test_a_creation_that_odin_confirmed_is_left_alone(self, check, approved, odin):
        from backoffice.delivery.sending import drain

        values = clean(change_kind(CREATE).message, _typed())
        approved(**values)
        drain(5)
        cells = {
            name: ";".join(value) if isinstance(value, list) else value
            for name, value in values.items()
            if name not in ("banks", "demats", "mf_ucc", "password", "reference")
        }
        same, other = check(CREATE, cells, {**cells, "city": "Elsewhere"})
        assert same.state == RowState.DONE_BEFORE
        assert other.state == RowState.WRONG
        assert ("user_id", "portal.exists") in said(other)
        for incomplete in ({**cells, "name": ""}, {**dict.fromkeys(cells, ""), **_ids(cells)}):
            (row,) = check(CREATE, incomplete)
            assert row.state == RowState.WRONG
            assert {("user_id", "portal.exists"), ("name", "mandatory")} <= set(said(row))


def _ids(cells):
    return {name: cells[name] for name in ("user_id", "group_id")}


class TestGoingOn:
    def rows(self, count):
        return [
            {**another(), "user_id": f"R{n}", "pan": "", "mobile": "", "bank_1_account_no": f"{n:08}"}
            for n in range(count)
        ]

    def test_a_stopped_check_goes_on_where_it_stood_and_still_knows_what_it_saw(self, upload, monkeypatch):
        monkeypatch.setattr(checking, "ROWS", 3)
        rows = [*self.rows(7), {**self.rows(1)[0]}]
        batch = upload(CREATE, as_csv(*rows))
        with checking.Checking(batch, TOKEN) as first:
            assert first.step()
        batch.refresh_from_db()
        assert (batch.next_row, batch.total_rows, batch.rows.count()) == (5, 3, 3)
        with checking.Checking(batch, TOKEN) as second:
            while second.step():
                pass
        batch.refresh_from_db()
        assert batch.rows.count() == batch.total_rows == 8
        last = batch.rows.get(number=9)
        assert ("user_id", "file.twice") in said(last)
        assert (batch.wrong, batch.good + batch.warned) == (1, 7)

    def test_reading_the_rows_before_extends_the_lease(self, upload, monkeypatch, settings):
        monkeypatch.setattr(checking, "ROWS", 3)
        batch = upload(CREATE, as_csv(*self.rows(4)))
        with checking.Checking(batch, TOKEN) as first:
            assert first.step()
        settings.BATCH_LEASE_SECONDS = 0  # is extended at each beat
        began = timezone.now()
        monkeypatch.setattr(checking, "open_rows", lambda *_, **__: (row for row in ()))
        batch.refresh_from_db()
        with checking.Checking(batch, TOKEN):
            batch.refresh_from_db()
        assert batch.lease_until > began

    def test_a_lost_lease_stores_nothing(self, upload):
        batch = upload(CREATE, as_csv(*self.rows(2)))
        with checking.Checking(batch, uuid.uuid4()) as run, pytest.raises(LeaseLost):
            run.step()
        assert not batch.rows.exists()

    def test_a_file_that_breaks_off_keeps_what_was_stored_before(self, upload, monkeypatch):
        monkeypatch.setattr(checking, "ROWS", 40)
        batch = upload(CREATE, as_csv(*self.rows(41)) + '"open')
        with checking.Checking(batch, TOKEN) as run:
            assert run.step()
            with pytest.raises(FileProblem, match="Row 43"):
                run.step()
        assert batch.rows.count() == 40

    def test_a_file_that_breaks_off_at_its_beginning_is_refused_at_once(self, upload):
        with pytest.raises(FileProblem, match="Row 5"):
            upload(CREATE, as_csv(*self.rows(3)) + '"open')
        assert not Batch.objects.exists()


class TestCleaning:
    """Rows whose cleaned values are taken."""

    @pytest.fixture
    def ask(self, maker):
        """Ask for the cleaned values of a field; gives the worker's run."""

        def ask(row, path):
            (rule,) = {found["rule"] for found in row.findings if found["path"] == path and found["cleaned"]}
            Batch.objects.update(state=State.CHECKED)
            seen = offers.seen(Batch.objects.get())
            fixing.accept_cleaned(row.batch_id, path=path, rule=rule, seen=seen, by=maker)
            Batch.objects.update(lease_token=TOKEN)
            return Cleaning(Batch.objects.get(), TOKEN)

        return ask

    def test_they_are_read_in_place_of_the_cells(self, check, ask):
        (row,) = check(CREATE, create(city="Mumbai, West"))
        assert (row.state, row.findings[0]["cleaned"]) == (RowState.WRONG, "Mumbai West")
        reference = row.reference
        with ask(row, "city") as run:
            assert run.step()
            assert not run.step()
        row.refresh_from_db()
        assert (row.state, row.values["city"], row.cells[row.batch.headers.index("city")]) == (
            RowState.GOOD,
            "Mumbai West",
            "Mumbai, West",
        )
        assert row.reference == reference
        assert row.content_hash == content_hash(row.messages)
        batch = Batch.objects.get()
        assert (batch.good, batch.wrong) == (1, 0)

    def test_a_row_is_compared_with_the_others_as_they_are_by_then(self, check, ask):
        first, second, third = check(
            CREATE, create(user_id="AB|"), {**another(), "user_id": "AB"}, {**another(), "user_id": "C|"}
        )
        with ask(first, "user_id") as run:
            while run.step():
                pass
        for row in (first, third):
            row.refresh_from_db()
        assert ("user_id", "file.twice") in said(first)
        assert second.state == RowState.GOOD
        assert ("user_id", "file.twice") not in said(third)

    def test_another_worker_goes_on_where_one_was_killed(self, check, ask, monkeypatch):
        monkeypatch.setattr(cleaning, "ROWS", 2)
        names = ("A", "B", "C")
        first, *_ = check(CREATE, *({**another(), "user_id": f"{name}|"} for name in names))
        with ask(first, "user_id") as run:
            run.step()
        batch = Batch.objects.get()
        assert (batch.cleaning["done"], summary.checking(batch).total) == (2, 3)
        with Cleaning(batch, TOKEN) as run:
            assert run.step()
            assert not run.step()
        assert [row.values["user_id"] for row in batch.rows.order_by("number")] == list(names)
        cells = [
            entry.details["cells"] for entry in Entry.objects.filter(action="batch.cleaned").order_by("id")
        ]
        assert [[cell["row"] for cell in each] for each in cells] == [[2, 3], [4]]

    def test_a_lost_lease_stores_nothing(self, check, ask):
        (row,) = check(CREATE, create(city="Mumbai, West"))
        with ask(row, "city") as run:
            Batch.objects.update(lease_token=uuid.uuid4())
            with pytest.raises(LeaseLost):
                run.step()
        row.refresh_from_db()
        assert row.corrections == {}
        assert not Entry.objects.filter(action="batch.cleaned").exists()


class TestFlags:
    """What a row's change is flagged with, as one that is proposed on its own."""

    def test_a_large_amount(self, check, settings):
        settings.CHANGES_TWO_CHECKERS_ABOVE = 1000
        RetailUserFactory(group_id="HO", user_id="WEBRET1")
        small, large = check(
            "cash_deposit",
            example_row("cash_deposit", amount="1000", reference="R1"),
            example_row("cash_deposit", amount="1000.01", reference="R2"),
        )
        assert (small.flags, large.flags) == ([], ["limit"])

    def test_a_creation_has_those_of_a_single_one_and_gives_them_to_its_change(
        self, check, maker, client, checker
    ):
        RetailUserFactory(group_id="HO", user_id="OTHER", mobile="9000000009")
        (row,) = check(CREATE, create(mobile="9000000009"))
        alone = submit(CREATE, dict(row.values), by=maker, reason="New client", token=uuid.uuid4())
        assert row.flags == alone.risks != []
        Batch.objects.update(state=State.CHECKED)
        decisions.submit(row.batch_id, by=maker, mode="all", reason="New clients")
        assert Change.objects.get(batch=row.batch_id).risks == row.flags
        client.force_login(checker)
        for page in (row.batch.get_absolute_url(), row.get_absolute_url()):
            assert "Details of another user" in client.get(page).content.decode()


class TestCompared:
    """What a row says of one person in several places, side by side on its page."""

    def page(self, client, checker, row):
        client.force_login(checker)
        return " ".join(client.get(row.get_absolute_url()).content.decode().split())

    def test_a_row_that_creates_is_compared_with_itself_and_with_others(self, check, client, checker):
        RetailUserFactory(group_id="HO", user_id="OTHER", mobile="9000000009")
        (row,) = check(
            CREATE, create(demat_1_holding_type="Joint", mf_ucc_holding_mode="SI", mobile="9000000009")
        )
        page = self.page(client, checker, row)
        assert "differ in whether the holding is joint" in page
        assert "HO/OTHER has" in page[page.index("Compared") :]

    def test_a_row_that_updates_is_compared_with_the_record(self, check, client, checker):
        RetailUserFactory(group_id="HO", user_id="RET001", name="Asha Testwala")
        (row,) = check("update_retail_user", {"user_id": "RET001", "group_id": "HO", "name": "Somebody Else"})
        page = self.page(client, checker, row)
        assert "Name differs from the confirmed one. Make sure that this is the same person." in page
        for place in ("Confirmed", "Proposed"):
            assert f'<th scope="col">{place}</th>' in page

    def test_a_row_of_limits_has_nothing_to_compare(self, check, client, checker):
        (row,) = check("cash_deposit", example_row("cash_deposit"))
        assert "Compared" not in self.page(client, checker, row)
