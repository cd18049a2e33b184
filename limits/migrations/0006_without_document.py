from django.db import migrations, models

from backoffice.kit.filled_tables import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("limits", "0005_document"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="limitupdate",
            index=models.Index(
                fields=["-id"], condition=models.Q(document=""), name="limit_update_without_document"
            ),
        ),
    ]
