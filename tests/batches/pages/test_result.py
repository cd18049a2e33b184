"""The file that comes back: the uploader's own columns and cells, and the outcome of each row."""

import csv
import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from backoffice.audit.models import Entry
from backoffice.batches.decide import decisions
from backoffice.batches.models import Batch, Row
from backoffice.batches.pages import result
from backoffice.changes.models import Change
from backoffice.delivery.models import Delivery
from tests.exports.agreeing import assert_agrees
from tests.factories import ChangeFactory, DeliveryFactory

pytestmark = pytest.mark.django_db


def table(batch, **options):
    text = "".join(result.lines(batch, **options))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.fixture
def sent(submitted, checker):
    """An approved file with one row applied, one refused, one rejected by the checker, one wrong."""
    batch = submitted(good=3, wrong=1, mode="valid")
    decisions.reject_row(batch.pk, 4, by=checker, reason="Name is another's")
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    at = batch.submitted_at
    Delivery.objects.filter(lane="HO/U0002").update(state="applied", finished_at=at, code="1", text="Success")
    Delivery.objects.filter(lane="HO/U0003").update(
        state="refused", finished_at=at, code="0", text="No such branch"
    )
    return batch


def test_each_row_comes_back_with_its_own_cells_and_its_outcome(sent):
    rows = table(sent)
    assert [row["user_id"] for row in rows] == ["U0002", "U0003", "U0004", "U0005"]
    assert [row["Portal status"] for row in rows] == ["Applied", "Refused", "Rejected", "Has errors"]
    assert [row["Portal text"] for row in rows] == [
        "Success",
        "No such branch",
        "Name is another's",
        "PAN is missing. Enter it.",
    ]
    assert rows[0]["Portal reference"] == "REF0000002"
    assert rows[1]["Portal code"] == "0"
    assert [bool(row["Portal time"]) for row in rows] == [True, True, False, False]
    assert list(rows[0]) == [*result.ADDED, *sent.headers]


def test_the_list_of_rows_says_in_a_file_what_its_page_draws(sent, checker):
    found = assert_agrees(f"/batches/{sent.pk}/rows/", checker)
    assert [row[4] for row in found] == ["Applied", "Refused by ODIN", "Rejected", ""]


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (["applied", "applied"], "second"),
        (["applied", "refused"], "second"),
        (["refused", "applied"], "first"),
        (["refused", "refused"], "first"),
    ],
)
def test_of_several_messages_the_first_that_is_not_applied_speaks_otherwise_the_last(
    submitted, checker, states, said
):
    batch = submitted(good=1)
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    first = Delivery.objects.get()
    second = DeliveryFactory(change=first.change, lane=first.lane, part=1)
    for delivery, state, text in zip([first, second], states, ["first", "second"], strict=True):
        Delivery.objects.filter(pk=delivery.pk).update(
            state=state, finished_at=batch.submitted_at, code="1", text=text
        )
    assert [row["Portal text"] for row in table(batch)] == [said]


def test_the_rows_that_failed_come_alone(sent):
    assert [row["user_id"] for row in table(sent, failed_only=True)] == ["U0003", "U0004", "U0005"]


def test_a_row_that_a_form_corrects_comes_no_longer_and_one_with_a_message_left_does(sent):
    refused = Delivery.objects.get(lane="HO/U0003").change
    draft = ChangeFactory(corrects=refused, corrects_part=0, state="draft")
    assert [row["user_id"] for row in table(sent, failed_only=True)] == ["U0003", "U0004", "U0005"]
    Change.objects.filter(pk=draft.pk).update(state="submitted", submitted_at=sent.submitted_at)
    assert [row["user_id"] for row in table(sent, failed_only=True)] == ["U0004", "U0005"]
    Delivery.objects.create(
        change=refused,
        message_type=320,
        lane="HO/U0003",
        part=1,
        own_values={},
        content_hash="0" * 64,
        state="refused",
        finished_at=sent.submitted_at,
    )
    assert [row["user_id"] for row in table(sent, failed_only=True)] == ["U0003", "U0004", "U0005"]
    assert len(table(sent)) == 4


def test_a_row_of_several_messages_is_applied_when_all_of_them_are(sent):
    first = Delivery.objects.get(lane="HO/U0002")
    Delivery.objects.create(
        change=first.change,
        message_type=320,
        lane=first.lane,
        part=1,
        own_values={},
        content_hash="0" * 64,
        state="refused",
        finished_at=first.finished_at,
        text="Second part refused",
    )
    assert (table(sent)[0]["Portal status"], table(sent)[0]["Portal text"]) == (
        "Refused",
        "Second part refused",
    )


@pytest.mark.parametrize(
    ("cell", "back"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("\n=1", "'\n=1"),
        ("\uff1d1", "'\uff1d1"),
        (" @SUM(A1)", "' @SUM(A1)"),
        ("-12.50", "-12.50"),
        ("+919800000001", "+919800000001"),
        ("-", "'-"),
        ("", ""),
        ("a=b", "a=b"),
        ('say "x", y\nz', 'say "x", y\nz'),
    ],
)
def test_no_cell_is_a_formula_and_plain_ones_stay_as_they_were(checked, cell, back):
    batch = checked(good=1)
    Row.objects.filter(batch=batch).update(cells=["U1", "HO", cell])
    assert table(batch)[0]["name"] == back


def test_secrets_come_back_blank(checked):
    batch = checked(good=1)
    Batch.objects.filter(pk=batch.pk).update(mapping=["user_id", "group_id", "password"])
    Row.objects.filter(batch=batch).update(cells=["U1", "HO", "sealed-token"])
    batch.refresh_from_db()
    assert "sealed-token" not in "".join(result.lines(batch))
    assert table(batch)[0]["name"] == ""


def test_what_an_earlier_result_added_is_not_added_twice(checked):
    batch = checked(good=1)
    Batch.objects.filter(pk=batch.pk).update(
        headers=["user_id", "group_id", "Portal status"], mapping=["user_id", "group_id", "-"]
    )
    Row.objects.filter(batch=batch).update(cells=["U1", "HO", "Refused"])
    batch.refresh_from_db()
    header = next(result.lines(batch)).removeprefix("\ufeff").strip().split(",")
    assert header == [*result.ADDED, "user_id", "group_id"]
    assert table(batch)[0]["Portal status"] == "Good"


def test_a_row_that_is_shorter_than_the_header_stays_in_its_columns(checked):
    batch = checked(good=1)
    Row.objects.filter(batch=batch).update(cells=["U1"])
    assert table(batch)[0]["Portal status"] == "Good"


def sheet_of(batch):
    return load_workbook(result.workbook(batch)).active


def test_the_workbook_of_failed_rows_has_each_finding_at_its_cell(checked):
    batch = checked(good=1, wrong=1, headers=["user_id", "pan", "city"], mapping=["user_id", "pan", "city"])
    batch.rows.update(cells=["U3", "=1+1", "Pune"])
    header, row = sheet_of(batch).iter_rows()
    assert [cell.value for cell in header] == [*result.ADDED, "user_id", "pan", "city"]
    assert [cell.value for cell in row][:3] == ["3", "Has errors", "PAN is missing. Enter it."]
    own = dict(zip(batch.headers, row[len(result.ADDED) :], strict=True))
    assert (own["pan"].value, own["pan"].data_type) == ("=1+1", "s")
    assert own["pan"].comment.text == "PAN is missing. Enter it."
    assert own["pan"].fill.fgColor.rgb.endswith(result.RED.removeprefix("#"))
    assert own["user_id"].comment is None
    assert own["user_id"].number_format == "@"


def test_the_workbook_has_no_secret_and_the_corrections_that_were_made(checked):
    batch = checked(
        good=0, wrong=1, headers=["user_id", "password", "city"], mapping=["user_id", "password", "city"]
    )
    batch.rows.update(cells=["U2", {"sealed": "token"}, "Poona"], corrections={"2": "Pune"})
    texts = [cell.value for cell in list(sheet_of(batch).iter_rows())[1]][len(result.ADDED) :]
    assert texts == ["U2", None, "Pune"]
    assert table(batch, failed_only=True)[0]["city"] == "Pune"


def test_the_workbook_can_be_taken_by_those_who_see_rows_and_leaves_an_entry(checked, client, maker):
    batch = checked(good=1, wrong=1)
    client.force_login(maker)
    answer = client.get(reverse("batches:failed_workbook", args=[batch.pk]))
    assert answer["Content-Disposition"] == 'attachment; filename="users-failed-rows.xlsx"'
    assert load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.max_row == 2
    assert Entry.objects.get(action="batch.downloaded").by_id == maker.pk
