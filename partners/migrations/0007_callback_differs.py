"""Rename a field. Its column keeps its name, so that the tables stay as they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0006_validity_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="partnerclient",
            name="told",
            field=models.JSONField(db_column="told", default=dict),
        ),
        migrations.RenameField(model_name="partnerclient", old_name="told", new_name="callback_differs"),
    ]
