"""What 338 and 340 have in common: they approve quantities by security (O7)."""

from typing import Any

from accounts.records import changed, confirmed_user
from accounts.values import records, values_of
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Values
from limits.models import ApprovedQuantity


def apply(kind: ApprovedQuantity.Kind, values: Values) -> Applied:
    """Keep quantity and status by security. What is sent empty leaves as it was."""
    user = confirmed_user(values)
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    for row in records(values, "quantities"):
        key: dict[str, Any] = {"retail_user": user, "kind": kind, "isin": row["isin"]}
        kept = ApprovedQuantity.objects.filter(**key).first()
        sent: dict[str, Any] = {}
        if row.get("qty"):
            sent["quantity"] = int(row["qty"])
        if row.get("status"):
            sent["status"] = row["status"]
        now, _ = ApprovedQuantity.objects.update_or_create(**key, defaults=sent)
        before[row["isin"]] = values_of(kept, ("quantity", "status")) if kept else ""
        after[row["isin"]] = values_of(now, ("quantity", "status"))
    return changed(before, after)
