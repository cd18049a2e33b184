"""How messages went out over time: throughput, backlog, stops of sending, and ODIN's answer times."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, F, QuerySet
from django.db.models.functions import TruncMinute
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.delivery import gate
from backoffice.delivery.models import STILL_OPEN, Attempt, Delivery
from backoffice.kit.charts import Chart, Shade, place, stacked_chart
from backoffice.kit.formats import INDIA, ist
from backoffice.kit.percentiles import nearest_rank
from backoffice.odin.outcome import OutcomeKind

#: Outcomes of attempts with their tone, from the bottom of a column upwards.
SERIES = (("applied", "good"), ("refused", "bad"), ("unknown", "doubt"), ("not applied", "idle"))
#: Outcomes that come from an answer of ODIN.
ANSWERED = (OutcomeKind.APPLIED.value, OutcomeKind.REFUSED.value)
#: Answer times are counted in steps of this many milliseconds.
STEP_MS = 10
#: Audit entries that begin a stop of all sending, with its words, and those that end it.
BEGINS = {"delivery.paused": "Sending was paused", "delivery.circuit_opened": "ODIN could not be reached"}
ENDS = {"delivery.resumed": "delivery.paused", "delivery.circuit_closed": "delivery.circuit_opened"}
#: How many of these entries are read, newest first. An outage opens and closes the circuit a few times.
MOST_STOPS = 200


@dataclass(frozen=True)
class Window:
    """A time window that ends now: its name in the address, label, length, and minutes of a column.

    Every `labelled`-th column has its time below. `every` is how often the page refreshes.
    """

    name: str
    label: str
    minutes: int
    column: int
    labelled: int
    every: str


WINDOWS = (Window("day", "24 hours", 24 * 60, 30, 6, "60s"), Window("hour", "Hour", 60, 1, 10, "5s"))


@dataclass(frozen=True)
class Stopped:
    """A time in which nothing was sent. `until` is None while it lasts."""

    since: datetime
    until: datetime | None
    words: str


@dataclass(frozen=True)
class Flow:
    """What the page of the queue shows of a window. Answer times are milliseconds, None if there are none."""

    window: Window
    chart: Chart
    p50: int | None
    p95: int | None
    stops: Sequence[Stopped]

    @property
    def windows(self) -> Sequence[Window]:
        """Return the windows to choose from."""
        return WINDOWS


def window_of(name: str) -> Window:
    """Return the window of this name; the longest one if there is none."""
    return next((one for one in WINDOWS if one.name == name), WINDOWS[0])


def gather(window: Window) -> Flow:
    """Return the flow up to now, in seven queries that read only the window's rows."""
    now = timezone.now()
    begin = _columns(now, window)
    since, until = begin[0], begin[-1] + timedelta(minutes=window.column)
    stops = _stops(since)
    answered = _answer_times(since)
    chart = stacked_chart(
        f"Messages in each {window.column} min" if window.column > 1 else "Messages a minute",
        zip((f"{at:%H:%M}" for at in begin), _throughput(begin, window), strict=True),
        SERIES,
        labelled=window.labelled,
        line=("waiting", _backlog(begin, window)),
        shades=[_shade(one, since, until, now) for one in stops],
    )
    return Flow(window, chart, nearest_rank(answered, 50), nearest_rank(answered, 95), stops)


def _columns(now: datetime, window: Window) -> list[datetime]:
    """Return when each column begins, in India's time; the last one contains now."""
    at = now.astimezone(INDIA).replace(second=0, microsecond=0)
    last = at - timedelta(minutes=at.minute % window.column)
    count = window.minutes // window.column
    return [last - timedelta(minutes=window.column * back) for back in range(count - 1, -1, -1)]


def _place(at: datetime, begin: Sequence[datetime], window: Window) -> int:
    """Return the number of the column of a minute.

    After a clock was set back it may lie after the last one.
    """
    return min(len(begin) - 1, int((at - begin[0]).total_seconds()) // (60 * window.column))


def _throughput(begin: Sequence[datetime], window: Window) -> list[Counter[str]]:
    found: list[Counter[str]] = [Counter() for _ in begin]
    rows = (
        Attempt.objects.exclude(outcome="")
        .filter(started_at__gte=begin[0])
        .order_by()
        .values_list(TruncMinute("started_at", tzinfo=UTC), "outcome")
        .annotate(number=Count("*"))
    )
    for minute, outcome, number in rows:
        found[_place(minute, begin, window)][outcome.replace("_", " ")] += number
    return found


def _backlog(begin: Sequence[datetime], window: Window) -> list[int]:
    """Return how many deliveries had no final outcome at the end of each column, counted back from now."""
    change = [0] * len(begin)
    since = begin[0]
    for at, number in _by_minute(Delivery.objects.filter(created_at__gte=since), "created_at"):
        change[_place(at, begin, window)] += number
    for at, number in _by_minute(Delivery.objects.filter(~STILL_OPEN, finished_at__gte=since), "finished_at"):
        change[_place(at, begin, window)] -= number
    waiting = [Delivery.objects.filter(STILL_OPEN).count()]
    for moved in reversed(change[1:]):
        waiting.append(max(0, waiting[-1] - moved))
    return waiting[::-1]


def _by_minute(deliveries: QuerySet[Delivery], time: str) -> Iterable[tuple[datetime, int]]:
    # Minutes begin alike in India and in UTC, which PostgreSQL reckons faster. It counts rows from the index alone.
    rows = deliveries.order_by().values_list(TruncMinute(time, tzinfo=UTC)).annotate(number=Count("*"))
    return ((minute, number) for minute, number in rows)


def _answer_times(since: datetime) -> Counter[int]:
    """Count the attempts that ODIN answered within each step, by the step's upper end in milliseconds."""
    rows = (
        Attempt.objects.filter(started_at__gte=since, outcome__in=ANSWERED, duration_ms__isnull=False)
        .order_by()
        .values_list(F("duration_ms") / STEP_MS)
        .annotate(number=Count("*"))
    )
    return Counter({(steps + 1) * STEP_MS: number for steps, number in rows})


def _stops(since: datetime) -> list[Stopped]:
    """Return when all sending was paused or ODIN could not be reached, by the audit trail and the present state."""
    entries = Entry.objects.filter(action__in=[*BEGINS, *ENDS], at__gte=since).order_by("-at", "-id")
    told = list(entries.values_list("at", "action")[:MOST_STOPS])[::-1]
    row = gate.state()
    lasting = {"delivery.paused": row.paused_at, "delivery.circuit_opened": row.opened_at}
    found = [one for begin in BEGINS for one in _stops_of(begin, told, since, lasting[begin])]
    return sorted(found, key=lambda one: one.since)


def _stops_of(
    begins: str, told: Sequence[tuple[datetime, str]], since: datetime, lasting: datetime | None
) -> Iterator[Stopped]:
    # A stop whose beginning is not among the entries began before the window.
    begun = since if len(told) < MOST_STOPS else None
    for at, action in told:
        if action == begins:
            begun = at
        elif ENDS.get(action) == begins and begun:
            yield Stopped(begun, at, BEGINS[begins])
            begun = None
    if lasting:
        yield Stopped(max(lasting, since), None, BEGINS[begins])


def _shade(stop: Stopped, since: datetime, until: datetime, now: datetime) -> Shade:
    start = place(stop.since, since, until)
    end = place(stop.until or now, since, until)
    ended = f"until {ist(stop.until, 'minute')}" if stop.until else "and still is"
    words = f"{stop.words} from {ist(stop.since, 'minute')} {ended}"
    return Shade(start, round(max(0.2, end - start), 3), words)
