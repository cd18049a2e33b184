"""A CSV file for spreadsheets carries no formula and loses no value."""

import csv
import io

import pytest

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


def test_an_apostrophe_of_somebody_s_own_stays():
    assert unmarked("'s-Gravenhage") == "'s-Gravenhage"


def test_the_file_is_utf8_with_a_mark_and_quoted_where_needed():
    assert "".join(lines(["A", "B"], [["x,y", 'say "hi"']])) == '\ufeffA,B\r\n"x,y","say ""hi"""\r\n'


def test_what_holds_or_not_is_said_as_on_pages():
    assert block([(True, False, 1, 0, None)]) == "Yes,No,1,0,\r\n"
    assert (safe(True), safe(False)) == ("Yes", "No")
