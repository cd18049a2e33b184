"""Many deposits typed at once: names by code, findings at the row, one submit that becomes a batch."""

import re
import uuid

import pytest

from backoffice.audit.models import Entry
from backoffice.batches.models import Batch
from backoffice.batches.models import State as BatchState
from backoffice.changes.models import Change
from tests.factories import LimitUpdateFactory, RetailUserFactory

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/limits/deposits/"


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def users():
    return [
        RetailUserFactory(group_id="HO", user_id=f"C{number}", name=f"Client {number}") for number in (1, 2)
    ]


def grid(*rows, **others):
    """What the form sends: rows of code, amount, reference and remarks."""
    columns = zip(*rows, strict=True)
    names = ("code", "amount", "reference", "remarks")
    return {
        "kind": "cash_deposit",
        "product": "1",
        "reason": "Pay-in slips, bundle 4",
        "token": str(uuid.uuid4()),
        **{name: list(texts) for name, texts in zip(names, columns, strict=True)},
        **others,
    }


ROWS = (("c1", "2,50,000", "SLIP1", "Counter 3"), ("HO/C2", "1000.50", "", ""), ("", "", "", ""))


def test_a_grid_becomes_one_submitted_batch_with_its_total(as_maker, maker, checker):
    answer = as_maker.post(PAGE, grid(*ROWS))
    assert answer.status_code == 302, [row.findings for row in answer.context["rows"]] + [
        answer.context["problem"]
    ]
    batch = Batch.objects.get()
    assert answer.url == batch.get_absolute_url()
    assert (batch.state, batch.reason, str(batch.control_total)) == (
        "submitted",
        "Pay-in slips, bundle 4",
        "251000.50",
    )
    assert sorted(Change.objects.values_list("subject", flat=True)) == ["HO/C1", "HO/C2"]
    assert {"batch.uploaded", "batch.checked", "batch.submitted"} <= set(
        Entry.objects.filter(subject=batch.subject).values_list("action", flat=True)
    )
    as_maker.force_login(checker)
    page = as_maker.get(answer.url).content.decode()
    assert "2,51,000.50" in page
    assert 'class="stepper"' in page
    assert "Counter 3" in as_maker.get(f"{answer.url}rows/2/").content.decode()


def test_a_grid_names_the_document_of_each_deposit(as_maker):
    assert as_maker.post(PAGE, grid(*ROWS, document=["Slip 4711", "", ""])).status_code == 302
    sent = [change.messages[0]["values"] for change in Change.objects.order_by("row_number")]
    assert [values["document"] for values in sent] == ["Slip 4711", ""]


def test_the_same_grid_sent_twice_is_one_batch(as_maker):
    sent = grid(*ROWS)
    first, second = as_maker.post(PAGE, sent), as_maker.post(PAGE, sent)
    assert first.url == second.url
    assert Batch.objects.count() == 1


def test_who_goes_back_to_a_grid_that_was_sent_is_led_to_its_batch(as_maker):
    sent = grid(*ROWS)
    back = f"{PAGE}?token={sent['token']}"
    assert as_maker.get(back).status_code == 200
    as_maker.post(PAGE, sent)
    assert as_maker.get(back).url == Batch.objects.get().get_absolute_url()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("NOBODY", "5", "", "")], "is no retail user here"),
        ([("", "5", "", "")], "The user id is missing"),
        ([("C1", "five", "", "")], "five"),
        ([("C1", "", "", "")], "Fill in an amount"),
        ([("C1", "5", "PAYIN9", "")], "was used before"),
        ([("C1", "5", "TWICE", ""), ("C2", "6", "TWICE", "")], "Row 1 has the same reference"),
    ],
)
def test_an_error_stands_at_its_row_and_nothing_is_kept(as_maker, var, rows, words):
    LimitUpdateFactory(reference="PAYIN9")
    answer = as_maker.post(PAGE, grid(*rows))
    assert answer.status_code == 422
    html = answer.content.decode()
    assert words in html
    assert f'value="{rows[0][0]}"' in html
    assert not Batch.objects.exists()
    assert not Entry.objects.filter(action__startswith="batch.").exists()
    assert not [path for path in var.rglob("*") if path.is_file() and "uploads" in path.parts]


def test_all_errors_of_a_row_stand_there_at_once(as_maker):
    LimitUpdateFactory(reference="PAYIN9")
    answer = as_maker.post(PAGE, grid(("NOBODY", "-500", "PAYIN9", ""), ("C1", "five", "", "")))
    first, second = answer.context["rows"]
    assert [
        [one.text for one in found] for found in (first.of_code, first.of_amount, first.of_reference)
    ] == [
        ["“NOBODY” is no retail user here, or in several groups. Type GROUP/CODE."],
        ["Amount must be more than 0."],
        ["The reference PAYIN9 was used before. A reference can be used only once."],
    ]
    assert second.of_amount


def test_what_looks_like_the_same_deposit_is_submitted_once_the_warning_was_seen(as_maker):
    twice = [("C1", "5", "", ""), ("C1", "5", "", "")]
    answer = as_maker.post(PAGE, grid(*twice))
    assert answer.status_code == 422
    assert "Check that it is not the same deposit" in answer.content.decode()
    assert "warnings_seen" in answer.content.decode()
    assert as_maker.post(PAGE, grid(*twice, warnings_seen="yes")).status_code == 302
    assert Batch.objects.get().state == BatchState.SUBMITTED


@pytest.mark.parametrize(
    "changed", [{"reason": ""}, {"kind": "create_retail_user"}, {"token": "x", "product": "x"}]
)
def test_a_grid_without_reason_kind_or_product_is_not_submitted(as_maker, changed):
    assert as_maker.post(PAGE, grid(*ROWS, **changed)).status_code == 422
    assert as_maker.post(PAGE, grid(("", "", "", ""))).status_code == 422
    assert not Batch.objects.exists()


def test_names_of_codes_are_posted_and_say_where_a_code_is_not_clear(as_maker, users):
    RetailUserFactory(group_id="BR", user_id="C1", name="Other")
    found = as_maker.post(f"{PAGE}names/", {"code": ["c1", "ho/c1", "C2", "X"]}).json()["names"]
    assert found["C2"] == {"name": "Client 2", "lane": "HO/C2"}
    assert found["ho/c1"]["name"] == "Client 1"
    assert "several groups" in found["c1"]["trouble"]
    assert found["X"] == {"trouble": "No such retail user"}
    assert as_maker.get(f"{PAGE}names/", {"code": "C1"}).status_code == 405


def test_a_grid_is_hostile_text_until_it_was_read(as_maker):
    hostile = "=<script>alert(1)</script>"
    html = as_maker.post(PAGE, grid((hostile, "5", hostile, hostile), press="add")).content.decode()
    assert "<script>alert" not in html
    assert as_maker.post(PAGE, grid(("C1", "5", "", hostile))).status_code == 302


def test_a_missing_reason_leads_to_its_field_and_empty_rows_stay(as_maker):
    answer = as_maker.post(PAGE, grid(*ROWS, ("", "", "", ""), reason=""))
    html = answer.content.decode()
    assert '<a href="#id_reason">Give a reason' in html
    assert re.search(
        r'<textarea id="id_reason"[^>]* aria-invalid="true"\s+aria-describedby="reason-help problem"', html
    )
    assert [row.empty for row in answer.context["rows"]] == [False, False, True, True]
    assert not Batch.objects.exists()
