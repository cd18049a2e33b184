from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exports", "0003_failures"),
    ]

    operations = [
        migrations.AddField(
            model_name="export",
            name="measured_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="export",
            name="measured_done",
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
    ]
