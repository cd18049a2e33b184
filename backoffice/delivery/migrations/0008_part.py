from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def own_values_for_all(apps: Any, schema_editor: Any) -> None:
    without = apps.get_model("delivery", "Delivery").objects.filter(own_values__isnull=True)
    for delivery in without.select_related("change").iterator(chunk_size=500):
        delivery.own_values = delivery.change.messages[delivery.part]["values"]
        delivery.save(update_fields=["own_values"])


class Migration(migrations.Migration):
    """Deliveries name their message in the change, which holds its values. Those that are there keep their own."""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("delivery", "0007_settlement"),
    ]

    operations = [
        migrations.RenameField("delivery", "values", "own_values"),
        migrations.AlterField(
            model_name="delivery",
            name="own_values",
            field=models.JSONField(help_text="Of a message that is none of the change's.", null=True),
        ),
        migrations.AddField(
            model_name="delivery",
            name="part",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="Which of the change's messages it is, from 0."
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="proposed_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, own_values_for_all),
    ]
