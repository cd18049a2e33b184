"""Empty the database after a test that commits, at the cost of what the test wrote.

Django's own way empties every table, and then makes content types, permissions and groups again. Here only the tables
that hold rows are emptied, their triggers being away for that moment, and what migrations leave stays. Where a test
changed the triggers or what migrations leave, Django's own way is taken.
"""

from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

#: What migrations leave: compared with what was there before the first test.
LEFT_BY_MIGRATIONS = ("django_content_type", "auth_permission", "auth_group", "auth_group_permissions")
NEVER_EMPTIED = {*LEFT_BY_MIGRATIONS, "django_migrations"}
TRIGGERS = {
    "postgresql": """SELECT t.tgrelid::regclass::text, t.tgname, t.tgenabled::text, pg_get_triggerdef(t.oid), p.prosrc
        FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal ORDER BY 1, 2""",
    "sqlite": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY 1, 2",
}

_before: dict[str, Any] = {}
_djangos_way = TransactionTestCase._fixture_teardown


def begin() -> None:
    """Note what a new database holds, and empty it in this way from now on. Once, before the first test."""
    _before.update(triggers=_all(TRIGGERS[connection.vendor]), rows=_left_by_migrations())
    TransactionTestCase._fixture_teardown = _empty


def _empty(test: TransactionTestCase) -> None:
    triggers = _all(TRIGGERS[connection.vendor])
    if triggers != _before["triggers"] or _left_by_migrations() != _before["rows"]:
        _djangos_way(test)
        # They are made again under other ids. Compared with the old ones, every later test would go this slow way.
        _before.update(rows=_left_by_migrations())
        return
    tables = _tables_with_rows()
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            guarded = [table for table in tables if any(table == row[0] for row in triggers)]
            for table in guarded:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for table in tables:
                cursor.execute(f"DELETE FROM {table}")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # deferred triggers would block ALTER TABLE
            for table in guarded:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        else:
            away = [row for row in triggers if row[0] in tables]
            for _, name, _ in away:
                cursor.execute(f"DROP TRIGGER {name}")
            for table in tables:
                cursor.execute(f"DELETE FROM {table}")
            for _, _, created in away:
                cursor.execute(created)


def _tables_with_rows() -> list[str]:
    names = [
        name
        for name in connection.introspection.django_table_names(only_existing=True, include_views=False)
        if name not in NEVER_EMPTIED
    ]
    # SQLite unites at most 500.
    return [
        name
        for (name,) in _all(
            " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)
        )
    ]


def _left_by_migrations() -> list[Any]:
    return [_all(f"SELECT * FROM {table} ORDER BY 1") for table in LEFT_BY_MIGRATIONS]


def _all(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()
