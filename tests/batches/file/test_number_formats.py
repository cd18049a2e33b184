"""Number formats against what Excel shows. The pairs are typed from Excel's own documentation and display."""

from decimal import Decimal

import pytest

from backoffice.batches.file.number_formats import BUILT_IN, Kind, parse, show

#: Format, number, what the sheet shows without groups of digits and currency, and whether that says all of the number.
SHOWN = [
    ("General", "1234", "1234", True),
    ("General", "-0.5", "-0.5", True),
    ("General", "12345678901", "12345678901", True),
    ("General", "919812345678", "9.19812E+11", False),
    ("General", "99999999999.99", "1E+11", False),
    ("General", "0.12345678912", "0.123456789", False),
    ("General", "0.00001", "0.00001", True),
    ("General", "0.000012345678", "1.23457E-05", False),
    ('General" kg"', "7", "7 kg", True),
    ("0", "4874560000002", "4874560000002", True),
    ("0", "0.5", "1", False),
    ("00000000000", "451234567", "00451234567", True),
    ("0.00", "1000.005", "1000.01", False),
    ("0.00", "5", "5.00", True),
    ("#,##0.00", "1234567.89", "1234567.89", True),
    ("#,##0", "999", "999", True),
    ("#,##0,", "12000", "12", False),
    ("#.##", "0.5", "0.5", True),
    ("#", "0", "", True),
    ("0.0?", "1.5", "1.5", True),
    ("0%", "0.05", "5%", True),
    ("0.00%", "0.05555", "5.56%", False),
    ('"000"0', "1234", "0001234", True),
    ("000\\ 000", "411004", "411 004", True),
    ("0000\\-0000", "12345678", "1234-5678", True),
    ('"AC"0000', "12", "AC0012", True),
    ("[$₹-4009]\\ #,##0.00", "1234.5", "1234.50", True),
    ('"Rs."\\ #,##0', "5000", "5000", True),
    ('[$₹]#,##0;[Red]"("[$₹]#,##0")"', "-500", "-500", True),
    ("[>=10000000]##\\,##\\,##\\,##0;[>=100000]##\\,##\\,##0;##,##0", "1234567", "1234567", True),
    ("[>=10000000]##\\,##\\,##\\,##0;[>=100000]##\\,##\\,##0;##,##0", "1234", "1234", True),
    (BUILT_IN[39], "-500.25", "-500.25", True),
    (BUILT_IN[43], "0", "-", True),
    (BUILT_IN[44], "-12.5", "-12.50", True),
    ("#,##0;#,##0", "-500", "500", False),
    ("#,##0;[Red]#,##0", "-500", "500", False),
    ("0;;", "-5", "", False),
    ("0;-0;", "0", "", True),
    (";;;", "5", "", False),
    ('"Yes";;"No"', "1", "Yes", True),
]
NOT_UNDERSTOOD = [
    ("# ?/?", "0.5"),
    ("0.00E+00", "1234567890"),
    ("[$-4000439]0", "5"),
    ("[DBNum1]0", "5"),
    ("0 foo", "5"),
    ("[<=9999999]###\\-####;(###) ###\\-####", "-5"),
    ('"open', "5"),
    ("0.0.0", "5"),
    ("0;0;0;0;0", "5"),
    ("0" * 300, "5"),
]


@pytest.mark.parametrize(("code", "number", "text", "says_all"), SHOWN)
def test_a_number_is_shown_as_excel_shows_it(code, number, text, says_all):
    value = Decimal(number)
    section, minus = parse(code).section(value)
    shown = show(section, value, minus)
    assert (shown.text, shown.says_all) == (text, says_all)


@pytest.mark.parametrize(("code", "number"), NOT_UNDERSTOOD)
def test_what_is_not_understood_is_not_guessed_at(code, number):
    value = Decimal(number)
    section, minus = parse(code).section(value)
    assert show(section, value, minus) is None


@pytest.mark.parametrize(
    ("code", "year", "whole"),
    [
        ("dd\\-mm\\-yyyy", 1985, True),
        ("[$-409]d\\-mmm\\-yyyy;@", 1985, True),
        ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", 1985, True),
        ("dd/mm/yyyy\\ hh:mm:ss", 1985, True),
        ("dd\\-mmm\\-yy", 1985, True),
        ("dd\\-mmm\\-yy", 1925, False),
        ("mmm\\-yy", 1985, False),
        ("d\\-mmm", 1985, False),
        ("yyyy", 1985, False),
        ("yyyy hh:mm", 1985, False),
        ("[h]:mm", 1985, False),
    ],
)
def test_a_date_is_whole_when_day_month_and_year_can_be_read(code, year, whole):
    section, _ = parse(code).section(Decimal(31068))
    assert section.kind is Kind.DATE
    assert section.whole_date(year) is whole


@pytest.mark.parametrize("number", BUILT_IN)
def test_each_built_in_format_is_understood_or_known_not_to_be(number):
    section, _ = parse(BUILT_IN[number]).section(Decimal("1234.5"))
    assert (section.kind is Kind.UNKNOWN) == (number in (11, 12, 13, 48))


@pytest.mark.parametrize(
    ("code", "text", "shown"),
    [
        ('"A/C "@', "12", "A/C 12"),
        ('0;0;0;"Mr. "@', "Rao", "Mr. Rao"),
        (";;;", "Rao", ""),
        ("@", "Rao", None),
        ("0", "Rao", None),
    ],
)
def test_a_format_may_change_texts(code, text, shown):
    section = parse(code).for_text
    assert (section and section.with_text(text)) == shown
