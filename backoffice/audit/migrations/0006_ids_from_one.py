"""Seals cover ids from 1 on, so no entry has another."""

from typing import Any

from django.db import migrations, models

from backoffice.audit.guard import unguard


class CheckOfWhatComes(migrations.AddConstraint):
    """A CHECK that PostgreSQL does not ask of the rows that are there, so that a long table is not locked for long.

    The verification names entries from before that break it.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.execute(f"{self.constraint.create_sql(model, schema_editor)} NOT VALID", params=None)


def take_away_on_sqlite(apps: Any, schema_editor: Any) -> None:
    """SQLite makes the table again, and renames none that a trigger names. They are put back after the migrations."""
    if schema_editor.connection.vendor == "sqlite":
        unguard(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_indexes_of_every_filter")]

    operations = [
        migrations.RunPython(take_away_on_sqlite, take_away_on_sqlite),
        CheckOfWhatComes(
            model_name="entry",
            constraint=models.CheckConstraint(condition=models.Q(id__gte=1), name="audit_entry_id_from_one"),
        ),
    ]
