"""A lookup for many texts at once."""

import json
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Lookup
from django.db.models.sql.compiler import SQLCompiler


@CharField.register_lookup
class Among(Lookup):
    """`column__among=texts`: like `in`, with all the texts in one parameter.

    A statement with five hundred parameters takes longer to build than to execute.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        """Pass the texts as JSON, which SQLite reads."""
        column, parameters = self.process_lhs(compiler, connection)
        opened = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608  # a column of ours
        return opened, [*parameters, json.dumps(list(self.rhs))]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        """Pass the texts as the literal of an array, which psycopg would build text by text."""
        column, parameters = self.process_lhs(compiler, connection)
        texts = [text.replace("\\", r"\\").replace('"', r"\"") for text in self.rhs]
        array = '{"' + '","'.join(texts) + '"}' if texts else "{}"
        return f"{column} = ANY(%s)", [*parameters, array]
