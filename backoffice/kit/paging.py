"""Pages of a list: an order that leaves none open, and a count that goes no further than it must."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet

COUNT_CAP = 10_000
#: So many rows are sorted alone; of more, a walk in the order of an index soon finds a page.
FEW = 1_000


def settled(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows in an order that leaves none open, so that pages never show one twice: alike ones the newest first.

    In a descending order they come the oldest first, since an index that has the one has the other backwards. The order
    of the model is named: Django leaves it out where a query counts what belongs to its rows.
    """
    order = list(_order(rows))
    if not order or not all(isinstance(name, str) for name in order):
        return rows
    if order[-1].lstrip("-") not in ("pk", "id"):
        order.append("pk" if order[0].startswith("-") else "-pk")
    return rows.order_by(*order)


def by_number(rows: QuerySet[Any]) -> bool:
    """Whether rows come by their number alone, the newest first."""
    return list(_order(rows)) in (["-pk"], ["-id"])


def _order(rows: QuerySet[Any]) -> Sequence[Any]:
    """What rows are ordered by: as asked, else as their model says."""
    query = rows.query
    return query.order_by or (query.get_meta().ordering if query.default_ordering else None) or ()


def narrowed(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows that are few, by their numbers; others as they are.

    A planner that takes few for many walks the whole order of the list in search of a page of them.
    """
    if not rows.query.where:
        return rows
    few = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    return rows if len(few) > FEW else rows.filter(pk__in=few)


class CappedPaginator(Paginator):
    """Counts no further than `COUNT_CAP`: an exact count of a million rows costs more than the page itself.

    Beyond the cap a list by number goes on below its last row; another asks to narrow the search.
    """

    @cached_property
    def _found(self) -> int:
        rows: Any = self.object_list.data.data  # type: ignore[attr-defined]  # a table's rows
        if isinstance(rows, list | tuple):
            return len(rows)
        return rows.order_by()[: COUNT_CAP + 1].count()

    @property
    def count(self) -> int:
        return min(self._found, COUNT_CAP)

    @property
    def capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self._found > COUNT_CAP
