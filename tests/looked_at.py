"""Counting the work of statements on PostgreSQL: the rows that the nodes of a plan read, pass on or leave out."""

from contextlib import contextmanager

from django.db import connection


@contextmanager
def rows_looked_at(found, name, tables):
    """Note under this name how many rows the statement that looked at most rows of these tables did, and its text."""

    def explain(execute, sql, params, many, context):
        if sql.startswith(("SELECT", "INSERT", "UPDATE")) and any(table in sql for table in tables):
            with context["connection"].connection.cursor() as cursor:
                cursor.execute("SAVEPOINT explained")
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
                plan = cursor.fetchone()[0][0]["Plan"]
                cursor.execute("ROLLBACK TO SAVEPOINT explained")
            found[name] = max(found.get(name, (0, "")), (_work(plan), sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield


def _work(plan):
    own = sum(plan.get(name, 0) for name in ("Actual Rows", *(key for key in plan if "Removed by" in key)))
    return own * plan["Actual Loops"] + sum(_work(below) for below in plan.get("Plans", ()))
