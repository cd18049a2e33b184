"""What a hostile file may cost: little memory, however it is made, and three workers at most."""

import random
import tracemalloc
from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.batches import lease, operations, tasks
from backoffice.batches.check.checking import CHARACTERS, Checking
from backoffice.batches.errors import FileProblem
from backoffice.batches.file.reading import inspect, open_rows
from backoffice.batches.models import Batch, State
from tests.batches.files import as_csv, example_row, write, xlsx, zipped

MB = 1_000_000
DEPOSIT = "cash_deposit"


def noise(count):
    """Hexadecimal digits that do not pack well."""
    return f"{random.getrandbits(4 * count):x}"


def text_row(number, text):
    return f'<row r="{number}"><c t="inlineStr"><is><t>{text}</t></is></c></row>'


TWO_ROWS = f"{text_row(1, 'user_id')}{text_row(2, 'R1')}"


def rows_of(inner):
    return f"<sheetData>{inner}</sheetData>"


def memory_to_read(path):
    """The most memory (bytes) that reading a file takes, and why it was refused, if it was."""
    refused = ""
    tracemalloc.start()
    try:
        found = inspect(path, path.name)
        for _ in open_rows(path, found.shape, len(found.headers)):
            pass
    except FileProblem as problem:
        refused = problem.words
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most, refused


@pytest.mark.parametrize(
    "row", [b",", b'"\n",', b"x", b'""'], ids=["commas", "quoted_breaks", "text", "quotes"]
)
def test_one_endless_row_takes_no_memory(tmp_path, row):
    path = write(tmp_path / "a.csv", b"user_id,name\n" + row * (10 * MB // len(row)))
    most, refused = memory_to_read(path)
    assert "Row 2" in refused
    assert most < 4 * MB


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (lambda: rows_of(text_row(1, "user_id") + text_row(2, noise(4 * MB))), "longer than 32767"),
        (lambda: rows_of(TWO_ROWS + f'<row odd="{noise(6 * MB)}"/>'), "damaged"),
        (
            lambda: rows_of(
                TWO_ROWS + '<row r="3">' + "".join(f'<c r="A3"><v>{noise(5)}</v></c>' for _ in range(200_000))
            ),
            "damaged",
        ),
        (
            lambda: rows_of(
                TWO_ROWS
                + '<row r="3">'
                + "".join(f'<c r="A3"><v>{n}</v></c>' for n in range(10**6, 10**6 + 200_000))
            ),
            "Row 3 is longer",
        ),
        (
            lambda: (
                rows_of(TWO_ROWS)
                + "<mergeCells>"
                + '<mergeCell ref="A1:XFD1048576"/>' * 500
                + "</mergeCells>"
            ),
            "damaged",
        ),
        (
            lambda: (
                rows_of(TWO_ROWS)
                + "<mergeCells>"
                + "".join(f'<mergeCell ref="A{n}:B{n}"/>' for n in range(1, 30_000))
                + "</mergeCells>"
            ),
            "more than 20000 merged cells",
        ),
    ],
    ids=["text", "attribute", "not_a_number", "cells", "overlapping", "merged"],
)
def test_no_part_of_a_sheet_takes_much_memory(tmp_path, sheet, words):
    most, refused = memory_to_read(xlsx(tmp_path / "a.xlsx", sheet()))
    assert words in refused
    assert most < 12 * MB


def test_many_formats_are_not_kept(tmp_path):
    fonts = "".join(f'<font><sz val="{noise(8)}"/></font>' for _ in range(150_000))
    path = xlsx(
        tmp_path / "a.xlsx",
        rows_of(TWO_ROWS),
        styles=f"<fonts>{fonts}</fonts><cellXfs><xf numFmtId='0'/></cellXfs>",
    )
    most, refused = memory_to_read(path)
    assert not refused
    assert most < 3 * MB


@pytest.mark.parametrize("part", ["sharedStrings.xml", "other.bin"])
def test_the_table_of_texts_is_bounded_whatever_its_name(tmp_path, part, monkeypatch):
    monkeypatch.setattr("backoffice.batches.file.workbook.TEXTS", MB)
    texts = "".join(f"<si><t>{noise(8)}</t></si>" for _ in range(60_000))
    path = xlsx(tmp_path / "a.xlsx", rows_of(TWO_ROWS), texts=texts, text_part=part)
    most, refused = memory_to_read(path)
    assert "holds more than a table of texts" in refused
    assert most < 12 * MB


def test_the_list_of_parts_of_an_archive_is_bounded(tmp_path):
    path = zipped(tmp_path / "a.xlsx", [(f"part-number-{n}", "") for n in range(20_000)])
    most, refused = memory_to_read(path)
    assert "damaged" in refused
    assert most < 4 * MB


def test_rows_that_are_long_are_stored_a_few_at_a_time(db, maker):
    row = example_row(DEPOSIT, reference="")
    wide = [",".join(["", *row.values(), *["x"] * 30_000]) for _ in range(300)]
    content = "\n".join([",".join(["Note", *row]), *wide]).encode()
    batch = operations.upload(DEPOSIT, [content], "wide.csv", by=maker).batch
    operations.check(batch.pk, by=maker, names=["-", *row])
    batch.refresh_from_db()
    token = lease.take(batch)
    with Checking(batch, token) as run:
        assert run.step()
    assert 0 < batch.rows.count() <= CHARACTERS // 30_000 + 1


@pytest.fixture
def checking(db, maker):
    """A file that waits for its check."""
    content = as_csv(*(example_row(DEPOSIT, reference=f"R{n}") for n in range(3)))
    batch = operations.upload(DEPOSIT, [content.encode()], "a.csv", by=maker).batch
    return operations.check(batch.pk, by=maker)


def lose_worker(monkeypatch, batch, error=MemoryError):
    """A worker takes the file and crashes; then its lease runs out."""
    with monkeypatch.context() as patched:
        patched.setattr(Checking, "step", lambda self: (_ for _ in ()).throw(error))
        with pytest.raises(error):
            tasks.work_due()
    Batch.objects.filter(pk=batch.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_file_that_cost_three_workers_ends_with_its_reason(checking, client, maker, monkeypatch):
    for _ in range(3):
        lose_worker(monkeypatch, checking)
    assert tasks.work_due() == 1
    checking.refresh_from_db()
    assert checking.state == State.UPLOADED
    assert "failed 3 times before its first row" in checking.problem
    assert tasks.work_due() == 0
    client.force_login(maker)
    page = client.get(checking.get_absolute_url()).content.decode()
    assert "The check of this file failed 3 times before its first row" in page


def test_a_worker_that_gets_further_forgives_those_before(checking, monkeypatch):
    for _ in range(2):
        lose_worker(monkeypatch, checking)
    assert tasks.work_due() == 1
    checking.refresh_from_db()
    assert (checking.state, checking.failures, checking.total_rows) == (State.CHECKED, 0, 3)


def test_checking_the_file_again_gives_it_three_workers_again(checking, maker, monkeypatch):
    for _ in range(3):
        lose_worker(monkeypatch, checking)
    tasks.work_due()
    operations.check(checking.pk, by=maker)
    assert tasks.work_due() == 1
    checking.refresh_from_db()
    assert (checking.state, checking.problem) == (State.CHECKED, "")
