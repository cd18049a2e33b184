"""The cells of a table's columns in a file, for many rows at a time.

A column declares how its cells are made (`backoffice.kit.file_cells`); otherwise they are what its page
draws. If the columns only need fields, plain values are read; otherwise records.
"""

import inspect
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import ExpressionWrapper, F, Field, JSONField, Model, QuerySet, TextField
from django_tables2 import Column
from django_tables2.rows import BoundRow
from django_tables2.utils import A

from backoffice.kit.file_cells import FileCells, path_of, text
from backoffice.kit.tables_base import PortalTable

#: Rows read at a time as plain values; fewer as records.
VALUES_AT_ONCE, RECORDS_AT_ONCE = 5000, 1000
#: The path of the record itself.
RECORD = ""


def read(
    rows: QuerySet[Any],
    table_of: Callable[[Sequence[Any]], PortalTable],
    names: Sequence[str],
    order: Sequence[str],
) -> tuple[list[tuple[object, ...]], list[Any]]:
    """Read the first of these rows. Returns the cells of each in the columns `names`, and the last one's position.

    Both are empty if there are no rows. The position is the values of the paths `order`. `table_of` makes the
    table, which knows its records if they are read.
    """
    columns = _columns(table_of([]), names, rows.model)
    paths = list(dict.fromkeys([*order, *(path for column in columns for path in column.paths)]))
    if all(path in rows.query.annotations or _field(rows.model, path) for path in paths):
        values = _values(rows, paths)
    else:
        records = list(rows[:RECORDS_AT_ONCE])
        columns = _columns(table_of(records), names, rows.model)
        values = {path: list(map(_finder(path), records)) for path in paths}
    if not values[order[0]]:
        return [], []
    cells = [column.say(*(values[path] for path in column.paths)) for column in columns]
    return list(zip(*cells, strict=True)), [values[path][-1] for path in order]


def _values(rows: QuerySet[Any], paths: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Return the values of each path in the first of these rows. Equal JSON is decoded once."""
    fields = ((path, _field(rows.model, path)) for path in paths)
    decoders = {path: field.decoder for path, field in fields if isinstance(field, JSONField)}
    stored = [ExpressionWrapper(F(path), TextField()) if path in decoders else path for path in paths]
    found = list(rows.prefetch_related(None).values_list(*stored)[:VALUES_AT_ONCE])
    columns: Iterable[Sequence[Any]] = zip(*found, strict=True) if found else [()] * len(paths)
    values = dict(zip(paths, columns, strict=True))
    for path, decoder in decoders.items():
        decoded = {text: text and json.loads(text, cls=decoder) for text in set(values[path])}
        values[path] = [decoded[text] for text in values[path]]
    return values


def _columns(table: PortalTable, names: Sequence[str], model: type[Model]) -> list[FileCells]:
    return [cells_of(table, name, model) for name in names]


def cells_of(table: PortalTable, name: str, model: type[Model]) -> FileCells:
    """Return what makes the cells of a column. `model`: of the records."""
    bound = table.columns[name]
    if declared := getattr(table, f"cells_{name}", None):
        return declared()  # type: ignore[no-any-return]
    if hasattr(bound.column, "cells") and not hasattr(table, f"render_{name}"):
        return bound.column.cells(bound, table)  # type: ignore[no-any-return]
    return _drawn(table, bound, _field(model, path_of(bound)))


def _drawn(table: PortalTable, bound: Any, field: "Field[Any, Any] | None") -> FileCells:
    """Return the cells as django-tables2 renders them, but inspect their function once, not for each cell."""
    say: Callable[..., Any] = bound.value
    if getattr(say, "__func__", None) is Column.value:  # it would inspect the function's parameters each time
        say = bound.column.render
    words = {code: str(label) for code, label in field.flatchoices} if field and field.choices else {}
    empty, path = bound.column.empty_values, path_of(bound)
    if getattr(say, "__func__", None) is Column.render:
        return FileCells(
            (path,),
            lambda values: [
                "" if one in empty else text(words.get(one, one) if words else one) for one in values
            ],
        )
    takes = inspect.signature(say).parameters
    any_of_them = any(one.kind is one.VAR_KEYWORD for one in takes.values())
    fixed = {
        taken: given
        for taken, given in {"column": bound.column, "bound_column": bound, "table": table}.items()
        if any_of_them or taken in takes
    }
    with_value, with_record, with_row = (
        any_of_them or taken in takes for taken in ("value", "record", "bound_row")
    )

    def cell(value: Any, record: Any = None) -> object:
        if words:
            value = words.get(value, value)
        if value in empty:
            return ""
        given = dict(fixed)
        if with_value:
            given["value"] = value
        if with_record:
            given["record"] = record
        if with_row:
            given["bound_row"] = BoundRow(record, table=table)
        return text(say(**given))

    paths = (path, RECORD) if with_record or with_row else (path,)
    return FileCells(paths, lambda *values: map(cell, *values))


def _field(model: type[Model], path: str) -> "Field[Any, Any] | None":
    """Return the field of plain values at a path; None for a property, a method or another record."""
    *parents, last = path.split("__")
    try:
        for parent in parents:
            to_one: Any = model._meta.get_field(parent)
            if not (to_one.many_to_one or to_one.one_to_one):
                return None
            model = to_one.related_model
        field: Any = model._meta.pk if last == "pk" else model._meta.get_field(last)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, Field) and (not field.is_relation or last == field.attname) else None


def _finder(path: str) -> Callable[[Any], Any]:
    """Return a function that reads a value from a record, None if it has none."""
    if path == RECORD:
        return lambda record: record
    accessor, simple = A(path), "__" not in path

    def find(record: Any) -> Any:
        try:
            value = getattr(record, path) if simple else accessor.resolve(record)
            return accessor.resolve(record) if simple and callable(value) else value
        except (AttributeError, LookupError, ValueError, TypeError):
            return None

    return find
