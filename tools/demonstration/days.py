"""The days of the demonstration's past, and its diary: acts in the order of their times."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import count

from backoffice.kit.formats import INDIA
from tools.demonstration.clock import Clock

#: So far back the past begins.
WEEKS = 4
OPENS, HOURS = time(9, 15), timedelta(hours=8)
#: The last day ends now, and is at least so long, however early it is.
SHORTEST = timedelta(minutes=90)
SATURDAY = 5


@dataclass(frozen=True)
class Day:
    """A stretch of work, in India's time."""

    begins: datetime
    length: timedelta

    def at(self, part: float) -> datetime:
        """The time after this part (0 to 1) of it."""
        return self.begins + self.length * part


def working_days(until: datetime) -> list[Day]:
    """The weekdays of the four weeks before this day, and the day itself as far as it is over."""
    now = until.astimezone(INDIA)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    before = [today - timedelta(days=back) for back in range(7 * WEEKS, 0, -1)]
    opens = timedelta(hours=OPENS.hour, minutes=OPENS.minute)
    days = [Day(day + opens, HOURS) for day in before if day.weekday() < SATURDAY]
    begins = min(today + opens, now - SHORTEST)
    return [*days, Day(begins, now - begins)]


class Diary:
    """Acts by their times. One may enter further acts, later than itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._acts: list[tuple[datetime, int, Callable[[], object]]] = []
        self._number = count()

    def enter(self, at: datetime, act: Callable[[], object]) -> None:
        """Do this at this time."""
        heapq.heappush(self._acts, (at, next(self._number), act))

    def play(self) -> None:
        """Do everything that is entered, each with the clock set to its time."""
        while self._acts:
            at, _, act = heapq.heappop(self._acts)
            self._clock.to(at)
            act()
