"""What an export is found to say beside the records: each case from the upload to the result."""

import pytest

from backoffice.reconciliation.models import Outcome, Reconciliation
from tests.batches.files import as_csv
from tests.factories import BankAccountFactory, RetailUserFactory
from tests.reconciliation.conftest import compare, upload, work

pytestmark = pytest.mark.django_db

ASHA = {"group_id": "HO", "user_id": "WEBRET1"}


@pytest.fixture
def asha():
    return RetailUserFactory(
        **ASHA,
        name="Asha Testwala",
        mobile="9800000001",
        email="asha@example.com",
        trading_segments=["1", "3"],
        max_gtd=None,
        orders_per_second=None,
        unknown_fields=["fax", "max_gtd", "orders_per_second"],
    )


def found(one):
    return [(d.field, d.here, d.there) for d in one.found.order_by("pk")]


def lines(one):
    return [(line.lane, line.outcome, line.number) for line in one.lines.order_by("pk")]


def test_each_user_is_on_one_side_or_both(as_maker, asha):
    RetailUserFactory(group_id="HO", user_id="HERE")
    one = compare(
        as_maker,
        {**ASHA, "name": "Asha Testwala", "email": "new@example.com"},
        {"group_id": "HO", "user_id": "THERE", "name": "Ravi Testwala", "email": ""},
    )
    assert lines(one) == [
        ("HO/WEBRET1", Outcome.DIFFERENT, 2),
        ("HO/THERE", Outcome.ONLY_THERE, 3),
        ("HO/HERE", Outcome.ONLY_HERE, None),
    ]
    assert found(one) == [("email", "asha@example.com", "new@example.com")]
    counts = (
        one.rows,
        one.same,
        one.different,
        one.only_there,
        one.only_here,
        one.unreadable,
        one.differences,
    )
    assert counts == (2, 0, 1, 1, 1, 0, 1)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("mobile", "+91 98000 00001"),
        ("trading_segments", "3;1"),
        ("trading_segments", "NSE Cash;BSE Cash"),
        ("fax", ""),
        ("max_gtd", ""),
        ("name", " Asha Testwala "),
    ],
)
def test_another_spelling_of_the_same_is_no_difference(as_maker, asha, name, cell):
    asha.trading_segments = ["1", "3"]
    asha.save()
    one = compare(as_maker, {**ASHA, name: cell})
    assert found(one) == []
    assert one.same == 1


@pytest.mark.parametrize(
    ("name", "cell", "here", "there"),
    [
        ("name", "Asha Other", "Asha Testwala", "Asha Other"),
        ("email", "", "asha@example.com", ""),
        ("fax", "022123456", None, "022123456"),
        ("trading_segments", "1", ["1", "3"], ["1"]),
    ],
)
def test_what_is_not_the_same_is_kept_with_both_values(as_maker, asha, name, cell, here, there):
    assert found(compare(as_maker, {**ASHA, name: cell})) == [(name, here, there)]


def test_what_is_inactive_may_be_in_the_export_or_not(as_maker, asha):
    asha.inactive_segments = ["3"]
    asha.save()
    assert compare(as_maker, {**ASHA, "trading_segments": "1"}).same == 1
    assert compare(as_maker, {**ASHA, "trading_segments": "1;3"}).same == 1


BANK = {"bank_1_bank_id": "SAMPLEBANK", "bank_1_account_no": "00123456789", "bank_1_branch_name": "Fort"}


def test_accounts_are_told_by_their_numbers_and_compared_in_the_parts_that_the_file_has(as_maker, asha):
    BankAccountFactory(retail_user=asha, bank_id="SAMPLEBANK", account_no="00123456789", branch_name="Fort")
    assert compare(as_maker, {**ASHA, **BANK}).same == 1
    [(field, here, there)] = found(compare(as_maker, {**ASHA, **BANK, "bank_1_branch_name": "Andheri"}))
    assert field == "banks"
    assert {name for name in here if here[name] != there[name]} == {"branch_name"}
    another = {**ASHA, **BANK, "bank_1_account_no": "777"}
    [(_, here, there)] = found(compare(as_maker, another))
    assert (here, there["account_no"]) == (None, "777")


def test_an_account_that_a_row_does_not_name_differs_only_where_the_row_had_room(as_maker, asha):
    BankAccountFactory(retail_user=asha, bank_id="SAMPLEBANK", account_no="00123456789", branch_name="Fort")
    BankAccountFactory(retail_user=asha, bank_id="OTHER", account_no="5", is_default="0")
    assert compare(as_maker, {**ASHA, **BANK}).same == 1
    room = {"bank_2_bank_id": "", "bank_2_account_no": ""}
    [(field, here, there)] = found(compare(as_maker, {**ASHA, **BANK, **room}))
    assert (field, here["account_no"], there) == ("banks", "5", None)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({**ASHA, "user_id": "", "mobile": "1"}, "file.nobody"),
        ({**ASHA, "mobile": "9.8E+09"}, "file.number"),
        ({**ASHA, "mobile": "#REF!"}, "file.formula"),
        ({**ASHA, "user_id": "MUCHTOOLONGANID", "mobile": ""}, "length"),
    ],
)
def test_a_row_that_cannot_be_trusted_is_not_compared_and_says_why(as_maker, asha, row, rule):
    one = compare(as_maker, row)
    line = one.lines.get(outcome=Outcome.UNREADABLE)
    assert line.findings, rule
    assert rule == "length" or rule in {finding["rule"] for finding in line.findings}
    assert (one.unreadable, one.differences) == (1, 0)


def test_a_damaged_row_still_shows_that_odin_has_the_user(as_maker, asha):
    one = compare(as_maker, {**ASHA, "mobile": "#REF!"})
    assert one.only_here == 0


def test_a_user_whom_two_rows_name_is_compared_once(as_maker, asha, monkeypatch):
    monkeypatch.setattr("backoffice.reconciliation.working.ROWS", 2)
    rows = [{**ASHA, "mobile": "9800000001"}, {**ASHA, "mobile": "9"}, {**ASHA, "mobile": "8"}]
    one = compare(as_maker, *rows)
    assert [(line.number, line.outcome) for line in one.lines.order_by("pk")] == [
        (2, Outcome.SAME),
        (3, Outcome.UNREADABLE),
        (4, Outcome.UNREADABLE),
    ]
    assert "Row 2" in one.lines.get(number=4).findings[0]["text"]


def test_an_account_that_a_row_names_twice_makes_the_row_unreadable(as_maker, asha):
    BankAccountFactory(retail_user=asha, bank_id="SAMPLEBANK", account_no="00123456789", branch_name="Fort")
    again = {"bank_2_bank_id": "SAMPLEBANK", "bank_2_account_no": "00123456789"}
    one = compare(as_maker, {**ASHA, **BANK, **again})
    [line] = one.lines.all()
    assert (line.outcome, one.differences) == (Outcome.UNREADABLE, 0)
    assert "Bank 2 is the same account as Bank 1" in line.findings[0]["text"]


def test_a_user_who_came_after_the_comparison_began_is_not_looked_for(as_maker, asha):
    upload(as_maker, as_csv(ASHA | {"name": "Asha Testwala"}))
    RetailUserFactory(group_id="HO", user_id="LATER")
    work()
    assert lines(Reconciliation.objects.get()) == [("HO/WEBRET1", Outcome.SAME, 2)]
