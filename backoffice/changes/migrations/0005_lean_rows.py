import uuid
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

#: Bytes. The decision on a change rewrites its row; what is longer than this lies beside the row and stays.
SHORT = 512


def set_aside(apps: Any, schema_editor: Any) -> None:
    """Let PostgreSQL keep the long values of changes out of the rows that an approval rewrites by the thousand."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE changes_change SET (toast_tuple_target = {SHORT})")


def leave_in(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE changes_change RESET (toast_tuple_target)")


def tokens_for_all(apps: Any, schema_editor: Any) -> None:
    without = apps.get_model("changes", "Change").objects.filter(token=None)
    for change in without.only("pk").iterator():
        change.token = uuid.uuid4()
        change.save(update_fields=["token"])


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("batches", "0008_flags_and_cleaning"),
        ("changes", "0004_request_id"),
    ]

    operations = [
        migrations.AlterField(
            model_name="change",
            name="token",
            field=models.UUIDField(
                default=uuid.uuid4,
                help_text="Of the form: two clicks are one change. What comes in a file has none.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.UniqueConstraint(
                condition=models.Q(("token__isnull", False)),
                fields=("token",),
                name="change_one_for_a_token",
            ),
        ),
        migrations.AlterField(
            model_name="change",
            name="batch",
            field=models.ForeignKey(
                db_index=False,
                help_text="The file it came in, which is decided as one.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="batches.batch",
            ),
        ),
        migrations.AlterField(
            model_name="change",
            name="made_by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes_made",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="change",
            name="decided_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes_decided",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(set_aside, leave_in),
        migrations.RunPython(migrations.RunPython.noop, tokens_for_all),
    ]
