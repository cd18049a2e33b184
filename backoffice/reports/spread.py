"""How long things took: the middle of many durations, and what nineteen of twenty stayed below."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Func, IntegerField

from backoffice.kit.percentiles import nearest_rank

MINUTES_OF_AN_HOUR, MINUTES_OF_A_DAY = 60, 24 * 60


class MinutesBetween(Func):
    """Whole minutes from one time to a later one. Parameters: the later, the earlier."""

    arity = 2
    output_field = IntegerField()
    arg_joiner = ") - julianday("
    template = "CAST((julianday(%(expressions)s)) * 1440 + 0.001 AS INTEGER)"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # As a float: EXTRACT computes in decimals, and a long report takes a quarter longer.
        template = "FLOOR(DATE_PART('epoch', %(expressions)s) / 60)::integer"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" - ", **context)


@dataclass(frozen=True)
class Spread:
    """Percentiles of durations in whole minutes; None if there are none."""

    p50: int | None = None
    p95: int | None = None

    @property
    def words(self) -> str:
        """For a cell: "12 min / 3 h 05 min"."""
        if self.p50 is None or self.p95 is None:
            return ""
        return f"{in_words(self.p50)} / {in_words(self.p95)}"


def spread(minutes: Counter[int]) -> Spread:
    """The percentiles of durations that are counted by their minutes: the nearest ranks."""
    return Spread(nearest_rank(minutes, 50), nearest_rank(minutes, 95))


def in_words(minutes: int) -> str:
    """A duration: "< 1 min", "12 min", "3 h 05 min", "2 d 4 h"."""
    if minutes < 1:
        return "< 1 min"
    if minutes < MINUTES_OF_AN_HOUR:
        return f"{minutes} min"
    hours, rest = divmod(minutes, MINUTES_OF_AN_HOUR)
    if minutes < MINUTES_OF_A_DAY:
        return f"{hours} h {rest:02} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"
