"""A look-up by the beginning of a text, which both databases answer from an index."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Lookup
from django.db.models.sql.compiler import SQLCompiler


@CharField.register_lookup
class Begins(Lookup):
    """`column__begins=text`: capitals and small letters differ.

    Django's `startswith` is a LIKE with an escape, for which SQLite reads the whole table.
    """

    lookup_name = "begins"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        """As a range, since SQLite compares texts byte by byte."""
        column, parameters = self.process_lhs(compiler, connection)
        return f"({column} >= %s AND {column} < %s)", [
            *parameters,
            self.rhs,
            *parameters,
            f"{self.rhs}\U0010ffff",
        ]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        """As LIKE, which an index with `text_pattern_ops` answers."""
        column, parameters = self.process_lhs(compiler, connection)
        escaped = str(self.rhs).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"{column} LIKE %s", [*parameters, f"{escaped}%"]
