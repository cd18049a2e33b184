from django.db import migrations, models

from backoffice.kit.filled_tables import AddIndexConcurrently, RemoveIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("delivery", "0003_indexes_of_lists"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", True), ("needs_person", False), ("paused", False)),
                fields=["priority", "id"],
                name="delivery_in_turn",
            ),
        ),
        RemoveIndexConcurrently(
            model_name="delivery",
            name="delivery_by_turn",
        ),
    ]
