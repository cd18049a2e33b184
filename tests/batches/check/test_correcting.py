"""Correcting single cells of a checked file: what is checked again, what is recorded, what is refused."""

import hashlib

import pytest

from backoffice.audit.models import Entry
from backoffice.batches import fixing, tasks
from backoffice.batches.check import summary
from backoffice.batches.check.correcting import Typed, mark
from backoffice.batches.decide import decisions
from backoffice.batches.errors import AlreadyDecided, BatchError, NotAllowed
from backoffice.batches.models import Batch, Row, RowState, State
from backoffice.delivery.content import content_hash
from backoffice.protocol.secret import MASK
from backoffice.seal import unseal_values
from tests.batches.files import example_row
from tests.uploads import said, uploaded

CREATE = "create_retail_user"

pytestmark = pytest.mark.django_db


def client_row(number, **changed):
    return example_row(
        CREATE,
        **{
            "user_id": f"FIX{number}",
            "pan": f"AAAPR{number:04}K",
            "mobile": f"98{number:08}",
            "bank_1_account_no": f"5010{number:08}",
            "demat_1_beneficiary_id": f"{number:08}",
            "password": "Sesame42",
            **changed,
        },
    )


@pytest.fixture
def checked(client, maker, settings, tmp_path):
    """The rows of a checked file with these changed cells."""
    settings.VAR_DIR = tmp_path
    client.force_login(maker)

    def make(*changed):
        return uploaded(
            client, CREATE, *(client_row(number, **cells) for number, cells in enumerate(changed))
        )

    return make


def place(row, name):
    return row.batch.mapping.index(name)


def typed(row, **cells):
    """What somebody types who sees the row as it is stored."""
    row.refresh_from_db()
    return [
        Typed(row.number, place(row, name), text, mark(row, place(row, name))) for name, text in cells.items()
    ]


def fix(row, **cells):
    done = fixing.correct(row.batch_id, typed(row, **cells), by=row.batch.made_by)
    row.refresh_from_db()
    return done


def counts(batch):
    batch = Batch.objects.get(pk=batch.pk)
    return batch.good, batch.warned, batch.wrong, batch.summary["rows"]


def test_a_corrected_row_is_good_and_counted_and_the_cell_of_the_file_stays(checked, maker):
    _good, wrong = checked({}, {"pan": "AAAPR12"})
    assert counts(wrong.batch) == (1, 0, 1, 1)
    fix(wrong, pan="AAAPR0001K")
    assert (wrong.state, wrong.cells[place(wrong, "pan")]) == (RowState.GOOD, "AAAPR12")
    assert wrong.values["pan"] == wrong.messages[0]["values"]["pan"] == "AAAPR0001K"
    assert wrong.content_hash == content_hash(wrong.messages)
    assert counts(wrong.batch) == (2, 0, 0, 2)
    entry = Entry.objects.get(action="batch.corrected")
    assert entry.by_id == maker.pk
    assert entry.details["cells"] == [{"row": wrong.number, "before": "AAAPR12", "after": "AAAPR0001K"}]


def test_each_cell_has_an_entry_of_its_own(checked):
    (row,) = checked({"pan": "AAAPR12", "city": "Mumbai, West"})
    fix(row, pan="AAAPR0001K", city="Mumbai")
    columns = [
        entry.details["column"] for entry in Entry.objects.filter(action="batch.corrected").order_by("pk")
    ]
    assert (row.state, columns) == (RowState.GOOD, ["pan", "city"])


def test_what_is_still_wrong_says_so_and_what_was_said_already_changes_nothing(checked):
    (row,) = checked({"pan": "AAAPR12"})
    fix(row, pan="AAAPR123")
    assert row.state == RowState.WRONG
    assert not fix(row, pan="AAAPR123").rows
    assert Entry.objects.filter(action="batch.corrected").count() == 1


def test_a_cell_that_changed_meanwhile_is_not_overwritten(checked, maker):
    (row,) = checked({"pan": "AAAPR12"})
    second = typed(row, pan="AAAPR0009K")
    fix(row, pan="AAAPR0001K")
    done = fixing.correct(row.batch_id, second, by=maker)
    row.refresh_from_db()
    assert (done.refused, done.cells) == (second, 0)
    assert row.values["pan"] == "AAAPR0001K"


def test_a_duplicate_that_a_correction_makes_is_found_and_one_that_it_ends_is_gone(checked):
    first, second, third = checked({}, {"user_id": "FIX0"}, {"user_id": "FIX0"})
    assert said(second) == said(third) == {("user_id", "file.twice")}
    fix(first, user_id="FIX0A")  # now the second is the first to have it
    second.refresh_from_db()
    third.refresh_from_db()
    assert (second.state, third.state) == (RowState.GOOD, RowState.WRONG)
    assert third.findings[0]["text"].startswith(f"Row {second.number} ")
    fix(third, user_id="FIX9")
    assert counts(first.batch) == (3, 0, 0, 3)
    fix(third, user_id="FIX0A")
    assert third.findings[0]["text"].startswith(f"Row {first.number} ")
    assert counts(first.batch) == (2, 0, 1, 2)


def test_a_duplicate_elsewhere_in_the_row_stays_said(checked):
    _first, second = checked({}, {"user_id": "FIX0", "city": "Mumbai, West"})
    fix(second, city="Mumbai")
    assert said(second) == {("user_id", "file.twice")}


def test_a_password_is_taken_sealed_and_never_told(checked):
    (row,) = checked({"password": "abc"})
    assert row.state == RowState.WRONG
    assert not fix(row, password="").rows
    fix(row, password="Sesame43")
    assert row.state == RowState.GOOD
    assert unseal_values(row.values)["password"].reveal() == "Sesame43"
    assert "Sesame43" not in str([row.corrections, row.values, row.messages])
    entry = Entry.objects.get(action="batch.corrected")
    assert entry.details["cells"] == [{"row": row.number, "before": MASK, "after": MASK}]


def test_only_the_uploader_corrects_and_only_before_submission(checked, maker, other_maker, checker):
    _good, wrong = checked({}, {"pan": "AAAPR12"})
    for person in (other_maker, checker):
        with pytest.raises(NotAllowed):
            fixing.correct(wrong.batch_id, typed(wrong, pan="AAAPR0001K"), by=person)
    batch = decisions.submit(wrong.batch_id, by=maker, mode="valid", reason="New clients")
    with pytest.raises(AlreadyDecided):
        fixing.correct(wrong.batch_id, typed(wrong, pan="AAAPR0001K"), by=maker)
    assert decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash).rows == 1


def test_the_file_is_bound_to_the_corrected_rows(checked, maker, checker):
    good, wrong = checked({}, {"pan": "AAAPR12"})
    assert wrong.content_hash == ""
    fix(wrong, pan="AAAPR0001K")
    batch = decisions.submit(wrong.batch_id, by=maker, mode="all", reason="New clients")
    both = good.content_hash + wrong.content_hash
    assert batch.content_hash == hashlib.sha256(both.encode()).hexdigest()
    assert wrong.content_hash
    assert decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash).rows == 2
    assert batch.changes.get(row_number=wrong.number).values["pan"] == "AAAPR0001K"


def test_all_rows_like_one_are_corrected_by_a_worker_and_a_killed_one_repeats_nothing(
    checked, maker, monkeypatch
):
    rows = checked(*({"city": "Mumbai, West"} for _ in range(4)), {"city": "Pune, East"})
    fix(rows[0], city="Mumbai West")
    assert fixing.like(rows[0].batch, rows[0].number, place(rows[0], "city")) == 3
    assert fixing.correct_alike(rows[0].batch_id, rows[0].number, place(rows[0], "city"), by=maker) == 3
    monkeypatch.setattr("backoffice.batches.check.cleaning.ROWS", 1)
    monkeypatch.setattr(tasks, "WORK_SECONDS", 0.0)
    batch = rows[0].batch
    for _ in range(20):
        tasks.work_due()
        batch.refresh_from_db()
        if batch.state == State.CHECKED:
            break
        monkeypatch.setattr(tasks, "WORK_SECONDS", 5.0)
    assert counts(batch) == (4, 0, 1, 4)
    cells = [
        cell for entry in Entry.objects.filter(action="batch.corrected") for cell in entry.details["cells"]
    ]
    assert sorted(cell["row"] for cell in cells) == [row.number for row in rows[:4]]


def test_nothing_is_corrected_alike_where_no_row_is_like_it(checked, maker):
    first, _second = checked({"city": "Mumbai, West"}, {"city": "Pune, East"})
    with pytest.raises(BatchError, match="No other row"):
        fixing.correct_alike(first.batch_id, first.number, place(first, "city"), by=maker)
    fix(first, city="Mumbai West")
    with pytest.raises(BatchError, match="No other row"):
        fixing.correct_alike(first.batch_id, first.number, place(first, "city"), by=maker)


def test_the_summary_counts_what_is_sent_and_follows_corrections(checked):
    _first, second = checked({"group_id": "HO"}, {"group_id": "BR1", "pan": "AAAPR12"})
    assert Batch.objects.get().summary["values"]["group_id"] == {"HO": 1}
    fix(second, pan="AAAPR0001K")
    assert Batch.objects.get().summary["values"]["group_id"] == {"HO": 1, "BR1": 1}
    fix(second, group_id="BR2")
    assert Batch.objects.get().summary["values"]["group_id"] == {"HO": 1, "BR2": 1}
    assert summary.totals(Batch.objects.get()).rows == 2


def test_a_password_is_never_applied_to_other_rows(checked, maker):
    first, second = checked({"password": ""}, {"password": "", "pan": "AAAPR12"})
    fix(first, password="Sesame43")
    assert fixing.like(first.batch, first.number, place(first, "password")) == 0
    with pytest.raises(BatchError, match="No other row"):
        fixing.correct_alike(first.batch_id, first.number, place(first, "password"), by=maker)
    second.refresh_from_db()
    assert not second.corrections


def test_which_row_depends_on_another_is_told_by_their_values_and_not_by_words(checked):
    first, second = checked({}, {"user_id": "FIX0", "pan": "AAAPR0000K"})
    reworded = [{**finding, "text": "Somebody has it already."} for finding in second.findings]
    Row.objects.filter(pk=second.pk).update(findings=reworded)
    fix(first, user_id="FIX8", pan="AAAPR0008K")
    second.refresh_from_db()
    assert second.state == RowState.GOOD
