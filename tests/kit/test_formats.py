"""Money and times as India writes them."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from backoffice.kit.file_cells import text
from backoffice.kit.formats import ago, each_ist, exact, in_words, indian, ist, rupee_price, rupees, span


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0, "0.00"),
        (5, "5.00"),
        (999, "999.00"),
        (1000, "1,000.00"),
        (99999, "99,999.00"),
        (100000, "1,00,000.00"),
        ("1234567", "12,34,567.00"),
        (Decimal("123456789.5"), "12,34,56,789.50"),
        ("-1234567.89", "-12,34,567.89"),
        ("-0.001", "0.00"),
        ("1E+3", "1,000.00"),
    ],
)
def test_amounts_are_grouped_the_indian_way(amount, shown):
    assert indian(amount) == shown


@pytest.mark.parametrize("amount", ["", None, "abc", "12,000", "NaN", "Infinity", "<b>"])
def test_what_is_no_number_is_shown_as_it_came(amount):
    assert indian(amount) == (amount or "")
    assert in_words(amount) == ""


def test_the_digits_after_the_point_can_be_kept_or_dropped():
    assert indian("1234.5", places=None) == "1,234.5"
    assert indian(10000, places=0) == "10,000"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Rupees zero"),
        (19, "Rupees nineteen"),
        (20, "Rupees twenty"),
        (101, "Rupees one hundred one"),
        ("123450.50", "Rupees one lakh twenty-three thousand four hundred fifty and fifty paise"),
        (10_000_000, "Rupees one crore"),
        (10**12, "Rupees one lakh crore"),
        ("0.05", "Rupees zero and five paise"),
        ("-21.10", "Minus rupees twenty-one and ten paise"),
    ],
)
def test_amounts_in_words_use_lakhs_and_crores(amount, words):
    assert in_words(amount) == words


def test_times_are_shown_in_india_whatever_the_zone_they_came_in():
    at = datetime(2026, 11, 20, 20, 5, 9, tzinfo=UTC)
    assert ist(at) == "21-11-2026 01:35:09"
    assert ist(at, "minute") == "21-11-2026 01:35"
    assert ist(at, "date") == "21-11-2026"
    assert ist(at, "time") == "01:35:09"
    assert ist(None) == ""


def test_times_of_a_column_are_written_as_each_alone():
    times = [
        datetime(2026, 11, 20, 18, 29, 59, 999999, tzinfo=UTC),
        datetime(2026, 11, 20, 18, 30, tzinfo=UTC),
        datetime(2024, 2, 28, 20, 0, tzinfo=timezone(timedelta(hours=-7))),
        datetime(1943, 6, 1, 12, 0, 1, tzinfo=UTC),  # an hour ahead, during the war
        datetime(1869, 10, 2, 1, 2, 3, tzinfo=UTC),
        None,
    ]
    assert each_ist(times) == [ist(at) for at in times]
    assert each_ist(times)[:2] == ["20-11-2026 23:59:59", "21-11-2026 00:00:00"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (12, "12 s ago"),
        (-20, "in 20 s"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (7200, "2 h ago"),
        (-7200, "in 2 h"),
        (86400 * 6, "6 d ago"),
    ],
)
def test_times_near_now_are_told_by_their_distance(seconds, words):
    now = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
    assert ago(now - timedelta(seconds=seconds), now) == words


def test_times_more_than_a_week_away_are_told_by_their_date():
    now = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
    assert ago(now - timedelta(days=8), now) == "13-11-2026"


def test_a_span_is_never_negative():
    assert span(-3) == "0 s"


@pytest.mark.parametrize(
    ("amount", "least", "shown"),
    [
        (Decimal("1234567.5"), 2, "12,34,567.50"),
        (Decimal("83.1225"), 2, "83.1225"),
        (Decimal("90.053333"), 2, "90.0533"),
        (Decimal("1000000.00"), 0, "10,00,000"),
        (None, 2, ""),
        (0, 0, "0"),
    ],
)
def test_an_exact_amount_has_the_decimals_that_it_needs(amount, least, shown):
    assert exact(amount, least) == shown


def test_the_sign_of_rupees_never_leaves_its_amount():
    assert rupees("1234567") == "₹\u00a012,34,567.00"
    assert rupee_price("90.0525") == "₹\u00a090.0525"


def test_a_file_has_a_plain_space_after_the_sign_of_rupees():
    assert text(f"{rupees(5000)} cash deposit") == "₹ 5,000.00 cash deposit"
