from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_fewer_indexes"),
        ("changes", "0006_fewer_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="NewUser",
            fields=[],
            options={
                "verbose_name": "new retail user",
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("changes.change",),
        ),
    ]
