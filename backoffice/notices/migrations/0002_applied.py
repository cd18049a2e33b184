from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="event",
            field=models.CharField(
                choices=[
                    ("submitted", "Waiting for your decision"),
                    ("rejected", "Rejected"),
                    ("expired", "Expired"),
                    ("stale", "Stale"),
                    ("refused", "Refused by ODIN"),
                    ("unknown", "Unknown"),
                    ("on_hold", "On hold"),
                    ("cancelled", "Cancelled"),
                    ("done", "Applied"),
                ],
                max_length=12,
            ),
        ),
    ]
