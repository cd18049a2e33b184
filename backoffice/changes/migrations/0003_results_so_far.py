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
            When(some("unknown"), then=Value("unknown")),
            When(some("on_hold"), then=Value("on_hold")),
            When(some("in_flight"), then=Value("sent")),
            When(Q(some("queued")) & Q(some("applied", "refused")), then=Value("sent")),
            When(some("queued"), then=Value("")),
            When(some("refused"), then=Value("refused")),
            When(some("applied"), then=Value("applied")),
            When(some("cancelled"), then=Value("cancelled")),
            default=Value(""),
        )
    )
    changes = apps.get_model("changes", "Change").objects
    for batch in apps.get_model("batches", "Batch").objects.filter(state="approved").only("pk"):
        results = set(
            changes.filter(batch_id=batch.pk).order_by().values_list("result", flat=True).distinct()
        )
        batch.result = of_batch(results)
        batch.save(update_fields=["result"])


def of_batch(results: set[str]) -> str:
    """The result of a file by those of its changes."""
    for open_result in ("unknown", "on_hold", "sent"):
        if open_result in results:
            return open_result
    if "" in results:
        return "sent" if results & {"applied", "refused"} else ""
    return next((each for each in ("refused", "applied", "cancelled") if each in results), "")


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0002_result"),
        ("changes", "0002_result"),
        ("delivery", "0001_initial"),
    ]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
