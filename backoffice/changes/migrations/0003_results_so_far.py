"""Gives the changes and files that were approved before the result of their deliveries."""

from typing import Any

from django.db import migrations
from django.db.models import Case, Exists, OuterRef, Q, Value, When


def fill(apps: Any, schema_editor: Any) -> None:
    """As `results.result_of` says, in one statement: a table of changes may be long."""
    deliveries = apps.get_model("delivery", "Delivery").objects

    def some(*states: str) -> Exists:
        return Exists(deliveries.filter(change=OuterRef("pk"), state__in=states))

    apps.get_model("changes", "Change").objects.filter(state="approved").update(
        result=Case(
            *(When(some(state), then=Value(state)) for state in ("unknown", "refused", "on_hold")),
            When(some("in_flight"), then=Value("sent")),
            When(Q(some("queued")) & Q(some("applied")), then=Value("sent")),
            When(some("queued"), then=Value("")),
            When(some("cancelled"), then=Value("cancelled")),
            When(some("applied"), then=Value("applied")),
            default=Value(""),
        )
    )
    changes = apps.get_model("changes", "Change").objects
    worst = ("unknown", "refused", "on_hold", "sent", "cancelled", "applied")
    for batch in apps.get_model("batches", "Batch").objects.filter(state="approved").only("pk"):
        found = changes.filter(batch_id=batch.pk, result__in=worst).order_by()
        results = set(found.values_list("result", flat=True).distinct())
        batch.result = next((result for result in worst if result in results), "")
        batch.save(update_fields=["result"])


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0002_result"),
        ("changes", "0002_result"),
        ("delivery", "0001_initial"),
    ]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
