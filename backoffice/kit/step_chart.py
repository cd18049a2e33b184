"""A chart of one number that changes in steps over time, drawn on the server for `components/step_chart.html`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from backoffice.kit.formats import indian, ist

#: Pixels: of the drawing, above the line, and for days. Across it is percent, so that its text keeps its size.
HEIGHT, TOP, BOTTOM = 150, 10, 20


@dataclass(frozen=True)
class Point:
    """A moment at which the number became `value`, and the words on hover."""

    at: datetime
    value: Decimal
    words: str


@dataclass(frozen=True)
class Mark:
    """A point, in percent across and pixels down, with its words."""

    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Chart:
    """The line as an SVG path, its marks, and the lines of the grid with their amounts."""

    title: str
    last: Decimal
    path: str
    marks: Sequence[Mark]
    grid: Sequence[tuple[float, str]]
    first_day: str
    last_day: str
    height: int = HEIGHT


def step_chart(title: str, points: Iterable[Point], *, whole: bool) -> Chart:
    """Return the chart of at least one point, oldest first. `whole`: the number was 0 before the first."""
    found = list(points)
    begin, end = found[0].at, found[-1].at
    seconds = (end - begin).total_seconds()
    top = _ceiling(max(point.value for point in found))
    marks = []
    for place, point in enumerate(found):
        share = (point.at - begin).total_seconds() / seconds if seconds else place / max(1, len(found) - 1)
        marks.append(Mark(round(100 * share, 2), _y(point.value, top), f"{ist(point.at)}: {point.words}"))
    first, *further = marks
    start = HEIGHT - BOTTOM if whole else first.y
    path = f"M{first.x} {start}V{first.y}" + "".join(f"H{mark.x}V{mark.y}" for mark in further)
    return Chart(
        title=title,
        last=found[-1].value,
        path=f"{path}H100",
        marks=marks,
        grid=[(_y(value, top), _short(value)) for value in (Decimal(0), top / 2, top)],
        first_day=ist(begin, "date"),
        last_day=ist(end, "date") if ist(end, "date") != ist(begin, "date") else "",
    )


def _y(value: Decimal, top: Decimal) -> float:
    return round(HEIGHT - BOTTOM - float(value / top) * (HEIGHT - BOTTOM - TOP), 2)


def _ceiling(highest: Decimal) -> Decimal:
    """The next round number at or above: 1, 2, 4, 6, 8 or 10 of its power of ten."""
    power = Decimal(10) ** max(0, highest.adjusted())
    return next(power * digit for digit in (1, 2, 4, 6, 8, 10) if power * digit >= highest)


def _short(value: Decimal) -> str:
    """Return an amount for a line's label: 2.5 L for lakhs, 1 Cr for crores."""
    for size, unit in ((Decimal(10_000_000), " Cr"), (Decimal(100_000), " L")):
        if value >= size:
            number = f"{value / size:.2f}".rstrip("0").rstrip(".")
            return f"{indian(number, None)}{unit}"
    return indian(value, 0)
