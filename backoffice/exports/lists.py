"""Exports of the desk's lists: all rows that a list's filters choose, in its order and with its columns.

A list is the view at its address. Its file has what it shows to the person, with personal data masked as on
the page: one table renders both.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.html import strip_tags
from django.utils.text import slugify

from backoffice.exports import cells, keyset
from backoffice.exports.kinds import KINDS, LIST, Kind, Piece, Unreadable
from backoffice.kit.opened_lists import NoSuchList, open_list
from backoffice.kit.tables_base import NumberColumn, PortalTable

#: Order, columns and the like, which an address has beside its filters.
NOT_READ = ("page", "per_page", "below")


class OpenedList:
    """Open a list as a person sees it at an address. Raises Unreadable if there is no such list, PermissionError."""

    def __init__(self, path: str, query: str, person: Any) -> None:
        try:
            view: Any = open_list(path, query, person)
        except NoSuchList as error:
            raise Unreadable(str(error)) from None
        self.view = view
        view.filterset = view.get_filterset(view.filterset_class)
        if view.filterset.problems:
            raise Unreadable(" ".join(view.filterset.problems))
        view.object_list = view.filterset.qs
        table = view.get_table()
        self.columns = {
            column.name: str(strip_tags(str(column.header)))
            for column in table.columns
            if not column.column.exclude_from_export
        }
        self.numbers = [
            place
            for place, name in enumerate(self.columns)
            if isinstance(table.columns[name].column, NumberColumn)
        ]
        self.order = str(view.request.GET.get(table.prefixed_order_by_field, ""))
        self.rows, self._by = keyset.ordered(table.paginator.narrowed)

    def newest(self) -> int | None:
        """Return the highest id of a row now."""
        numbers = self.rows.model._default_manager.order_by("-pk").values_list("pk", flat=True)
        return numbers.first()  # type: ignore[no-any-return]

    def count(self, up_to: int | None, most: int | None) -> int:
        """Count the rows up to this id; at most `most` if given."""
        found = self._up_to(up_to).order_by()
        return (found[:most] if most else found).count()

    def piece(self, names: Sequence[str], up_to: int | None, after: Any) -> Piece:
        """Return the next rows after a position, with the texts of these columns."""
        rows = self._up_to(up_to)
        order = [name.lstrip("-") for name in self._by]
        for stretch in [rows] if after is None else keyset.stretches(rows, self._by, after):
            found, end = cells.read(stretch, self._table, names, order)
            if found:
                return Piece(found, keyset.place(end))
        return Piece((), after)

    def _table(self, records: Sequence[Any]) -> PortalTable:
        table: PortalTable = self.view.get_table_class()(data=records)
        table.request = self.view.request
        return table

    def _up_to(self, number: int | None) -> QuerySet[Any]:
        return self.rows if number is None else self.rows.filter(pk__lte=number)


def parameters(path: str, query: str, person: Any) -> dict[str, Any]:
    """Return the content of an export of the list at this address. Raises Unreadable, PermissionError."""
    asked = QueryDict(query, mutable=True)
    for name in NOT_READ:
        asked.pop(name, None)
    found = OpenedList(path, asked.urlencode(), person)
    return {
        "path": path,
        "query": asked.urlencode(),
        "title": found.view.title or found.view.nouns[1].capitalize(),
        "columns": list(found.columns),
        "header": list(found.columns.values()),
        "numbers": found.numbers,
        "filters": [[chip.label, chip.value] for chip in found.view.chips()],
        "order": found.order,
        "up_to": found.newest(),
    }


def kind_of(slug: str, chosen: dict[str, Any], person: Any) -> Kind:
    """Return the kind of an export: a room's own, or that of a list as this person sees it.

    Raises Unreadable and PermissionError if the person does not see the list.
    """
    if slug != LIST:
        return KINDS[slug]
    found = OpenedList(chosen["path"], chosen["query"], person)
    names, up_to = chosen["columns"], chosen["up_to"]
    return Kind(
        slug=LIST,
        title=chosen["title"],
        permission="",
        file_name=file_name(slug, chosen),
        action="list.exported",
        header=chosen["header"],
        words=words,
        count=lambda parameters, most: found.count(up_to, most),
        rows=lambda parameters, whole, after: found.piece(names, up_to, after),
        numbers=chosen["numbers"],
    )


def file_name(slug: str, chosen: dict[str, Any]) -> str:
    """Return the name of the file without its ending."""
    return slugify(chosen["title"]) or "list" if slug == LIST else KINDS[slug].file_name


def words(chosen: dict[str, Any]) -> Sequence[tuple[str, str]]:
    """Return filters, order and columns, as the list names them."""
    filters = [(label, value) for label, value in chosen["filters"]] or [("Filters", "none: everything")]
    order = [("Order", chosen["order"])] if chosen["order"] else []
    return [*filters, *order, ("Columns", ", ".join(chosen["header"]))]


def words_of(slug: str, chosen: dict[str, Any]) -> Sequence[tuple[str, str]]:
    """Return the content of an export, in words."""
    return words(chosen) if slug == LIST else KINDS[slug].words(chosen)
