"""A lookup for many values at once."""

import json
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Lookup
from django.db.models.sql.compiler import SQLCompiler


@Field.register_lookup
class Among(Lookup):
    """`column__among=values`: like `in` for texts or numbers, with all of them in one parameter.

    A statement with five hundred parameters takes longer to build than to execute.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        """Pass the values as JSON, which SQLite reads."""
        column, parameters = self.process_lhs(compiler, connection)
        opened = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608  # a column of ours
        return opened, [*parameters, json.dumps(list(self.rhs))]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        """Pass the values as the literal of an array, which psycopg would build one by one."""
        column, parameters = self.process_lhs(compiler, connection)
        texts = [str(value).replace("\\", r"\\").replace('"', r"\"") for value in self.rhs]
        array = '{"' + '","'.join(texts) + '"}' if texts else "{}"
        return f"{column} = ANY(%s)", [*parameters, array]
