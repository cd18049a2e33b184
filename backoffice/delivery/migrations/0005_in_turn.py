from django.db import migrations, models

from backoffice.kit.filled_tables import AddIndexConcurrently, RemoveIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("delivery", "0004_sending_times"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(
                    ("finished_at__isnull", True),
                    ("needs_person", False),
                    ("not_before__isnull", True),
                    ("paused", False),
                ),
                fields=["priority", "id"],
                name="delivery_in_turn",
            ),
        ),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(
                    ("finished_at__isnull", True),
                    ("needs_person", False),
                    ("not_before__isnull", True),
                    ("paused", False),
                    ("let_through", True),
                ),
                fields=["priority", "id"],
                name="delivery_let_through",
            ),
        ),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", True), ("not_before__isnull", False)),
                fields=["priority", "not_before"],
                name="delivery_not_yet",
            ),
        ),
        RemoveIndexConcurrently(
            model_name="delivery",
            name="delivery_by_turn",
        ),
    ]
