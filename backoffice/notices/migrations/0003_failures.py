from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_applied")]

    operations = [
        migrations.AddField(
            model_name="mail",
            name="failures",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="Workers that were lost one after another without getting further.",
            ),
        ),
    ]
