"""Pages of a list: a complete order, and a count with a limit."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.sql.where import WhereNode
from django_tables2.rows import BoundRows

#: Rows are counted up to this number. If filters leave no more, their ids are found and then sorted; with more, reading
#: in index order soon fills a page. A planner that takes few for many would read the whole order of the list.
COUNT_CAP = 10_000
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


def _sorted_ids(rows: QuerySet[Any]) -> list[Any]:
    """Return the ids of the rows in their order; if there are more than `COUNT_CAP`, of some rows, one more than that.

    They are found first and sorted afterwards. A planner that may do both at once walks an index in the order of the
    list in search of them, to its end if they come last.
    """
    order = [(f"key_{number}", name) for number, name in enumerate(_order(rows))]
    keys = {key: F(name.lstrip("-")) for key, name in order}
    found = rows.order_by().annotate(**keys).values("pk", *keys)[: COUNT_CAP + 1]
    try:
        sql, parameters = found.query.sql_with_params()
    except EmptyResultSet:
        return []
    ordered = ", ".join(f"{key} {'DESC' if name.startswith('-') else 'ASC'}" for key, name in order)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pk FROM ({sql}) found ORDER BY {ordered}", parameters)  # noqa: S608  # names of ours
        return [pk for (pk,) in cursor.fetchall()]


class CappedPaginator(Paginator):
    """Counts up to `COUNT_CAP`: an exact count of a million rows costs more than the page itself.

    Beyond the cap, a list by id continues below its last row; others ask to narrow the search.
    """

    @cached_property
    def _ids(self) -> list[Any] | None:
        """What `_sorted_ids` finds; None if there are no filters."""
        rows: Any = self.object_list.data.data  # type: ignore[attr-defined]  # a table's rows
        if not isinstance(rows, QuerySet) or not rows.query.where:
            return None
        return _sorted_ids(rows)

    @property
    def _few(self) -> list[Any] | None:
        """The ids of what the filters leave, in order; None if there are no filters, or they leave too many."""
        return None if self._ids is None or len(self._ids) > COUNT_CAP else self._ids

    @cached_property
    def _found(self) -> int:
        rows: Any = self.object_list.data.data  # type: ignore[attr-defined]
        if isinstance(rows, list | tuple):
            return len(rows)
        return len(self._ids) if self._ids is not None else rows.order_by()[: COUNT_CAP + 1].count()

    def page(self, number: Any) -> Page:
        """Return a page. Filtered rows, and those far into the list, are found by their ids first."""
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        rows: Any = self.object_list  # a table's
        found = rows.data.data
        if isinstance(found, QuerySet) and (found.query.where or first >= DEEP):
            ids = self._few if self._few is not None else found.values_list("pk", flat=True)
            return Page(
                BoundRows(_with_ids(found, list(ids[first:last])), rows.table, rows.pinned_data), number, self
            )
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
