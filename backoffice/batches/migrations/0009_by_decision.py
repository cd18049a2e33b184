from django.db import migrations, models

from backoffice.kit.filled_tables import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("batches", "0008_failures"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="batch",
            index=models.Index(fields=["decided_at"], name="batch_by_decision"),
        ),
    ]
