"""Read stored rows of a file in their order, some at a time."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from backoffice.batches.check.repeats import RULE
from backoffice.batches.models import Row
from backoffice.protocol.fields import Values

#: Rows in memory.
AT_ONCE = 500


def in_parts(rows: QuerySet[Row, Any], number: Callable[[Any], int]) -> Iterator[list[Any]]:
    """Yield these rows of one file in lists. `number` returns the number of a row as the query returns it.

    Each part is a query: outside a transaction PostgreSQL writes the answer of a cursor to disk as a whole
    before it returns a row, which takes minutes for a long file.
    """
    ordered, after = rows.order_by("number"), 0
    while part := list(ordered.filter(number__gt=after)[:AT_ONCE]):
        yield part
        after = number(part[-1])


def firsts(
    rows: QuerySet[Row], beat: Callable[[], None], but_not: QuerySet[Row] | None = None
) -> Iterator[tuple[int, Values]]:
    """Yield number and values of those of these rows that were the first to have theirs.

    `but_not` are rows to leave out. `beat` is called often, since this may take longer than a lease.
    """
    for part in in_parts(rows.values_list("number", "values", "findings"), lambda row: int(row[0])):
        beat()
        left_out = set(_numbers(but_not, part[0][0], part[-1][0])) if but_not is not None else ()
        for number, values, findings in part:
            if number not in left_out and not any(finding["rule"] == RULE for finding in findings):
                yield number, values


def _numbers(rows: QuerySet[Row], first: int, last: int) -> Iterable[int]:
    return rows.filter(number__range=(first, last)).order_by().values_list("number", flat=True)
