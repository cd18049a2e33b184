"""Migration operations for tables with data, to which the portal writes while they run.

On PostgreSQL a plain index blocks every write to its table until it is built, and a plain check until every
row was read. A migration that uses these operations sets `atomic = False` and has no others. It can be
interrupted and repeated.
"""

from typing import Any

from django.contrib.postgres import operations
from django.db import migrations
from django.db.backends.ddl_references import Table
from django.db.migrations.operations.base import Operation


def partitions_of(schema_editor: Any, table: str) -> list[str]:
    """Return the names of the partitions of a table, quoted; none if it has none."""
    query = (
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s) ORDER BY inhrelid"
    )
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(query, [schema_editor.quote_name(table)])
        return [name for (name,) in cursor.fetchall()]


class AddIndexConcurrently(operations.AddIndexConcurrently):
    """Build an index while writes continue. It first drops the remains of an interrupted build.

    PostgreSQL cannot build one concurrently on a partitioned table, so it is built on each partition, and the
    whole table then takes these over.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            migrations.AddIndex.database_forwards(self, app_label, schema_editor, *states)
            return
        model = states[1].apps.get_model(app_label, self.model_name)
        if parts := partitions_of(schema_editor, model._meta.db_table):
            for number, part in enumerate(parts, 1):
                statement = self.index.create_sql(model, schema_editor, concurrently=True)
                statement.parts["name"] = schema_editor.quote_name(f"{self.index.name}_{number}")
                statement.parts["table"] = Table(part, str)  # its name is quoted already
                schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {statement.parts['name']}")
                schema_editor.execute(statement, params=None)
            migrations.AddIndex.database_forwards(self, app_label, schema_editor, *states)
            return
        schema_editor.execute(
            f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}"
        )
        super().database_forwards(app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            migrations.AddIndex.database_backwards(self, app_label, schema_editor, *states)
            return
        super().database_backwards(app_label, schema_editor, *states)


class RemoveIndexConcurrently(operations.RemoveIndexConcurrently):
    """Drop an index while reads and writes continue. On a partitioned table it needs a short lock."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        table = states[0].apps.get_model(app_label, self.model_name)._meta.db_table
        if schema_editor.connection.vendor != "postgresql" or partitions_of(schema_editor, table):
            migrations.RemoveIndex.database_forwards(self, app_label, schema_editor, *states)
            return
        super().database_forwards(app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            migrations.RemoveIndex.database_backwards(self, app_label, schema_editor, *states)
            return
        super().database_backwards(app_label, schema_editor, *states)


class AddCheckInSteps(migrations.AddConstraint):
    """Add a check for new rows at once, then validate existing ones while reads and writes continue."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        table, name = map(schema_editor.quote_name, (model._meta.db_table, self.constraint.name))
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
        schema_editor.execute(f"{self.constraint.create_sql(model, schema_editor)} NOT VALID", params=None)
        schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


class DropOwnIndex(migrations.AlterField):
    """Drop Django's index of a single column, while reads and writes continue, if another index begins with it.

    For a unique text, that is the index for its beginnings, which PostgreSQL has besides the one of the
    constraint.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        declared = {index.name for index in model._meta.indexes}
        column = model._meta.get_field(self.name).column
        with schema_editor.connection.cursor() as cursor:
            found = schema_editor.connection.introspection.get_constraints(cursor, model._meta.db_table)
        for name, index in found.items():
            own = index["columns"] == [column] and name not in declared
            if own and index["index"] and not index["unique"]:
                beside = "" if partitions_of(schema_editor, model._meta.db_table) else "CONCURRENTLY "
                schema_editor.execute(f"DROP INDEX {beside}IF EXISTS {schema_editor.quote_name(name)}")


class Autovacuum(Operation):
    """Set after how many changed rows PostgreSQL vacuums a table, however long it is. Blocks nobody.

    `vacuum`: rows changed or deleted until dead ones are removed; `analyze`: until its statistics are
    renewed.
    """

    reduces_to_sql = True

    def __init__(self, model_name: str, *, vacuum: int, analyze: int) -> None:
        self.model_name, self.vacuum, self.analyze = model_name, vacuum, analyze

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: models do not declare how their tables are vacuumed."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        values = {
            "autovacuum_vacuum_scale_factor": 0,
            "autovacuum_vacuum_threshold": self.vacuum,
            "autovacuum_analyze_scale_factor": 0,
            "autovacuum_analyze_threshold": self.analyze,
        }
        settings = ", ".join(f"{name} = {value}" for name, value in values.items())
        self._set(app_label, schema_editor, to_state, f"SET ({settings})")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        names = ("vacuum_scale_factor", "vacuum_threshold", "analyze_scale_factor", "analyze_threshold")
        settings = ", ".join(f"autovacuum_{name}" for name in names)
        self._set(app_label, schema_editor, from_state, f"RESET ({settings})")

    def describe(self) -> str:
        return f"Set when PostgreSQL tidies up the table of {self.model_name}"

    def _set(self, app_label: str, schema_editor: Any, state: Any, what: str) -> None:
        if schema_editor.connection.vendor == "postgresql":
            table = state.apps.get_model(app_label, self.model_name)._meta.db_table
            schema_editor.execute(f"ALTER TABLE {schema_editor.quote_name(table)} {what}")
