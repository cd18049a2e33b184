"""Charts drawn on the server: columns with a line and shaded times, lanes on a time axis, dots along amounts.

Horizontal positions are percentages of the drawing, vertical ones are pixels. So a drawing fills its box, and
its text keeps its size.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import log10

from backoffice.kit.formats import INDIA, RUPEE, midnight

#: The height of a chart of columns, the space above its highest bar, and the room for labels below, in
#: pixels.
HEIGHT, TOP, BOTTOM = 160, 8, 20
#: A bar's share of its column's slot, and its greatest width in percent of the drawing.
BAR, WIDEST = 0.62, 4.0
#: A column this many times as high as the next lower one is cut.
OUTLIER = 5
#: The least height of a column that is not empty, in pixels. A column below this share of the drawing has its value
#: above it, in charts of so many columns at most.
LEAST, SMALL, WITH_VALUES = 4.0, 0.1, 31
#: Distances of ticks on a time axis; the first that gives at most MOST_TICKS is taken.
STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400)
)
MOST_TICKS = 7


@dataclass(frozen=True)
class Bar:
    """One piece of a column: its tone, its upper edge and its height."""

    tone: str
    y: float
    height: float


@dataclass(frozen=True)
class Column:
    """One column: its label, its pieces from the bottom up, and the words on hover. `x`: where its slot begins.

    `minor`: its label is left out on narrow screens. `cut`: its value where it is higher than the drawing, else 0.
    `small`: its value where it is too low to be read, else 0; `top`: its upper edge.
    """

    label: str
    words: str
    x: float
    bars: Sequence[Bar]
    labelled: bool = True
    minor: bool = False
    cut: int = 0
    small: int = 0
    top: float = 0


@dataclass(frozen=True)
class Shade:
    """A marked stretch of the axis, and its reason."""

    x: float
    width: float
    words: str


@dataclass(frozen=True)
class Chart:
    """Stacked columns for `components/chart.html`.

    `line` is a second measure: points across 100 units, and down the height in pixels, with its `line_words`;
    "" if all of it is zero.
    """

    title: str
    columns: Sequence[Column]
    legend: Sequence[tuple[str, str, int]]
    grid: Sequence[tuple[float, int]]
    total: int
    bar_width: float
    slot_width: float
    shades: Sequence[Shade] = ()
    line: str = ""
    line_words: str = ""
    height: int = HEIGHT

    @property
    def plot_height(self) -> int:
        """From the top of the drawing down to the zero line."""
        return self.height - BOTTOM

    @property
    def middles(self) -> list[tuple[Column, float, float]]:
        """Each column with the middle of its slot and where its bar begins."""
        half = self.slot_width / 2
        return [
            (one, round(one.x + half, 3), round(one.x + half - self.bar_width / 2, 3)) for one in self.columns
        ]


def stacked_chart(
    title: str,
    rows: Iterable[tuple[str, Mapping[str, int]]],
    series: Sequence[tuple[str, str]],
    *,
    labelled: int = 1,
    line: tuple[str, Sequence[int]] | None = None,
    shades: Sequence[Shade] = (),
    height: int = HEIGHT,
) -> Chart:
    """Make a chart of one column a row.

    `rows` are label and count by series name; `series` are name and tone, the lowest piece first. Every
    `labelled`-th column has its label below. `line`: its name, and its value at the end of each column, on
    the same scale.
    """
    rows = list(rows)
    line = line if line and any(line[1]) else None
    sums = [sum(counts.values()) for _, counts in rows]
    highest = max([_usual(sums), *(line[1] if line else ())])
    step = _step(highest)
    top_value = step * max(1, -(-highest // step))
    scale = (height - TOP - BOTTOM) / top_value
    slot = 100 / max(1, len(rows))
    columns = []
    for index, (label, counts) in enumerate(rows):
        base, bars = float(height - BOTTOM), []
        # So that a column of one beside hundreds is still seen as one.
        least = LEAST / sums[index] if sums[index] else 0
        for name, tone in series:
            if count := counts.get(name, 0):
                # So that a count of one among thousands is still visible as a line.
                tall = max(1.5, count * max(least, min(scale, (height - BOTTOM - TOP) / sums[index])))
                base -= tall
                bars.append(Bar(tone, round(base, 2), round(tall, 2)))
        low = height - BOTTOM - base < SMALL * (height - BOTTOM)
        said = [f"{counts[name]} {name}" for name, _ in series if counts.get(name)]
        if line and line[1][index]:
            said.append(f"{line[1][index]} {line[0]}")
        columns.append(
            Column(
                label,
                ", ".join(said) or "nothing",
                round(index * slot, 3),
                bars,
                labelled=index % labelled == 0,
                minor=len(rows) // labelled > 4 and index // labelled % 2 == 1,  # four fit a phone
                cut=sums[index] if sums[index] > top_value else 0,
                small=sums[index] if low and len(rows) <= WITH_VALUES else 0,
                top=round(base, 2),
            )
        )
    return Chart(
        title=title,
        columns=columns,
        legend=[(name, tone, sum(counts.get(name, 0) for _, counts in rows)) for name, tone in series],
        grid=[(round(height - BOTTOM - value * scale, 2), value) for value in range(0, top_value + 1, step)],
        bar_width=round(min(WIDEST, slot * BAR), 3),
        slot_width=round(slot, 3),
        total=sum(sum(counts.values()) for _, counts in rows),
        shades=shades,
        line=" ".join(
            f"{(index + 0.5) * slot:.2f},{height - BOTTOM - value * scale:.1f}"
            for index, value in enumerate(line[1] if line else ())
        ),
        line_words=line[0] if line else "",
        height=height,
    )


def _usual(sums: Sequence[int]) -> int:
    """Return the highest column of those that the scale shows whole: not OUTLIER times as high as the next lower."""
    ranked = sorted((one for one in sums if one), reverse=True)
    return next(
        (high for high, next_one in pairwise(ranked) if high <= OUTLIER * next_one),
        ranked[-1] if ranked else 0,
    )


def _step(highest: int) -> int:
    """Return a round distance between grid lines that gives two to five of them."""
    steps = (digit * 10**power for power in range(12) for digit in (1, 2, 5))
    return next(step for step in steps if highest <= step * 4)


@dataclass(frozen=True)
class Stretch:
    """A bar on a lane of time: from, until, tone, words."""

    since: datetime
    until: datetime
    tone: str
    words: str


@dataclass(frozen=True)
class Moment:
    """A dot on a lane of time."""

    at: datetime
    tone: str
    words: str


@dataclass(frozen=True)
class Lane:
    """One line of a time axis: its name, its bars and dots, and a description in words."""

    label: str
    words: str
    stretches: Sequence[Stretch] = ()
    moments: Sequence[Moment] = ()


@dataclass(frozen=True)
class Axis:
    """Lanes that share an axis of time, for `components/axis.html`."""

    since: datetime
    until: datetime
    lanes: Sequence[Lane]
    ticks: Sequence[tuple[float, str, str]] = field(default=())

    @property
    def drawn(self) -> list[tuple[Lane, list[tuple[float, float, Stretch]], list[tuple[float, Moment]]]]:
        """Each lane with its bars (from, width) and its dots, placed."""
        return [
            (
                lane,
                [
                    (start, max(0.4, round(self.place(one.until) - start, 3)), one)
                    for one in lane.stretches
                    for start in [self.place(one.since)]
                ],
                [(self.place(one.at), one) for one in lane.moments],
            )
            for lane in self.lanes
        ]

    def place(self, at: datetime) -> float:
        """Return the position of a time, in percent; outside times are at the edge."""
        return place(at, self.since, self.until)


def place(at: datetime, since: datetime, until: datetime) -> float:
    """Return the position of a time between two others, in percent; outside times are at the edge."""
    whole = (until - since).total_seconds() or 1
    return round(min(100.0, max(0.0, 100 * (at - since).total_seconds() / whole)), 3)


def axis(lanes: Sequence[Lane], since: datetime, until: datetime) -> Axis:
    """Lanes on one axis from `since` until `until`, with round ticks in India's time."""
    length = until - since
    step = next((step for step in STEPS if length / step <= MOST_TICKS), STEPS[-1])
    day = midnight(since.astimezone(INDIA).date())
    at = day + step * -(-(since - day) // step)
    ticks = []
    while at <= until:
        where = place(at, since, until)
        # The outermost labels stay inside the drawing.
        anchor = "start" if where < 8 else "end" if where > 92 else "middle"  # percent
        ticks.append((where, _tick(at, step), anchor))
        at += step
    return Axis(since, until, lanes, ticks)


def _tick(at: datetime, step: timedelta) -> str:
    form = "%d-%m" if step >= timedelta(days=1) else "%H:%M" if step >= timedelta(minutes=1) else "%H:%M:%S"
    return at.astimezone(INDIA).strftime(form)


@dataclass(frozen=True)
class Dot:
    """One dot of a strip of amounts: how many amounts it represents, its radius in pixels, its words and address."""

    x: float
    radius: float
    tone: str
    words: str
    url: str = ""


@dataclass(frozen=True)
class Dots:
    """Amounts along a logarithmic scale, for `components/dots.html`."""

    title: str
    words: str
    dots: Sequence[Dot]
    ticks: Sequence[tuple[float, str, str]]


#: Dots for each factor of ten, so that a strip has a bounded number of them.
BINS = 20
SMALLEST, LARGEST = 3.0, 9.0


def bin_of(amount: Decimal) -> int:
    """The number of the bin of a positive amount."""
    return round(log10(amount) * BINS)


def dots(
    title: str, words: str, bins: Mapping[int, int], named: Sequence[tuple[Decimal, str, str]]
) -> Dots | None:
    """Make a strip of amounts, or return None if there is nothing to draw.

    `bins`: how many amounts are in each of `bin_of`; `named`: amounts with a dot of their own, with words and address.
    """
    places = [*bins, *(bin_of(amount) for amount, _, _ in named)]
    if not places:
        return None
    low, high = min(places) // BINS, -(-max(places) // BINS)
    high = max(high, low + 1)

    def x(where: float) -> float:
        return round(3 + 94 * (where / BINS - low) / (high - low), 3)

    most = max(bins.values(), default=1)
    drawn = [
        Dot(
            x(one),
            round(SMALLEST + (LARGEST - SMALLEST) * (count / most) ** 0.5, 2),
            "idle",
            f"{count} of about {_rupees(round(10 ** (one / BINS)))}",
        )
        for one, count in sorted(bins.items())
    ]
    drawn += [Dot(x(log10(amount) * BINS), SMALLEST + 1, "warn", words, url) for amount, words, url in named]
    ticks = [(x(power * BINS), _rupees(10**power), "middle") for power in range(low, high + 1)]
    return Dots(title, words, drawn, ticks)


def _rupees(amount: int) -> str:
    """A short amount for a tick: ₹ 500, ₹ 10 k, ₹ 1 L, ₹ 2 Cr."""
    for size, unit in ((10**7, "Cr"), (10**5, "L"), (10**3, "k")):
        if amount >= size:
            return f"{RUPEE}{amount / size:.3g}\u00a0{unit}"
    return f"{RUPEE}{amount}"
