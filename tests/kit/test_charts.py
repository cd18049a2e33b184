"""Charts: they stay inside the drawing, are bounded, and have a description in words."""

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template

from backoffice.kit.charts import (
    Lane,
    Moment,
    Shade,
    Stretch,
    axis,
    bin_of,
    dots,
    stacked_chart,
)
from backoffice.kit.formats import INDIA

HOSTILE = "<script>alert('x')</script>"
MORNING = datetime(2026, 11, 30, 9, 0, tzinfo=INDIA)


def drawn(name, **context):
    """The drawing of a template, which must be well-formed, and its text."""
    page = Template(f'{{% include "components/{name}.html" %}}').render(Context(context))
    return ET.fromstring(page), page


def test_a_chart_stacks_its_pieces_without_leaving_the_drawing():
    series = (("applied", "good"), ("refused", "bad"))
    chart = stacked_chart("Messages", [("09", {"applied": 900, "refused": 100}), ("10", {})], series)
    first, second = chart.columns
    applied, refused = first.bars
    assert refused.y + refused.height == pytest.approx(applied.y)
    assert applied.y + applied.height == pytest.approx(chart.plot_height)
    assert min(bar.y for bar in first.bars) >= 0
    assert second.bars == []
    assert second.words == "nothing"
    assert chart.total == 1000
    assert chart.legend == [("applied", "good", 900), ("refused", "bad", 100)]


@pytest.mark.parametrize("highest", [0, 1, 4, 5, 9, 37, 1000, 123456])
def test_the_grid_of_a_chart_has_round_steps_and_holds_the_highest_column(highest):
    chart = stacked_chart("Messages", [("09", {"applied": highest})], [("applied", "good")])
    values = [value for _, value in chart.grid]
    assert values[0] == 0
    assert values[-1] >= highest
    assert 2 <= len(values) <= 5


def test_one_file_among_single_changes_is_cut_and_leaves_the_other_days_readable():
    days = [("27-11", 3), ("28-11", 375), ("29-11", 2)]
    chart = stacked_chart("Changes", [(day, {"applied": n}) for day, n in days], [("applied", "good")])
    assert [column.cut for column in chart.columns] == [0, 375, 0]
    assert chart.columns[0].bars[0].height > chart.plot_height / 2
    assert chart.columns[1].bars[0].y >= 0
    _, page = drawn("chart", chart=chart)
    assert ">375</text>" in page


def test_low_columns_beside_two_high_ones_are_seen_and_have_their_values():
    days = [("26-11", 375), ("27-11", 300), ("28-11", 2), ("29-11", 1), ("30-11", 0)]
    chart = stacked_chart("Changes", [(day, {"applied": n}) for day, n in days], [("applied", "good")])
    assert [column.cut for column in chart.columns] == [0] * 5
    assert [column.small for column in chart.columns] == [0, 0, 2, 1, 0]
    assert all(column.bars[0].height >= 4 for column in chart.columns[:4])
    figure, _ = drawn("chart", chart=chart)
    texts = [text.text for text in figure.iter("text")]
    assert "2" in texts
    assert "1" in texts


def test_a_chart_of_many_columns_has_no_values_above_them():
    chart = stacked_chart("Messages", [(str(n), {"applied": n}) for n in range(60)], [("applied", "good")])
    assert not any(column.small for column in chart.columns)


def test_one_message_among_thousands_still_shows():
    chart = stacked_chart(
        "Messages", [("09", {"applied": 9999, "refused": 1})], [("applied", "good"), ("refused", "bad")]
    )
    assert chart.columns[0].bars[1].height > 1


def test_a_line_and_shaded_hours_are_drawn_and_said_beside_the_columns():
    rows = [("09", {"applied": 4}), ("10", {})]
    chart = stacked_chart(
        "Messages", rows, [("applied", "good")], line=("waiting", [2, 8]), shades=[Shade(50, 50, HOSTILE)]
    )
    assert [one.words for one in chart.columns] == ["4 applied, 2 waiting", "8 waiting"]
    assert chart.grid[-1][1] >= 8, "the line has room too"
    figure, page = drawn("chart", chart=chart)
    assert figure.find(".//polyline").get("points").count(",") == 2
    assert (figure.find("svg").get("role"), "waiting" in page, HOSTILE in page) == ("img", True, False)


def test_a_lane_of_time_keeps_what_began_before_it_inside():
    until = MORNING + timedelta(hours=8)
    lane = Lane(
        "Sending",
        HOSTILE,
        [Stretch(MORNING - timedelta(days=1), MORNING + timedelta(hours=2), "warn", "Paused")],
        [Moment(MORNING + timedelta(hours=4), "bad", "Unknown")],
    )
    shown = axis([lane], MORNING, until)
    ((_, stretches, moments),) = shown.drawn
    assert [(start, width) for start, width, _ in stretches] == [(0, 25)]
    assert [at for at, _ in moments] == [50]
    assert [label for _, label, _ in shown.ticks] == ["09:00", "12:00", "15:00"]
    figure, page = drawn("axis", axis=shown)
    assert figure.find(".//svg").get("aria-label") == f"Sending: {HOSTILE}"
    assert HOSTILE not in page


@pytest.mark.parametrize(
    "length", [timedelta(0), timedelta(seconds=20), timedelta(days=7), timedelta(days=900)]
)
def test_an_axis_of_any_length_has_few_ticks(length):
    assert len(axis([], MORNING, MORNING + length).ticks) <= 40


def test_amounts_become_a_bounded_number_of_dots_and_the_large_ones_are_named():
    amounts = [Decimal(n) for n in range(1, 100_001, 7)]
    bins = {}
    for amount in amounts:
        bins[bin_of(amount)] = bins.get(bin_of(amount), 0) + 1
    strip = dots("Amounts", "14,286 amounts", bins, [(Decimal("2500000.00"), HOSTILE, "/batches/1/rows/2/")])
    assert len(strip.dots) <= 122
    assert all(0 <= dot.x <= 100 for dot in strip.dots)
    assert [label for _, label, _ in strip.ticks][-1] == "₹\u00a01\u00a0Cr"
    figure, page = drawn("dots", dots=strip)
    assert figure.find(".//a").get("href") == "/batches/1/rows/2/"
    assert HOSTILE not in page
    assert dots("Amounts", "", {}, []) is None
