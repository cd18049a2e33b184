"""Queries that one request asks again and again: Django writes their SQL once.

Of a query over several tables, writing the SQL takes Django longer than PostgreSQL needs to answer it.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet, Value

Row = TypeVar("Row")
_UNTIL_ASKED = object()
#: A placeholder in a query for the value of each run: `filter(pk=GIVEN)`.
GIVEN = Value(_UNTIL_ASKED)


class Repeated(Generic[Row]):
    """A query with fixed values except the one that is GIVEN. The database answers each run.

    Belongs to the thread and the request that made it. A query that locks rows is asked within a transaction, always.
    """

    def __init__(self, rows: QuerySet[Any, Row]) -> None:
        self._compiler = rows.query.get_compiler(rows.db)
        self._write = cache(self._compiler.as_sql)
        self._rows = rows.all()
        self._rows.query.get_compiler = lambda *_, **__: self._compiler  # type: ignore[method-assign]

    def first(self, given: object = None) -> Row | None:
        """The first row as it is now, None if there is none. `given`: the value of GIVEN."""
        return next(self._asked(given), None)

    def get(self, given: object = None) -> Row:
        """The one row as it is now. Raises ValueError if there is none, or another."""
        (row,) = self._asked(given)
        return row

    def _asked(self, given: object) -> Iterator[Row]:
        def as_sql(*args: Any, **options: Any) -> tuple[str, tuple[Any, ...]]:
            sql, params = self._write(*args, **options)
            return sql, tuple(given if one is _UNTIL_ASKED else one for one in params)

        self._compiler.as_sql = as_sql
        return iter(self._rows.all())
