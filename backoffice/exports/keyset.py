"""Keyset paging for exports: the position of a row in the order of its list, and the rows behind a position.

A position is the values that the rows are ordered by, as JSON. Rows are found by these values and never by an offset.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connections
from django.db.models import Q, QuerySet


def ordered(rows: QuerySet[Any]) -> tuple[QuerySet[Any], list[str]]:
    """The rows in their own order, made definite by their number, and what they are ordered by."""
    query = rows.query
    given = query.order_by or (query.get_meta().ordering if query.default_ordering else ()) or ()
    names = [part for name in given for part in _parts(rows, str(name))]
    if not names or any(name.lstrip("-") in ("pk", "id") for name in names):
        names = names or ["pk"]
    else:
        names.append("pk")
    return rows.order_by(*names), names


def _parts(rows: QuerySet[Any], name: str) -> list[str]:
    """A name of the order; of another record, what such records are ordered by, as a query takes it."""
    field = _field(rows, name)
    path, turned = name.lstrip("-"), name.startswith("-")
    if not getattr(field, "is_relation", False) or path.split("__")[-1] in ("pk", field.attname):
        return [name]
    return [
        f"{'-' if part.startswith('-') != turned else ''}{path}__{part.lstrip('-')}"
        for part in field.related_model._meta.ordering or ["pk"]
    ]


def place(values: Iterable[Any]) -> list[Any]:
    """The place of a row with these values in the order of its list."""
    return [_as_json(value) for value in values]


def behind(rows: QuerySet[Any], order: Sequence[str], place: Sequence[Any]) -> QuerySet[Any]:
    """The rows that come after this place in their order."""
    values = [_from_json(rows, name, value) for name, value in zip(order, place, strict=True)]
    condition = Q()
    for name, value in reversed(list(zip(order, values, strict=True))):
        same = Q(**{f"{name.lstrip('-')}__isnull": True}) if value is None else Q(**{name.lstrip("-"): value})
        condition = _after(rows, name, value) | (same & condition) if condition else _after(rows, name, value)
    first, value = order[0], values[0]
    if value is not None and not _nulls_last(rows, first):
        # The database begins to read where the place is.
        condition &= Q(**{f"{first.lstrip('-')}__{'lte' if first.startswith('-') else 'gte'}": value})
    return rows.filter(condition)


def _after(rows: QuerySet[Any], name: str, value: Any) -> Q:
    """Holds of the rows behind a value of one column; Q(pk__in=[]) is none at all."""
    column = name.lstrip("-")
    if value is None:
        return Q(pk__in=[]) if _nulls_last(rows, name) else Q(**{f"{column}__isnull": False})
    found = Q(**{f"{column}__{'lt' if name.startswith('-') else 'gt'}": value})
    return found | Q(**{f"{column}__isnull": True}) if _nulls_last(rows, name) else found


def _nulls_last(rows: QuerySet[Any], name: str) -> bool:
    """Whether rows without a value come last: never in a column that always has one."""
    field = _field(rows, name)
    if field is None or not getattr(field, "null", True):
        return False
    ascending = not name.startswith("-")
    return ascending == bool(connections[rows.db].features.nulls_order_largest)


def _field(rows: QuerySet[Any], name: str) -> Any:
    """The column that a name of the order leads to; None for an expression of the query."""
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
