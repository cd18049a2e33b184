"""A CSV file for spreadsheets carries no formula and loses no value."""

import pytest

from backoffice.screens.csv_files import lines, safe


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
        (None, ""),
        (0, "0"),
    ],
)
def test_what_begins_like_a_formula_is_disarmed(cell, written):
    assert safe(cell) == written


def test_the_file_is_utf8_with_a_mark_and_quoted_where_needed():
    assert "".join(lines(["A", "B"], [["x,y", 'say "hi"']])) == '\ufeffA,B\r\n"x,y","say ""hi"""\r\n'
