from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def number_what_makes_certain(apps: Any, schema_editor: Any) -> None:
    """Let the deliveries that follow a creation count on from its change's messages: each was part 0."""
    schema_editor.execute(
        "UPDATE delivery_delivery SET part = numbered.part FROM (SELECT a.id, row_number() "
        "OVER (PARTITION BY a.change_id ORDER BY a.id) - 1 + (SELECT count(*) FROM delivery_delivery own "
        "WHERE own.change_id = a.change_id AND NOT own.ahead) AS part FROM delivery_delivery a WHERE a.ahead) "
        "AS numbered WHERE numbered.id = delivery_delivery.id"
    )


class Migration(migrations.Migration):
    """Each message of a change is owed once, and a settlement says by whom it was.

    The new index takes the place of that on the change.
    """

    dependencies = [
        ("changes", "0005_lean_rows"),
        ("delivery", "0009_change_guarded"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(number_what_makes_certain, migrations.RunPython.noop),
        migrations.AddField(
            model_name="delivery",
            name="settled_by",
            field=models.ForeignKey(
                db_index=False,
                help_text="Who said last how it ended, of money the second of two.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="part",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Which of the change's messages it is, from 0; what is none of them counts on from there.",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("change", "part"), name="delivery_of_a_part_once"),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="change",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="changes.change",
            ),
        ),
    ]
