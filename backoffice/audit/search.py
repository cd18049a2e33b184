"""What the audit list is searched by, in the shape that an index of the model answers."""

from typing import Any

from django.db import connection
from django.db.models import CharField, Func, Lookup, Q

#: Stands behind every character.
LAST = chr(0x10FFFF)
#: The actions of the trail, each found by one step in the index from the one before: the entries are not read.
_ACTIONS = """
    WITH RECURSIVE known(action) AS (
        SELECT min(action) FROM audit_entry
        UNION ALL
        SELECT (SELECT min(action) FROM audit_entry WHERE action > known.action) FROM known
        WHERE known.action IS NOT NULL
    )
    SELECT action FROM known WHERE action IS NOT NULL
"""


def actions() -> list[str]:
    """The actions that entries have, sorted. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS)
        return [action for (action,) in cursor.fetchall()]


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


def of_user(lane: str, text: str) -> Q:
    """Rows whose column `lane` holds this `GROUP/USER`, or this user id, or begins with it.

    The query has an alias `user_id`, which is `UserId(lane)`. A group is looked for as it is typed, and in capitals.
    """
    group_id, slash, user_id = text.partition("/")
    if not slash:
        return Q(user_id__begins=text.upper())
    of_group = Q(**{f"{lane}__begins": f"{group_id}/"}) | Q(**{f"{lane}__begins": f"{group_id.upper()}/"})
    return of_group & Q(user_id__begins=user_id.upper())


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
