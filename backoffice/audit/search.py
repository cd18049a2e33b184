"""Searches of the audit list, in the form that an index of the model answers."""

from typing import Any

from django.db import connection
from django.db.models import CharField, Func, Lookup, Q

#: Sorts after every character.
LAST = chr(0x10FFFF)
#: The actions of the trail, each found by one step in the index from the previous one, without reading
#: entries.
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
    """Return the actions that entries have, sorted. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS)
        return [action for (action,) in cursor.fetchall()]


class UserId(Func):
    """The part after the slash of a subject `GROUP/USER`, in capitals; a subject without slash unchanged."""

    output_field = CharField()
    template = "UPPER(SUBSTR(%(expressions)s, INSTR(%(expressions)s, '/') + 1))"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "UPPER(SUBSTR(%(expressions)s, STRPOS(%(expressions)s, '/') + 1))"
        return self.as_sql(compiler, connection, template=template, **context)


class Group(Func):
    """The beginning of an action, including the dot: `change.`"""

    output_field = CharField()
    template = "SUBSTR(%(expressions)s, 1, INSTR(%(expressions)s, '.'))"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "SUBSTR(%(expressions)s, 1, STRPOS(%(expressions)s, '.'))"
        return self.as_sql(compiler, connection, template=template, **context)


def of_user(lane: str, text: str) -> Q:
    """Keep rows whose column `lane` is this `GROUP/USER` or has this user id, or begins with the text.

    The query has an alias `user_id`, which is `UserId(lane)`. A group is searched as typed, and in capitals.
    """
    group_id, slash, user_id = text.partition("/")
    if not slash:
        return Q(user_id__begins=text.upper())
    of_group = Q(**{f"{lane}__begins": f"{group_id}/"}) | Q(**{f"{lane}__begins": f"{group_id.upper()}/"})
    return of_group & Q(user_id__begins=user_id.upper())


class Begins(Lookup):
    """`startswith` that uses an index: SQLite's own LIKE ignores case, and reads the whole table."""

    lookup_name = "begins"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        return f"({column} >= %s AND {column} < %s)", (*params, self.rhs, *params, f"{self.rhs}{LAST}")

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        pattern = str(self.rhs).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        return f"{column} LIKE %s", (*params, f"{pattern}%")


CharField.register_lookup(Begins)
