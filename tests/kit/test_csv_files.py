"""A CSV file for spreadsheets carries no formula and loses no value."""

import pytest

from backoffice.kit.csv_files import lines, safe, unmarked


@pytest.mark.parametrize(
    ("cell", "written"),
    [
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
    ],
)
def test_what_begins_like_a_formula_is_disarmed(cell, written):
    assert safe(cell) == written
    assert unmarked(written) == ("" if cell is None else str(cell))


def test_an_apostrophe_of_somebody_s_own_stays():
    assert unmarked("'s-Gravenhage") == "'s-Gravenhage"


def test_the_file_is_utf8_with_a_mark_and_quoted_where_needed():
    assert "".join(lines(["A", "B"], [["x,y", 'say "hi"']])) == '\ufeffA,B\r\n"x,y","say ""hi"""\r\n'
