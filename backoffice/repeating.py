"""Queries that one request asks again and again: Django writes their SQL once.

Of a query over several tables, writing the SQL takes Django longer than PostgreSQL needs to answer it.
"""

from functools import cache
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet

Row = TypeVar("Row")


class Repeated(Generic[Row]):
    """A query whose values stay the same. Every time it is asked, the database answers.

    Belongs to the thread and the request that made it. A query that locks rows is asked within a transaction, always.
    """

    def __init__(self, rows: QuerySet[Any, Row]) -> None:
        compiler = rows.query.get_compiler(rows.db)
        compiler.as_sql = cache(compiler.as_sql)
        self._rows = rows.all()
        self._rows.query.get_compiler = lambda *_, **__: compiler  # type: ignore[method-assign]

    def first(self) -> Row | None:
        """The first row as it is now, None where there is none."""
        return next(iter(self._rows.all()), None)
