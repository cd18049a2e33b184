"""Duplicates in a file, remembered outside memory."""

from backoffice.batches.check.repeats import Seen
from backoffice.changes.files import Unique

LANE = Unique(("group_id", "user_id"), "is the same user.")
BANK = Unique(("bank_id", "account_no"), "has the same account.", each="banks")


def row(user, *accounts):
    return {"group_id": "HO", "user_id": user, "banks": [{"bank_id": "B", "account_no": a} for a in accounts]}


def said(found):
    return {number: [(f.path, f.text) for f in findings] for number, findings in found.items()}


def test_the_first_row_is_named_to_each_later_one():
    seen = Seen([LANE, BANK])
    assert seen.findings({2: row("A", "1"), 3: row("B", "2")}) == {}
    assert said(seen.findings({4: row("A", "3", "2")})) == {
        4: [("user_id", "Row 2 is the same user."), ("banks.1.account_no", "Row 3 has the same account.")]
    }
    assert said(seen.findings({5: row("A")})) == {5: [("user_id", "Row 2 is the same user.")]}


def test_two_in_one_slice_and_the_same_account_twice_in_one_row():
    seen = Seen([LANE, BANK])
    assert said(seen.findings({2: row("A", "1"), 3: row("A", "1")})) == {
        3: [("user_id", "Row 2 is the same user."), ("banks.0.account_no", "Row 2 has the same account.")]
    }
    assert seen.findings({4: row("B", "9", "9")}) == {}, "the rules of the message say that"


def test_nothing_is_no_duplicate_of_nothing():
    seen = Seen([LANE, BANK])
    assert seen.findings({2: {"banks": [{}]}, 3: {"banks": "x"}, 4: {}}) == {}


def test_rows_that_were_stored_before_are_remembered():
    seen = Seen([LANE])
    seen.add([(2, row("A"))])
    assert list(seen.findings({7: row("A")})) == [7]
