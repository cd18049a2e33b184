"""Values as people and their programs write them, in files of `cases`: uploaded on the page, checked by the worker.

Each row ends good, with warnings or with errors; what is offered is the value that was meant, and is seen before it is
accepted for many rows.
"""

import re
import uuid
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from backoffice.audit.models import Entry
from backoffice.batches import tasks
from backoffice.batches.check import offers
from backoffice.batches.models import Batch, State
from tests.batches.files import as_csv, example_row
from tests.factories import RetailUserFactory
from tests.html_forms import flowed
from tests.uploads import accept, asked, see

pytestmark = pytest.mark.django_db

CASES = Path(__file__).parent / "cases"
CREATE, DEPOSIT = "create_retail_user", "cash_deposit"


@pytest.fixture
def upload(client, maker, settings, tmp_path):
    """Upload a file on the page as its maker, start the check there, and let the worker do it."""
    settings.VAR_DIR = tmp_path
    client.force_login(maker)

    def make(kind, content, name="file.csv"):
        file = SimpleUploadedFile(name, content)
        answer = client.post(reverse("batches:upload", args=[kind]), {"token": uuid.uuid4(), "file": file})
        assert answer.status_code == 302, answer.content.decode()
        batch = Batch.objects.latest("pk")
        client.post(reverse("batches:act", kwargs={"pk": batch.pk, "action": "check"}))
        return work(batch)

    return make


def work(batch):
    """Let the worker do what there is."""
    while tasks.work_due():
        pass
    batch.refresh_from_db()
    assert batch.state == State.CHECKED
    return batch


@pytest.fixture
def case(upload):
    """Upload a file of `cases`."""
    return lambda name, kind=CREATE: upload(kind, (CASES / name).read_bytes(), name)


def outcome(batch):
    """Each row by its number: its state, and its findings by field and rule with what is offered."""
    return {
        row.number: (row.state, {(f["path"], f["rule"]): f["cleaned"] for f in row.findings})
        for row in batch.rows.order_by("number")
    }


def offered(batch, path):
    """What is offered for a field, row by row."""
    return [
        next((f["cleaned"] for f in row.findings if f["path"] == path and f["cleaned"]), None)
        for row in batch.rows.order_by("number")
    ]


BANK = "banks.0.account_no"


def test_an_apostrophe_before_digits_is_found_and_the_digits_are_offered(case):
    assert outcome(case("04-apostrophe.csv")) == {
        2: ("wrong", {(BANK, "bent"): "00451234567"}),
        3: ("wrong", {("pin_code", "bent"): "411004", ("mobile", "bent"): "9812345678"}),
    }


def test_point_zero_is_found_in_every_column_of_digits_and_codes(case):
    assert outcome(case("06-point-zero.csv")) == {
        2: ("wrong", {(BANK, "bent"): "50100012345678"}),
        3: ("wrong", {("mobile", "bent"): "9812345678"}),
        4: ("wrong", {("pin_code", "bent"): "411004"}),
        5: ("wrong", {("category", "code"): "4"}),
        6: ("wrong", {("trading_segments", "U7"): "1"}),
    }


def test_what_cannot_be_seen_is_removed_without_a_space_in_texts_codes_and_dates(case):
    assert outcome(case("14-invisible-inside.csv")) == {
        2: ("wrong", {("name", "F5"): "Meera Rao"}),
        3: ("wrong", {("pan", "F5"): "AAAPR1234C"}),
        4: ("wrong", {("mobile", "F5"): "9812345678"}),
        5: ("wrong", {(BANK, "F5"): "04874561234567"}),
        6: ("wrong", {("banks.0.account_type", "F5"): "SB"}),
        7: ("wrong", {("birth_date", "file.date"): "21-01-1985"}),
        8: ("wrong", {("trading_segments", "U7"): "1,2"}),
        9: ("wrong", {("gender", "F5"): "F"}),
        10: ("wrong", {("pin_code", "F5"): "411004"}),
        11: ("wrong", {("login_types", "U7"): "1"}),
        12: ("wrong", {("user_id", "F5"): "I11"}),
    }


def test_mobile_and_pin_as_people_write_them(case):
    twice, spelled = ("mobile", "file.twice"), ("mobile", "U16")
    number = "9812345678"
    assert outcome(case("15-mobile-pin.csv")) == {
        2: ("warned", {spelled: number}),
        3: ("wrong", {("mobile", "F7"): number, spelled: number, twice: None}),
        4: ("warned", {spelled: number, twice: None}),
        5: ("wrong", {("pin_code", "F7"): "411004", ("pin_code", "U16"): "411004"}),
        6: ("warned", {spelled: number, twice: None}),
        7: ("wrong", {("mobile", "F7"): number, spelled: number, twice: None}),
        8: ("wrong", {("mobile", "F7"): None, spelled: None}),
    }


def test_names_with_initials_dots_and_hyphens_have_no_false_warning(case):
    shaped, twice = ("pan", "U16"), ("pan", "file.twice")
    batch = case("16-names-pan.csv")
    assert outcome(batch) == {
        2: ("good", {}),
        3: ("good", {}),
        4: ("good", {}),
        5: ("warned", {twice: None}),
        6: ("warned", {twice: None}),
        7: ("warned", {shaped: None}),
        8: ("good", {}),
        9: ("good", {}),
        10: ("warned", {shaped: None}),
        11: ("warned", {shaped: None}),
        12: ("wrong", {shaped: "AAAPR1234C", twice: None}),
        13: ("wrong", {("pan", "F7"): "AAAPR1234C", shaped: "AAAPR1234C", twice: None}),
        14: ("warned", {twice: None}),
    }
    said = [finding["text"] for row in batch.rows.all() for finding in row.findings]
    assert not [text for text in said if "initial" in text]
    assert (
        len([text for text in said if "not an individual" in text]) == 3
    )  # a HUF and two firms with a gender


def test_a_date_that_can_mean_one_day_only_is_offered(case):
    batch = case("17-dates.csv")
    day, fifth = "21-01-1985", "05-01-1985"
    assert offered(batch, "birth_date") == [
        *(day, None, None, fifth, None, fifth, day, day, day, day, day, None, day, day),
        *("21-09-1985", day, None, None, None, None, "01-01-1985", fifth, day, day),
    ]
    good = {2 + place for place in (4, 17, 18)}
    assert {row.number for row in batch.rows.filter(state="good")} == good
    assert {row.number for row in batch.rows.filter(state="wrong")} == set(range(2, 26)) - good


def test_commas_and_other_separators_in_free_text_leave_a_space(case):
    lines = ("address_1", "F5"), ("address_2", "F5")
    assert outcome(case("24-commas.csv")) == {
        2: ("wrong", {lines[0]: "12 Lake View", lines[1]: "Ward 4; Zone 2"}),
        3: ("wrong", {lines[0]: "#12 & 13 East"}),
        4: ("good", {}),
        5: ("wrong", {lines[0]: "C/O Rao Sons"}),
    }


def test_amounts_are_offered_only_where_they_are_the_amount_that_was_meant(case):
    for number in range(1, 20):
        RetailUserFactory(group_id="HO", user_id=f"PC900{number:02}")
    batch = case("26a-deposits.csv", DEPOSIT)
    assert offered(batch, "amount") == [
        *("100000.00", None, None, None, None, None, None, "5000", None, "5000"),
        *(None, None, None, None, None, "5000", None, None, "1000"),
    ]
    assert [row.values["amount"] for row in batch.rows.filter(state="good").order_by("number")] == [
        "5000.00",
        "5000.5",
    ]
    assert batch.amount == sum(row.amount for row in batch.rows.filter(state="good"))


def test_ids_and_references_keep_their_small_letters(case):
    for user_id in ("PC90004", "PC90005"):
        RetailUserFactory(group_id="HO", user_id=user_id)
    assert outcome(case("27-small-letters.csv", DEPOSIT)) == {
        2: ("wrong", {("user_id", "portal.exists"): None}),
        3: ("wrong", {("user_id", "portal.exists"): None}),
        4: ("good", {}),
        5: ("good", {}),
    }


def test_the_same_number_in_another_spelling_is_the_same_in_the_file(case):
    spelled, twice, account = ("mobile", "U16"), ("mobile", "file.twice"), (BANK, "file.twice")
    number = "9812340001"
    batch = case("32-same-otherwise.csv")
    assert outcome(batch) == {
        2: ("good", {}),
        3: ("warned", {spelled: number, twice: None}),
        4: ("warned", {spelled: number, twice: None}),
        5: ("warned", {spelled: number, twice: None}),
        6: ("good", {}),
        7: ("warned", {account: None}),
        8: ("warned", {(BANK, "U16"): "0048745600009", account: None}),
    }
    assert "Row 2 has the same mobile number" in str(batch.rows.get(number=4).findings)


@pytest.mark.parametrize("stored", ["9812340001", "+919812340001", "09812340001", "+91-9812340001"])
def test_the_same_number_in_another_spelling_is_the_same_as_that_of_a_record(case, stored):
    RetailUserFactory(user_id="HOLDER", group_id="HO", mobile=stored)
    batch = case("32-same-otherwise.csv")
    for number in (2, 3, 4, 5):
        assert "HO/HOLDER has the mobile number too" in str(batch.rows.get(number=number).findings)
    assert "HO/HOLDER" not in str(batch.rows.get(number=6).findings)


def test_codes_in_words_are_read_and_what_is_none_is_said(case):
    account_type, default = ("banks.0.account_type", "code"), ("banks.0.is_default", "code")
    nobody, gender = ("banks", "U16"), ("gender", "code")
    assert outcome(case("35-codes-in-words.csv")) == {
        2: ("good", {}),
        3: ("wrong", {account_type: None, default: None, nobody: None}),
        4: ("wrong", {default: None, gender: None, nobody: None}),
        5: ("good", {}),
        6: ("wrong", {("trading_segments", "U7"): None}),
        7: ("wrong", {("login_types", "U7"): None}),
        8: ("good", {}),
    }


class TestAcceptingForManyRows:
    """Before the cleaned values are accepted, the maker sees what they are."""

    def test_the_page_shows_each_value_with_the_one_offered_and_then_accepts_them(self, case, client):
        batch = case("15-mobile-pin.csv")
        start = client.get(batch.get_absolute_url()).content.decode()
        address = reverse("batches:offers", args=[batch.pk])
        assert f'href="{address}?path=mobile&amp;rule=U16"' in start
        assert 'action="' + reverse("batches:act", kwargs={"pk": batch.pk, "action": "clean"}) not in start
        page = see(client, batch, "mobile", "U16").content.decode()
        before = ("98123 45678", "+91 98123 45678", "98123-45678", "+91-9812345678", "0091 9812345678")
        for text in before:
            assert re.search(rf"<td[^>]*>{re.escape(text)}</td>\s*<td[^>]*>9812345678</td>", page)
        assert "Accept in 5 rows" in page
        accept(client, batch, "mobile", "U16")
        work(batch)
        rows = batch.rows.exclude(number__in=(5, 8)).order_by("number")
        assert [row.values["mobile"] for row in rows] == ["9812345678"] * 5
        assert {row.state for row in rows} == {"good", "warned"}
        cells = Entry.objects.get(action="batch.cleaned").details["cells"]
        assert [cell["before"] for cell in cells] == list(before)

    @pytest.mark.parametrize(
        ("name", "states"),
        [
            ("04-apostrophe.csv", {"good"}),
            ("06-point-zero.csv", {"good"}),
            ("14-invisible-inside.csv", {"good", "warned"}),
            ("24-commas.csv", {"good"}),
        ],
    )
    def test_after_everything_offered_is_accepted_no_row_is_wrong(self, case, client, name, states):
        batch = case(name)
        kinds = {
            (f["path"], f["rule"])
            for row in batch.rows.all()
            for f in row.findings
            if f["cleaned"] is not None
        }
        for path, rule in kinds:
            accept(client, batch, path, rule)
            work(batch)
        assert {row.state for row in batch.rows.all()} <= states, outcome(batch)

    def test_what_cannot_be_seen_has_a_mark_on_the_page(self, case, client):
        page = see(client, case("14-invisible-inside.csv"), "name", "F5").content.decode()
        assert "Mee[U+200B]ra Rao" in page

    def test_equal_values_are_one_line_and_many_have_pages(self, upload, client):
        rows = [
            example_row(CREATE, user_id=f"U{n}", city=f"City {n % 60},", pan="", mobile="", password="")
            for n in range(120)
        ]
        batch = upload(CREATE, as_csv(*rows).encode())
        page = see(client, batch, "city", "F5").content.decode()
        assert "120 rows, 60 different values" in flowed(page)
        assert page.count('class="mono long"') == 2 * 50
        second = client.get(
            reverse("batches:offers", args=[batch.pk]), {"path": "city", "rule": "F5", "page": 2}
        ).content.decode()
        assert second.count('class="mono long"') == 2 * 10

    def test_offers_that_were_not_seen_or_changed_since_are_not_accepted(self, case, client):
        batch = case("04-apostrophe.csv")
        address = reverse("batches:act", kwargs={"pk": batch.pk, "action": "clean"})
        seen_first = asked(see(client, batch, "mobile", "bent"))
        blind = client.post(address, {"path": "mobile", "rule": "bent"})
        assert blind.status_code == 409
        assert "Look at the cleaned values once more" in blind.content.decode()
        accept(client, batch, "pin_code", "bent")
        work(batch)
        assert client.post(address, seen_first).status_code == 409
        batch.refresh_from_db()
        assert (batch.state, offers.seen(batch) != seen_first["seen"]) == (State.CHECKED, True)

    def test_nobody_sees_the_values_who_may_not_see_personal_data(self, case, client, maker, compliance):
        batch = case("15-mobile-pin.csv")
        client.force_login(compliance)
        page = see(client, batch, "mobile", "U16").content.decode()
        assert "9812345678" not in page
        assert "98123 45678" not in page
        assert "Accept in" not in page
        for group in maker.groups.all():
            group.permissions.remove(Permission.objects.get(codename="see_personal_data"))
        client.force_login(type(maker).objects.get(pk=maker.pk))
        assert see(client, batch, "mobile", "U16").status_code == 403
        assert (
            reverse("batches:offers", args=[batch.pk])
            not in client.get(batch.get_absolute_url()).content.decode()
        )

    @pytest.mark.parametrize(
        "query", [{}, {"path": "nonsense", "rule": "F5"}, {"path": "mobile", "rule": "mandatory"}]
    )
    def test_what_is_not_offered_has_no_page(self, case, client, query):
        batch = case("04-apostrophe.csv")
        assert client.get(reverse("batches:offers", args=[batch.pk]), query).status_code == 404
