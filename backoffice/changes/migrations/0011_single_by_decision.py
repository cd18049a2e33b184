from django.db import migrations, models

from backoffice.kit.filled_tables import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("changes", "0010_single_by_status"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="change",
            index=models.Index(
                fields=["decided_at"],
                condition=models.Q(("batch__isnull", True), ("state", "approved")),
                name="change_single_by_decision",
            ),
        ),
    ]
