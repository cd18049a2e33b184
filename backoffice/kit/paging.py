"""Pages of a list: a complete order, and a count with a limit."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce
from django.db.models.sql.where import WhereNode
from django_tables2.rows import BoundRows

COUNT_CAP = 10_000
#: Up to this many rows are found by their ids and sorted; with more, reading in index order soon fills a page. A
#: planner that mistakes few for many would read the whole order of the list in search of a page.
FEW = 2_500
#: A page this far into a list is found by its ids first: the rows before it are then skipped without being read.
DEEP = 1_000


def settled(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return rows in a complete order, so that pages never show one twice: equal ones newest first.

    In a descending order equal ones come oldest first, since one index read backwards then serves both. The
    model's order is named explicitly: Django drops it if a query counts related rows.
    """
    order = list(_order(rows))
    if not order or not all(isinstance(name, str) for name in order):
        return rows
    if order[-1].lstrip("-") not in ("pk", "id"):
        order.append("pk" if order[0].startswith("-") else "-pk")
    return rows.order_by(*order)


def by_number(rows: QuerySet[Any]) -> bool:
    """Whether rows are ordered by id alone, newest first."""
    return list(_order(rows)) in (["-pk"], ["-id"])


def _order(rows: QuerySet[Any]) -> Sequence[Any]:
    """Return the order of the rows: the requested one, else the model's."""
    query = rows.query
    return query.order_by or (query.get_meta().ordering if query.default_ordering else None) or ()


def _with_ids(rows: QuerySet[Any], ids: list[Any]) -> QuerySet[Any]:
    """Return the rows that have these ids; the filters that found them are not asked again."""
    chosen = rows.all()
    chosen.query.where = WhereNode()
    return chosen.filter(pk__among=ids)


def _sorted(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return few rows in the same order, by expressions that no index has.

    In search of them a planner might read the index of the order to its end.
    """

    def expression(name: str) -> OrderBy:
        column = Coalesce(name.lstrip("-"), name.lstrip("-"))
        return column.desc() if name.startswith("-") else column.asc()

    return rows.order_by(*(expression(name) if isinstance(name, str) else name for name in _order(rows)))


class CappedPaginator(Paginator):
    """Counts up to `COUNT_CAP`: an exact count of a million rows costs more than the page itself.

    Beyond the cap, a list by id continues below its last row; others ask to narrow the search.
    """

    @cached_property
    def _few(self) -> list[Any] | None:
        """The ids of what the filters leave; None if there are no filters, or they leave many rows."""
        rows: Any = self.object_list.data.data  # type: ignore[attr-defined]  # a table's rows
        if not isinstance(rows, QuerySet) or not rows.query.where:
            return None
        ids = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
        return ids if len(ids) <= FEW else None

    @cached_property
    def _found(self) -> int:
        rows: Any = self.object_list.data.data  # type: ignore[attr-defined]
        if isinstance(rows, list | tuple):
            return len(rows)
        return len(self._few) if self._few is not None else rows.order_by()[: COUNT_CAP + 1].count()

    def page(self, number: Any) -> Page:
        """Return a page. Filtered rows, and those far into the list, are found by their ids first."""
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        rows: Any = self.object_list  # a table's
        found = rows.data.data
        if isinstance(found, QuerySet) and (found.query.where or first >= DEEP):
            narrowed = self.narrowed if self._few is None else _sorted(self.narrowed)
            ids = list(narrowed.values_list("pk", flat=True)[first:last])
            return Page(BoundRows(_with_ids(found, ids), rows.table, rows.pinned_data), number, self)
        return Page(rows[first:last], number, self)

    @property
    def narrowed(self) -> Any:
        """The rows of the list: those that filters leave by their ids, if they are few."""
        rows: Any = self.object_list.data.data  # type: ignore[attr-defined]
        return rows if self._few is None else _with_ids(rows, self._few)

    @property
    def count(self) -> int:
        return min(self._found, COUNT_CAP)

    @property
    def capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self._found > COUNT_CAP
