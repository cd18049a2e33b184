"""The texts of the cells of a table, as django-tables2 gives them one by one, for many rows.

What a cell's function takes, and where its value is found, is looked up once for each column and not for each cell.
"""

import inspect
from collections.abc import Callable
from html import unescape
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django_tables2 import Column
from django_tables2.rows import BoundRow
from django_tables2.utils import A

from backoffice.kit.tables_base import PortalTable

Cell = Callable[[Any], object]


def text(value: Any) -> object:
    """What a cell of a page says, without its markup. Numbers stay numbers."""
    if isinstance(value, SafeString):
        value = " ".join(unescape(strip_tags(value)).split())
    return "" if value in (None, "–", "—") else value


def cell_of(table: PortalTable, name: str, model: type[Model]) -> Cell:
    """What gives the text of this column's cell of a record. `model`: of the records."""
    bound = table.columns[name]
    say: Callable[..., Any] = bound.value
    if getattr(say, "__func__", None) is Column.value:  # which looks up what this takes each time
        say = bound.column.render
    takes = inspect.signature(say).parameters
    any_of_them = any(one.kind is one.VAR_KEYWORD for one in takes.values())
    same = {
        taken: fixed
        for taken, fixed in {"column": bound.column, "bound_column": bound, "table": table}.items()
        if any_of_them or taken in takes
    }
    find, empty = _finder(A(bound.accessor), model), bound.column.empty_values
    with_value, with_record, with_row = (
        any_of_them or taken in takes for taken in ("value", "record", "bound_row")
    )

    def cell(record: Any) -> object:
        value = find(record)
        if value in empty:
            return ""
        given = dict(same)
        if with_value:
            given["value"] = value
        if with_record:
            given["record"] = record
        if with_row:
            given["bound_row"] = BoundRow(record, table=table)
        return text(say(**given))

    return cell


def _finder(accessor: A, model: type[Model]) -> Cell:
    """What gives the value of a record: of a field with choices the label, and None where the record has no such."""
    words: dict[Any, str] = {}
    try:
        field = accessor.get_field(model)
    except FieldDoesNotExist:
        field = None
    if field is not None and getattr(field, "choices", None):
        words = {code: str(label) for code, label in field.flatchoices}
    plain = str(accessor)
    simple = "__" not in plain and "." not in plain

    def find(record: Any) -> object:
        try:
            value = getattr(record, plain) if simple else accessor.resolve(record)
            if simple and callable(value):
                value = accessor.resolve(record)
        except (AttributeError, LookupError, ValueError, TypeError):
            return None
        return words.get(value, value) if words else value

    return find
