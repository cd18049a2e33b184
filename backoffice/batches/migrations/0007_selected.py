from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0006_fewer_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="selected",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="How the retail users of its rows were selected, in words; empty for an uploaded file.",
            ),
        ),
    ]
