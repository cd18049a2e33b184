"""What the audit list is searched by, in the shape that an index of the model answers."""

from typing import Any

from django.db.models import CharField, Func, Lookup

#: Stands behind every character.
LAST = chr(0x10FFFF)


class UserId(Func):
    """What stands behind the slash of a subject `GROUP/USER`, in capitals; a subject without one whole."""

    output_field = CharField()
    template = "UPPER(SUBSTR(%(expressions)s, INSTR(%(expressions)s, '/') + 1))"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "UPPER(SUBSTR(%(expressions)s, STRPOS(%(expressions)s, '/') + 1))"
        return self.as_sql(compiler, connection, template=template, **context)


class Group(Func):
    """What an action begins with, its dot included: `change.`"""

    output_field = CharField()
    template = "SUBSTR(%(expressions)s, 1, INSTR(%(expressions)s, '.'))"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "SUBSTR(%(expressions)s, 1, STRPOS(%(expressions)s, '.'))"
        return self.as_sql(compiler, connection, template=template, **context)


class Begins(Lookup):
    """`startswith` as an index answers it: SQLite's own LIKE compares without case, and reads the whole table."""

    lookup_name = "begins"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        return f"({column} >= %s AND {column} < %s)", (*params, self.rhs, *params, f"{self.rhs}{LAST}")

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        pattern = str(self.rhs).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        return f"{column} LIKE %s", (*params, f"{pattern}%")


CharField.register_lookup(Begins)
