"""The database itself keeps entries and seals as they were written."""

from typing import Any

from django.db import migrations

from backoffice.audit.guard import guard, unguard


def put_in_place(apps: Any, schema_editor: Any) -> None:
    guard(schema_editor.connection)


def take_away(apps: Any, schema_editor: Any) -> None:
    unguard(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_seals")]

    operations = [migrations.RunPython(put_in_place, take_away)]
