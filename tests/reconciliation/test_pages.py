"""The pages of a reconciliation: upload, columns, result, choosing; and who may see what of it."""

import csv
import io
import uuid

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import RetailUser
from backoffice.audit.models import Entry
from backoffice.batches import tasks as batch_tasks
from backoffice.batches.decide import decisions
from backoffice.batches.errors import BatchError, NotAllowed
from backoffice.batches.models import Batch
from backoffice.batches.models import State as BatchState
from backoffice.changes.models import Change
from backoffice.delivery.models import Delivery
from backoffice.reconciliation import proposing
from backoffice.reconciliation.models import Reconciliation, State
from tests.batches.files import CASES, as_csv, workbook
from tests.factories import BankAccountFactory, RetailUserFactory
from tests.html_forms import Page, flowed
from tests.reconciliation.conftest import compare, upload, work

pytestmark = pytest.mark.django_db

ASHA = {"group_id": "HO", "user_id": "WEBRET1"}
RAVI = {
    "group_id": "HO",
    "user_id": "THERE",
    "name": "Ravi Testwala",
    "mobile": "9800000002",
    "email": "ravi@example.com",
    "odin_user_type": "1",
}


def page(name, one, **query):
    address = reverse(f"reconciliation:{name}", args=[one.pk])
    return f"{address}?{'&'.join(f'{key}={value}' for key, value in query.items())}" if query else address


@pytest.fixture
def asha(db):
    return RetailUserFactory(
        **ASHA,
        name="Asha Testwala",
        mobile="9800000001",
        email="asha@example.com",
        city="Mumbai",
        odin_user_type="1",
    )


def rows(**changed):
    return {
        **RAVI,
        **ASHA,
        "name": "Asha Testwala",
        "mobile": "9800000001",
        "email": "asha@example.com",
        **changed,
    }


def checked(batch):
    """The batch once a worker has checked it."""
    while batch.state == BatchState.CHECKING:
        assert batch_tasks.work_due()
        batch.refresh_from_db()
    return batch


def propose(client, name, one, way, **query):
    """Look at what was chosen, press the button, and give the answer."""
    address = page(name, one, **query)
    shown = Page(client.get(address).content.decode())
    return client.post(address, shown.sent(way=way))


def approve(batch, maker, checker):
    """Submit and approve a checked batch, and let the portal take it."""
    batch = decisions.submit(batch.pk, by=maker, mode="valid", reason="As ODIN has it")
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    while batch_tasks.work_due():
        pass


class TestUpload:
    def test_a_file_whose_headers_are_known_is_compared_at_once(self, as_maker, asha):
        one = compare(as_maker, rows())
        assert (one.state, one.same) == (State.COMPARED, 1)
        assert as_maker.get(one.get_absolute_url()).status_code == 200

    def test_unknown_headers_are_asked_for_and_remembered(self, as_maker, asha):
        text = as_csv({"Grp": "HO", "Client Id": "WEBRET1", "Client Nm": "Asha Other", "Junk": "x"})
        answer = upload(as_maker, text)
        one = Reconciliation.objects.get()
        answer = as_maker.get(answer.url, follow=True)
        assert "to correct before the file can be compared" in flowed(answer.content.decode())
        meanings = {"column-0": "Group id", "column-1": "user_id", "column-2": "206"}
        refused = as_maker.post(page("mapping", one), {**meanings, "column-3": "no such thing"})
        assert refused.status_code == 422
        assert (
            as_maker.post(page("mapping", one), {**meanings, "column-3": "Leave this column out"}).status_code
            == 302
        )
        work()
        one.refresh_from_db()
        assert [(found.field, found.there) for found in one.found.all()] == [("name", "Asha Other")]
        upload(as_maker, text)
        assert Reconciliation.objects.latest("pk").state == State.COMPARING

    def test_a_workbook_is_read_from_the_sheet_and_row_that_were_chosen(self, as_maker, asha, tmp_path):
        path = workbook(
            tmp_path / "export.xlsx",
            ["As of today"],
            ["group_id", "user_id", "name"],
            ["HO", "WEBRET1", "Asha Testwala"],
        )
        upload(as_maker, path.read_bytes(), "export.xlsx")
        one = Reconciliation.objects.get()
        assert one.shape["header_row"] == 2
        work()
        one.refresh_from_db()
        assert one.same == 1

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "is empty"),
            (b"%PDF-1.7 ...", "This is a PDF"),
            (b"PK\x03\x04 no zip", "cannot be read"),
            ("group_id,user_id,name\n", "has a header and no rows"),
        ],
    )
    def test_what_is_no_table_is_refused_and_nothing_is_kept(self, as_maker, content, words):
        answer = upload(as_maker, content)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not Reconciliation.objects.exists()

    def test_a_file_without_anything_to_compare_is_not_compared(self, as_maker, asha):
        answer = upload(as_maker, as_csv(ASHA))
        shown = as_maker.get(answer.url, follow=True).content.decode()
        assert "No column is compared" in shown

    def test_an_account_without_its_number_cannot_be_compared(self, as_maker, asha):
        answer = upload(as_maker, as_csv({**ASHA, "bank_1_branch_name": "Fort"}))
        shown = flowed(as_maker.get(answer.url, follow=True).content.decode())
        assert "Bank 1 cannot be identified without Bank id and Account number" in shown

    def test_a_file_that_cannot_be_read_to_its_end_leaves_nothing_but_the_reason(
        self, as_maker, asha, settings
    ):
        settings.BATCH_MAX_ROWS = 2
        upload(as_maker, as_csv(*(rows(user_id=f"U{number}") for number in range(4))))
        work()
        one = Reconciliation.objects.get()
        assert (one.state, one.rows, one.lines.count()) == (State.UPLOADED, 0, 0)
        assert "more than 2 rows" in as_maker.get(one.get_absolute_url()).content.decode()

    def test_a_double_click_is_one_reconciliation(self, as_maker):
        from django.core.files.uploadedfile import SimpleUploadedFile

        token = uuid.uuid4()
        for _ in range(2):
            file = SimpleUploadedFile("export.csv", as_csv(rows()).encode())
            as_maker.post(reverse("reconciliation:new"), {"file": file, "token": token})
        assert Reconciliation.objects.count() == 1

    def test_only_its_uploader_says_what_the_columns_mean(self, as_maker, compliance):
        upload(as_maker, as_csv({**ASHA, "Strange": "x"}))
        one = Reconciliation.objects.get()
        as_maker.force_login(compliance)
        meanings = {"column-0": "group_id", "column-1": "user_id", "column-2": "name"}
        assert (
            "Only the person who uploaded" in as_maker.post(page("mapping", one), meanings).content.decode()
        )
        as_maker.post(page("discard", one))
        one.refresh_from_db()
        assert one.state == State.UPLOADED

    def test_a_file_that_is_given_up_is_deleted(self, as_maker, tmp_path):
        upload(as_maker, as_csv({**ASHA, "Strange": "x"}))
        one = Reconciliation.objects.get()
        assert list((tmp_path / "uploads").iterdir())
        as_maker.post(page("discard", one))
        one.refresh_from_db()
        assert one.state == State.DISCARDED


class TestResult:
    @pytest.fixture
    def one(self, as_maker, asha):
        RetailUserFactory(group_id="HO", user_id="HERE", name="Here Testwala")
        return compare(
            as_maker, rows(email="new@example.com", mobile="9811111111"), RAVI, {**RAVI, "user_id": ""}
        )

    def test_three_lists_and_the_unreadable_rows(self, as_maker, one):
        summary = flowed(as_maker.get(one.get_absolute_url()).content.decode())
        assert "1 user, 2 values" in summary
        different = as_maker.get(page("different", one)).content.decode()
        assert "asha@example.com" in different
        assert "new@example.com" in different
        assert "THERE" in as_maker.get(page("only_there", one)).content.decode()
        assert "Here Testwala" in as_maker.get(page("only_here", one)).content.decode()
        assert "names no retail user" in as_maker.get(page("unreadable", one)).content.decode()

    def test_the_list_has_every_comparison_and_is_filtered_by_state(self, as_maker, one):
        address = reverse("reconciliation:list")
        assert "export.csv" in as_maker.get(address).content.decode()
        assert "Nothing fits" in as_maker.get(f"{address}?state=uploaded").content.decode()

    def test_differences_are_filtered_by_field_user_and_proposal(self, as_maker, one):
        shown = as_maker.get(page("different", one, field="email")).content.decode()
        assert "new@example.com" in shown
        assert "9811111111" not in shown
        assert "new@example.com" in as_maker.get(page("different", one, q="HO/WEBRET1")).content.decode()
        assert "Nothing fits" in as_maker.get(page("different", one, q="HO/OTHER")).content.decode()
        assert "Nothing fits" in as_maker.get(page("different", one, proposed="yes")).content.decode()

    def test_pages_cost_the_same_however_much_was_found(self, as_maker, asha, django_assert_max_num_queries):
        for number in range(30):
            RetailUserFactory(group_id="HO", user_id=f"U{number}", name="Some Testwala")
        users = [{**RAVI, "user_id": f"U{number}"} for number in range(30)]
        one = compare(as_maker, *users)
        for name in ("detail", "different", "only_there", "only_here", "unreadable"):
            with django_assert_max_num_queries(25):
                assert as_maker.get(page(name, one)).status_code == 200

    def test_what_was_proposed_before_cannot_be_chosen_again(self, as_maker, one):
        address = page("only_there", one)
        assert as_maker.get(address).content.decode().count("data-pick ") == 1
        propose(as_maker, "register", one, "register", all=1)
        assert as_maker.get(address).content.decode().count("data-pick ") == 0

    def test_compliance_sees_personal_data_hidden_and_proposes_nothing(self, as_maker, one, compliance):
        as_maker.force_login(compliance)
        shown = as_maker.get(page("different", one)).content.decode()
        assert "9811111111" not in shown
        assert "9800000001" not in shown
        assert "Propose selected" not in shown
        assert as_maker.get(page("settle", one, all=1)).status_code == 403

    def test_others_see_no_reconciliation(self, as_maker, one, checker, support):
        for person in (checker, support):
            as_maker.force_login(person)
            assert as_maker.get(one.get_absolute_url()).status_code == 403

    def test_the_download_has_everything_and_no_formula(self, as_maker, asha):
        one = compare(
            as_maker, rows(email="asha@example.com", name="=HYPERLINK(1)"), {**RAVI, "name": "+cmd"}
        )
        answer = as_maker.post(page("csv", one), {"reason": ""})
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text)))
        assert ["3", "HO", "THERE", "'+cmd", "Only in the file", "", "", "", ""] in lines
        assert [
            "2",
            "HO",
            "WEBRET1",
            "Asha Testwala",
            "Different",
            "Name",
            "Asha Testwala",
            "'=HYPERLINK(1)",
            "",
        ] in lines
        assert Entry.objects.filter(action="reconciliation.exported").exists()

    def test_the_download_of_compliance_is_whole_for_a_reason_alone(self, as_maker, one, compliance):
        as_maker.force_login(compliance)
        hidden = b"".join(as_maker.post(page("csv", one), {"reason": ""}).streaming_content).decode()
        assert "9811111111" not in hidden
        whole = b"".join(as_maker.post(page("csv", one), {"reason": "Inspection"}).streaming_content).decode()
        assert "9811111111" in whole

    def test_hostile_text_of_a_file_is_text_on_the_page(self, as_maker, asha):
        one = compare(as_maker, rows(name="<script>alert(1)</script>"))
        shown = as_maker.get(page("different", one)).content.decode()
        assert "<script>alert(1)" not in shown
        assert "&lt;script&gt;alert(1)" in shown


class TestProposals:
    def test_users_of_the_file_are_registered_by_two_people(self, as_maker, asha, maker, checker):
        one = compare(as_maker, RAVI)
        answer = propose(as_maker, "register", one, "register", all=1)
        batch = Batch.objects.get()
        assert answer.url == batch.get_absolute_url()
        assert (checked(batch).good + batch.warned, batch.wrong) == (1, 0)
        assert not RetailUser.objects.filter(user_id="THERE").exists()
        approve(batch, maker, checker)
        user = RetailUser.objects.get(user_id="THERE")
        assert (user.name, user.declared_from) == ("Ravi Testwala", f"Reconciliation {one.pk}: export.csv")
        assert not Delivery.objects.exists()

    def test_values_of_the_file_are_declared_and_an_update_still_sends_them(
        self, as_maker, asha, maker, checker
    ):
        one = compare(as_maker, rows(email="new@example.com", mobile="9811111111"))
        [email] = one.found.filter(field="email")
        propose(as_maker, "settle", one, "declare", difference=email.pk)
        batch = checked(Batch.objects.get())
        approve(batch, maker, checker)
        asha.refresh_from_db()
        assert (asha.email, asha.mobile) == ("new@example.com", "9800000001")
        assert asha.declared_fields == ["email"]
        assert not Delivery.objects.exists()
        assert compare(as_maker, rows(email="new@example.com", mobile="9800000001")).same == 1

    def test_accounts_of_the_file_are_declared_beside_those_that_are_here(
        self, as_maker, asha, maker, checker
    ):
        BankAccountFactory(retail_user=asha, bank_id="SAMPLEBANK", account_no="001", branch_name="Fort")
        bank = {"bank_1_bank_id": "SAMPLEBANK", "bank_1_account_no": "001", "bank_1_branch_name": "Andheri"}
        other = {
            "bank_2_bank_id": "OTHERBANK",
            "bank_2_account_no": "77",
            "bank_2_branch_name": "",
            "bank_2_account_type": "SB",
        }
        one = compare(as_maker, {**ASHA, **bank, **other})
        propose(as_maker, "settle", one, "declare", all=1)
        batch = checked(Batch.objects.get())
        assert batch.wrong == 0, batch.rows.get().findings
        approve(batch, maker, checker)
        found = asha.banks.order_by("account_no").values_list("account_no", "branch_name")
        assert list(found) == [("001", "Andheri"), ("77", "")]

    def test_values_of_the_portal_are_sent_to_odin_again(self, as_maker, asha, maker, checker):
        one = compare(as_maker, rows(email="wrong@example.com"))
        propose(as_maker, "settle", one, "send", all=1)
        batch = checked(Batch.objects.get())
        assert (batch.kind, batch.wrong) == ("send_again", 0)
        approve(batch, maker, checker)
        [delivery] = Delivery.objects.all()
        assert delivery.message_type == 320
        assert Change.objects.get().messages[0]["values"]["email"] == "asha@example.com"

    def test_an_empty_value_of_the_portal_empties_nothing_at_odin(self, as_maker, asha):
        asha.city, asha.trading_segments = "", []
        asha.save()
        one = compare(as_maker, rows(city="Pune", trading_segments="1"))
        assert one.differences == 2
        answer = propose(as_maker, "settle", one, "send", all=1)
        assert answer.status_code == 422
        assert not Batch.objects.exists()

    def test_what_was_proposed_is_not_proposed_again(self, as_maker, asha):
        one = compare(as_maker, rows(email="new@example.com"))
        propose(as_maker, "settle", one, "declare", all=1)
        answer = propose(as_maker, "settle", one, "send", all=1)
        assert answer.status_code == 422
        assert Batch.objects.count() == 1
        assert f"B-{Batch.objects.get().pk}" in as_maker.get(page("different", one)).content.decode()

    def test_a_record_that_changed_since_the_comparison_is_left_out(self, as_maker, asha):
        one = compare(as_maker, rows(email="new@example.com"))
        asha.version += 1
        asha.save()
        answer = propose(as_maker, "settle", one, "declare", all=1)
        assert answer.status_code == 422
        assert "changed since" in flowed(answer.content.decode())
        assert not Batch.objects.exists()

    def test_a_file_name_that_odin_cannot_take_is_left_out_of_the_source(self, as_maker, asha):
        upload(as_maker, as_csv(RAVI), "निर्यात.csv")
        work()
        one = Reconciliation.objects.latest("pk")
        propose(as_maker, "register", one, "register", all=1)
        batch = checked(Batch.objects.get())
        assert batch.wrong == 0, batch.rows.get().findings
        assert batch.rows.get().values["declared_from"] == f"Reconciliation {one.pk}"

    def test_who_may_not_see_a_reconciliation_proposes_nothing_of_it(
        self, as_maker, asha, compliance, checker
    ):
        one = compare(as_maker, rows(email="new@example.com"))
        checker.user_permissions.add(Permission.objects.get(codename="add_change"))
        for person in (compliance, checker):
            with pytest.raises(NotAllowed, match="Ask a maker"):
                proposing.propose(one.pk, proposing.DECLARE, one.found.all(), by=person)

    def test_a_proposal_that_fails_keeps_no_file(self, as_maker, asha, tmp_path, monkeypatch):
        one = compare(as_maker, rows(email="new@example.com"))
        kept = set((tmp_path / "uploads").iterdir())

        def fail(batch_id, *, by):
            raise BatchError("The check cannot begin.")

        monkeypatch.setattr("backoffice.batches.operations.check", fail)
        assert "The check cannot begin" in propose(as_maker, "settle", one, "declare", all=1).content.decode()
        assert not Batch.objects.exists()
        assert not one.found.exclude(batch=None).exists()
        assert set((tmp_path / "uploads").iterdir()) == kept

    @pytest.mark.only_on("postgresql")
    def test_two_who_propose_the_same_take_turns(self, as_maker, asha):
        one = compare(as_maker, rows(email="new@example.com"))
        with CaptureQueriesContext(connection) as asked:
            propose(as_maker, "settle", one, "declare", all=1)
        texts = [query["sql"] for query in asked]
        locked = next(at for at, sql in enumerate(texts) if "FOR UPDATE" in sql and "reconciliation" in sql)
        taken = next(at for at, sql in enumerate(texts) if sql.startswith("UPDATE") and '"batch_id"' in sql)
        assert locked < taken

    def test_nothing_is_proposed_without_saying_what(self, as_maker, asha):
        one = compare(as_maker, rows(email="new@example.com"))
        answer = propose(as_maker, "settle", one, "", all=1)
        assert answer.status_code == 422
        assert "Choose what to propose" in answer.content.decode()

    def test_all_that_match_means_those_of_the_filter(self, as_maker, asha):
        one = compare(as_maker, rows(email="new@example.com", mobile="9811111111"))
        propose(as_maker, "settle", one, "declare", all=1, field="mobile")
        assert list(one.found.filter(batch__isnull=False).values_list("field", flat=True)) == ["mobile"]


def test_damaged_files_of_the_batches_never_break_a_comparison(as_maker, asha):
    """What reading a file refuses is refused here too, and what it reads is compared or said to be unreadable."""
    for path in sorted(CASES.iterdir()):
        if path.suffix not in (".csv", ".xlsx", ".txt"):
            continue
        answer = upload(as_maker, path.read_bytes(), path.name)
        assert answer.status_code in (302, 422), path.name
        if answer.status_code == 302:
            assert as_maker.get(answer.url, follow=True).status_code == 200, path.name
