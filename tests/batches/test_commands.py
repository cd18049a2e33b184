"""Batches by command, with exit codes that scripts can use."""

import csv
import io
from decimal import Decimal

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command

from backoffice.audit.models import Entry
from backoffice.batches.file import columns, meanings
from backoffice.batches.models import Batch, State
from backoffice.changes.kinds import file_kind
from backoffice.delivery.models import Delivery
from backoffice.logins import terminal
from tests.batches.files import workbook
from tests.factories import RetailUserFactory
from tests.logins.test_login import code_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture
def deposits(db, tmp_path):
    """Write a file of two deposits; the second may be for a user who does not exist."""

    for user in ("D1", "D2"):
        RetailUserFactory(group_id="HO", user_id=user)

    def write(second="D2"):
        path = tmp_path / "deposits.csv"
        names = [column.name for column in columns.columns(file_kind("cash_deposit").layout)]
        given = (
            {"user_id": "D1", "group_id": "HO", "amount": "100.50", "product_id": "1"},
            {"user_id": second, "group_id": "HO", "amount": "49.50", "product_id": "1"},
        )
        lines = [",".join(row.get(name, "") for name in names) for row in given]
        path.write_text("\n".join([",".join(names), *lines]))
        return path

    return write


def run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def code(*arguments):
    with pytest.raises(CommandError) as error:
        run(*arguments)
    return error.value.returncode, str(error.value)


def test_upload_submit_approve_and_result(deposits, maker, checker):
    number, said = run(
        *("batch_upload", "cash_deposit", deposits(), "--by", "maker"),
        *("--submit", "all", "--reason", "Pay-in", "--control-total", "150.00"),
    )
    assert "2 rows: 2 good" in said
    batch = Batch.objects.get(pk=number)
    assert (batch.state, batch.control_total) == (State.SUBMITTED, Decimal("150.00"))
    out, _ = run("batch_approve", number, "--by", "checker")
    assert out == "2 rows approved, 0 rows left out as stale."
    assert Delivery.objects.filter(change__batch=batch, message_type=303).count() == 2
    out, said = run("batch_result", number)
    rows = list(csv.DictReader(io.StringIO(out.removeprefix("\ufeff"))))
    assert [row["Portal status"] for row in rows] == ["Queued", "Queued"]
    assert "still being sent" in said


def test_a_workbook_is_read_by_the_command_too(deposits, maker, tmp_path):
    with deposits().open(newline="") as file:
        path = workbook(tmp_path / "deposits", *csv.reader(file))
    number, report = run("batch_upload", "cash_deposit", path, "--by", maker.username)
    assert Batch.objects.get().pk == int(number)
    assert "2 rows: 2 good, 0 with warnings, 0 with errors" in report


def test_columns_that_somebody_must_confirm_are_left_to_the_page(deposits, maker, admin):
    path = deposits()
    headers = path.read_text().partition("\n")[0].split(",")
    swap = {"amount": "reference", "reference": "amount"}
    meanings.remember("cash_deposit", headers, [swap.get(name, name) for name in headers], admin)
    returned, words = code("batch_upload", "cash_deposit", path, "--by", maker.username)
    assert returned == 3
    assert "what these columns mean. Check each meaning" in words
    assert Batch.objects.get().state == State.UPLOADED


def test_a_file_with_errors_is_uploaded_and_ends_with_its_own_code(deposits, maker):
    returned, words = code("batch_upload", "cash_deposit", deposits("NOBODY"), "--by", "maker")
    assert returned == 4
    assert "errors in 1 row" in words
    batch = Batch.objects.get()
    assert (batch.state, batch.wrong) == (State.CHECKED, 1)
    out, _ = run("batch_result", batch.pk, "--failed")
    assert "NOBODY" in out
    assert "D1" not in out


def test_the_same_four_eyes_and_rights(deposits, maker, checker, admin):
    assert code("batch_upload", "cash_deposit", deposits(), "--by", "admin")[0] == 2
    assert code("batch_upload", "cash_deposit", deposits(), "--by", "nobody")[0] == 2
    number, _ = run(
        *("batch_upload", "cash_deposit", deposits(), "--by", "maker"),
        *("--submit", "all", "--reason", "Pay-in", "--control-total", "150"),
    )
    returned, _ = code("batch_approve", number, "--by", "maker")
    assert returned == 2
    assert not Delivery.objects.exists()
    run("batch_approve", number, "--by", "checker")
    assert code("batch_approve", number, "--by", "checker")[0] == 5


def test_what_cannot_be_read_or_submitted_has_codes_too(deposits, maker, tmp_path):
    assert code("batch_upload", "cash_deposit", tmp_path / "missing.csv", "--by", "maker")[0] == 3
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    assert code("batch_upload", "cash_deposit", tmp_path / "odd.csv", "--by", "maker")[0] == 3
    wrong_total = ("--submit", "all", "--reason", "Pay-in", "--control-total", "151")
    assert code("batch_upload", "cash_deposit", deposits(), "--by", "maker", *wrong_total)[0] == 4
    assert code("batch_result", 999)[0] == 1


class TestProof:
    """Outside a demonstration nobody acts in another's name at a terminal."""

    PASSWORD = "a-Long-enough-1"

    @pytest.fixture(autouse=True)
    def elsewhere(self, settings, maker, checker):
        settings.PORTAL_ENVIRONMENT = "UAT"
        for person in (maker, checker):
            person.set_password(self.PASSWORD)
            person.save()

    @pytest.fixture
    def types(self, monkeypatch):
        """What is typed at the prompts, one after the other."""

        def give(*typed):
            left = list(typed)
            monkeypatch.setattr(terminal, "getpass", lambda prompt: left.pop(0))

        return give

    @pytest.fixture
    def waiting(self, types, deposits):
        """The number of a file that its maker submitted here."""
        types(self.PASSWORD)
        number, _ = run(
            *("batch_upload", "cash_deposit", deposits(), "--by", "maker"),
            *("--submit", "all", "--reason", "Pay-in", "--control-total", "150"),
        )
        return number

    def test_a_name_alone_uploads_nothing(self, types, deposits):
        types("a-wrong-Password-1")
        returned, words = code("batch_upload", "cash_deposit", deposits(), "--by", "maker")
        assert (returned, "Incorrect username" in words) == (2, True)
        assert not Batch.objects.exists()
        assert Entry.objects.get().action == "staff.login_failed"

    def test_a_checker_needs_the_password_and_the_app(self, waiting, types, checker):
        types(self.PASSWORD)
        returned, words = code("batch_approve", waiting, "--by", "checker")
        assert (returned, "second factor" in words) == (2, True)
        secret = generate_totp_secret()
        TOTP.activate(checker, secret)
        for typed in ((self.PASSWORD, "000000"), ("a-wrong-Password-1", code_of(secret))):
            types(*typed)
            assert code("batch_approve", waiting, "--by", "checker")[0] == 2
        assert Batch.objects.get().state == State.SUBMITTED
        types(self.PASSWORD, code_of(secret))
        run("batch_approve", waiting, "--by", "checker")
        assert Batch.objects.get().state == State.APPROVED

    def test_who_has_no_password_is_sent_to_the_pages(self, maker, deposits):
        maker.set_unusable_password()
        maker.save()
        assert "Use the pages" in code("batch_upload", "cash_deposit", deposits(), "--by", "maker")[1]
