"""Percentiles of durations and their words."""

from collections import Counter

import pytest

from backoffice.reports.spread import Spread, in_words, spread


def test_the_middle_and_what_nineteen_of_twenty_stayed_below_are_nearest_ranks():
    assert spread(Counter(range(1, 101))) == Spread(50, 95)
    assert spread(Counter({7: 1})) == Spread(7, 7)
    assert spread(Counter({0: 99, 600: 1})) == Spread(0, 0)
    assert spread(Counter({0: 90, 600: 10})) == Spread(0, 600)


def test_nothing_that_happened_has_no_percentiles_and_no_words():
    assert spread(Counter()) == Spread(None, None)
    assert not Spread().words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "< 1 min"), (12, "12 min"), (60, "1 h 00 min"), (185, "3 h 05 min"), (3120, "2 d 4 h")],
)
def test_durations_are_said_in_the_two_largest_units(minutes, words):
    assert in_words(minutes) == words


def test_a_spread_says_both_ranks():
    assert Spread(12, 185).words == "12 min / 3 h 05 min"
