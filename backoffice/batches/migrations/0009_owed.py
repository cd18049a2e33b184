from typing import Any

from django.db import migrations, models

#: Rows that may still be approved.
UNDECIDED = ("uploaded", "checking", "checked", "submitted")


def name_them(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("batches", "Row").objects.filter(batch__state__in=UNDECIDED).exclude(messages=[])
    for row in rows.only("messages", "message_hashes").iterator(chunk_size=500):
        row.owed = [
            [message["type"], message["values"].get("reference", ""), digest]
            for message, digest in zip(row.messages, row.message_hashes, strict=True)
        ]
        row.save(update_fields=["owed"])


def hashes_alone(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("batches", "Row").objects.filter(batch__state__in=UNDECIDED).exclude(owed=[])
    for row in rows.only("owed").iterator(chunk_size=500):
        row.message_hashes = [digest for _, _, digest in row.owed]
        row.save(update_fields=["message_hashes"])


class Migration(migrations.Migration):
    """Rows say what each of their messages is owed as, so that an approval need not open the messages."""

    dependencies = [
        ("batches", "0008_flags_and_cleaning"),
    ]

    operations = [
        migrations.AddField(
            model_name="row",
            name="owed",
            field=models.JSONField(default=list),
        ),
        migrations.RunPython(name_them, hashes_alone),
        migrations.RemoveField(
            model_name="row",
            name="message_hashes",
        ),
    ]
