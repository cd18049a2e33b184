from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trading", "0003_own_sessions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="deskorder",
            name="validity",
            field=models.CharField(
                choices=[
                    ("DAY", "For the day"),
                    ("IOC", "Immediate or cancel (IOC)"),
                    ("GTD", "For a number of days (GTD)"),
                    ("GTC", "Until cancelled (GTC)"),
                    ("EOS", "For the session (EOS)"),
                    ("EOSESS", "To the end of the session (EOSESS)"),
                    ("EOTODY", "To the end of today (EOTODY)"),
                ],
                max_length=8,
            ),
        ),
    ]
