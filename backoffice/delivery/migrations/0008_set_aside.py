from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0007_fewer_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="set_aside",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="It is behind one of its lane that may not go now: no claim looks at it until that one moves.",
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="worker",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="The process that made it: its host and number.",
                max_length=100,
            ),
        ),
    ]
