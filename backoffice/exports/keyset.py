"""Keyset paging for exports: the position of a row in its list's order, and the rows after a position.

A position is the JSON of the values that the rows are ordered by. Rows are found by these values, never by an
offset.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connections
from django.db.models import Q, QuerySet


def ordered(rows: QuerySet[Any]) -> tuple[QuerySet[Any], list[str]]:
    """Return the rows in their own order, made definite by id, and what they are ordered by."""
    query = rows.query
    given = query.order_by or (query.get_meta().ordering if query.default_ordering else ()) or ()
    names = [part for name in given for part in _parts(rows, str(name))]
    if not names or any(name.lstrip("-") in ("pk", "id") for name in names):
        names = names or ["pk"]
    else:
        names.append("pk")
    return rows.order_by(*names), names


def _parts(rows: QuerySet[Any], name: str) -> list[str]:
    """Return an ordering term as a query takes it; for a related record, that record's own order."""
    field = _field(rows, name)
    path, turned = name.lstrip("-"), name.startswith("-")
    if not getattr(field, "is_relation", False) or path.split("__")[-1] in ("pk", field.attname):
        return [name]
    return [
        f"{'-' if part.startswith('-') != turned else ''}{path}__{part.lstrip('-')}"
        for part in field.related_model._meta.ordering or ["pk"]
    ]


def place(values: Iterable[Any]) -> list[Any]:
    """Return the position of a row with these values in its list's order."""
    return [_as_json(value) for value in values]


def stretches(rows: QuerySet[Any], order: Sequence[str], place: Sequence[Any]) -> Iterator[QuerySet[Any]]:
    """Return the rows that follow this position, in stretches: first those that differ in the last column only.

    An index of the order finds the first row of each stretch, whatever the directions of its columns. All
    rows behind the position in one query would be read from the beginning of those with its first value.
    """
    columns = [(name, _from_json(rows, name, value)) for name, value in zip(order, place, strict=True)]
    for depth in reversed(range(len(columns))):
        alike = Q()
        for name, value in columns[:depth]:
            alike &= _has(name, value)
        yield from (rows.filter(alike, after) for after in _after(rows, *columns[depth]))


def _has(name: str, value: Any) -> Q:
    column = name.lstrip("-")
    return Q(**{f"{column}__isnull": True}) if value is None else Q(**{column: value})


def _after(rows: QuerySet[Any], name: str, value: Any) -> list[Q]:
    """Return the conditions for rows after a value of one column, in their order."""
    column, nulls_last = name.lstrip("-"), _nulls_last(rows, name)
    if value is None:
        return [] if nulls_last else [Q(**{f"{column}__isnull": False})]
    found = Q(**{f"{column}__{'lt' if name.startswith('-') else 'gt'}": value})
    return [found, _has(name, None)] if nulls_last else [found]


def _nulls_last(rows: QuerySet[Any], name: str) -> bool:
    """Whether rows without a value come last; False for columns that always have one."""
    field = _field(rows, name)
    if field is None or not getattr(field, "null", True):
        return False
    ascending = not name.startswith("-")
    return ascending == bool(connections[rows.db].features.nulls_order_largest)


def _field(rows: QuerySet[Any], name: str) -> Any:
    """Return the column of an ordering term; None for an expression of the query."""
    first, *rest = name.lstrip("-").split("__")
    if first in rows.query.annotations:
        return None
    options: Any = rows.model._meta
    field: Any = options.pk if first == "pk" else options.get_field(first)
    for part in rest:
        field = field.related_model._meta.get_field(part)
    return field


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _from_json(rows: QuerySet[Any], name: str, value: Any) -> Any:
    field = _field(rows, name)
    if field is None:
        field = rows.query.annotations[name.lstrip("-")].output_field
    return None if value is None else field.to_python(value)
