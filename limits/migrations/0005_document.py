from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_fewer_indexes"),
        ("limits", "0004_fewer_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="limitupdate",
            name="document",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=50, verbose_name="Document reference"
            ),
        ),
    ]
