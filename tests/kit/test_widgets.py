"""Inputs for India, and the periods that people filter by."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from backoffice.kit.filters import DayField, RupeesField
from backoffice.kit.periods import periods
from backoffice.protocol.messages.limits import CashDeposit


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("5,000", "5000"),
        ("2,50,000", "250000"),
        ("₹ 2,50,000.50", "250000.50"),
        ("1,5", "1,5"),
        ("5,00,0", "5,00,0"),
        ("₹", "₹"),
    ],
)
def test_groups_of_an_amount_do_not_count_in_forms_files_and_filters(typed, kept):
    field = CashDeposit.fields["amount"]
    assert field.clean(typed) == kept
    assert RupeesField().widget.value_from_datadict({"amount": typed}, {}, "amount") == kept


@pytest.mark.parametrize(
    ("typed", "words"), [("-500", "-500 is below 0."), ("five", "five is not an amount.")]
)
def test_what_is_no_amount_is_told_why(typed, words):
    with pytest.raises(ValidationError, match=words):
        RupeesField().to_python(typed)


def test_a_day_of_a_bookmark_is_shown_as_people_write_it():
    shown = DayField().widget.render("since", "2026-11-01")
    assert 'value="01-11-2026"' in shown
    assert 'value="31-02-1990"' in DayField().widget.render("since", "31-02-1990")


@pytest.mark.parametrize(
    ("today", "year", "since"),
    [
        (date(2026, 3, 31), "FY 2025-26", date(2025, 4, 1)),
        (date(2026, 4, 1), "FY 2026-27", date(2026, 4, 1)),
    ],
)
def test_the_financial_year_begins_in_april(today, year, since):
    offered = {period.label: (period.since, period.until) for period in periods(today)}
    assert offered[year] == (since, today)
    assert offered["This month"] == (today.replace(day=1), today)


def test_the_last_month_is_a_whole_one():
    offered = {period.label: (period.since, period.until) for period in periods(date(2026, 1, 31))}
    assert offered["Last month"] == (date(2025, 12, 1), date(2025, 12, 31))
