"""A CSV file for spreadsheets carries no formula and loses no value."""

import csv
import io

import pytest
from django.utils.safestring import mark_safe

from backoffice.kit.csv_files import block, lines, safe, unmarked

CELLS = [
    ("=1+1", "'=1+1"),
    ("+cmd", "'+cmd"),
    ("-cmd", "'-cmd"),
    ("@sum", "'@sum"),
    ("\tx", "'\tx"),
    ("-12.50", "-12.50"),
    ("+91", "+91"),
    ("plain", "plain"),
    ("\nx", "'\nx"),
    ("\rx", "'\rx"),
    ("\uff1d1+1", "'\uff1d1+1"),
    ("\uff0bcmd", "'\uff0bcmd"),
    ("\uff0dcmd", "'\uff0dcmd"),
    ("\uff20sum", "'\uff20sum"),
    (" =1", "' =1"),
    ("\u3000\u00a0=1", "'\u3000\u00a0=1"),
    ("\ufeff\u200b=1", "'\ufeff\u200b=1"),
    (" plain", " plain"),
    ("-1-1", "'-1-1"),
    ("+\u0967", "'+\u0967"),
    (None, ""),
    (0, "0"),
]


@pytest.mark.parametrize(("cell", "written"), CELLS)
def test_what_begins_like_a_formula_is_disarmed(cell, written):
    assert safe(cell) == written
    assert unmarked(written) == ("" if cell is None else str(cell))


@pytest.mark.parametrize(("cell", "written"), CELLS)
def test_a_formula_among_many_rows_is_disarmed_and_the_others_stay(cell, written):
    rows = [["plain", "\0"], ["", cell], [cell, "-12.50"], ["x\ny", None]]
    found = list(csv.reader(io.StringIO(block(rows), newline="")))
    assert found == [["plain", "\0"], ["", written], [written, "-12.50"], ["x\ny", ""]]


@pytest.mark.parametrize(("cell", "written"), CELLS)
def test_a_formula_is_disarmed_in_whatever_column_and_row_it_is(cell, written):
    for width in (1, 3):
        for height in (1, 4):
            for place in range(width * height):
                cells = ["plain"] * (width * height)
                expected = list(cells)
                cells[place], expected[place] = cell, written
                rows = [cells[start : start + width] for start in range(0, len(cells), width)]
                found = [one for row in csv.reader(io.StringIO(block(rows), newline="")) for one in row]
                assert found == expected


def test_a_formula_is_disarmed_in_a_download_of_any_length():
    rows = [[f"row {number}", "=1" if number in (0, 1000, 2500) else number] for number in range(2501)]
    found = list(csv.reader(io.StringIO("".join(lines(["A", "B"], iter(rows))), newline="")))[1:]
    assert [row[0] for row in found] == [row[0] for row in rows]
    assert [place for place, row in enumerate(found) if row[1] == "'=1"] == [0, 1000, 2500]


def test_a_text_that_is_marked_as_safe_for_pages_is_not_safe_for_spreadsheets():
    assert block([[mark_safe("=1")], ["plain"]]) == "'=1\r\nplain\r\n"


def test_an_apostrophe_of_somebody_s_own_stays():
    assert unmarked("'s-Gravenhage") == "'s-Gravenhage"


def test_the_file_is_utf8_with_a_mark_and_quoted_where_needed():
    assert "".join(lines(["A", "B"], [["x,y", 'say "hi"']])) == '\ufeffA,B\r\n"x,y","say ""hi"""\r\n'


def test_what_holds_or_not_is_said_as_on_pages():
    assert block([(True, False, 1, 0, None)]) == "Yes,No,1,0,\r\n"
    assert (safe(True), safe(False)) == ("Yes", "No")
