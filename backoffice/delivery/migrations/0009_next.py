from django.db import migrations, models

from backoffice.kit.filled_tables import AddIndexConcurrently, RemoveIndexConcurrently

MAY_GO = models.Q(
    ("finished_at__isnull", True),
    ("needs_person", False),
    ("not_before__isnull", True),
    ("paused", False),
    ("lease_token__isnull", True),
    ("set_aside", False),
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("delivery", "0008_set_aside"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(condition=MAY_GO, fields=["priority", "id"], name="delivery_next"),
        ),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=MAY_GO & models.Q(let_through=True),
                fields=["priority", "id"],
                name="delivery_next_urgent",
            ),
        ),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(set_aside=True), fields=["lane"], name="delivery_set_aside"
            ),
        ),
        RemoveIndexConcurrently(model_name="delivery", name="delivery_in_turn"),
        RemoveIndexConcurrently(model_name="delivery", name="delivery_let_through"),
    ]
