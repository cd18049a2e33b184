from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0005_last_message_of_a_basket"),
    ]

    operations = [
        migrations.AlterField(
            model_name="basketline",
            name="validity",
            field=models.CharField(
                choices=[
                    ("DAY", "For the day"),
                    ("GTD", "For a number of days (GTD)"),
                    ("GTC", "Until cancelled (GTC)"),
                    ("IOC", "Immediate or cancel (IOC)"),
                    ("EOS", "For the session (EOS)"),
                    ("FOK", "Fill or kill (FOK)"),
                ],
                default="DAY",
                max_length=3,
            ),
        ),
    ]
