"""What 338 and 340 have in common: they approve quantities by security (O7)."""

from collections.abc import Sequence
from typing import Any

from accounts.records import changed, confirmed_user
from accounts.retail_users import existing_findings
from accounts.values import records, values_of
from backoffice.changes.examination import Asked, Assessed, Known
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Values
from limits.models import ApprovedQuantity
from markets.securities import isin_findings


def assess(many: Sequence[Asked], known: Sequence[Known]) -> list[Assessed]:
    """The retail user must be here; a security that the current scrip masters do not have is a warning."""
    unknown = isin_findings([asked.values for asked in many], "quantities")
    return [
        Assessed([*existing_findings(asked, record), *findings])
        for asked, record, findings in zip(many, known, unknown, strict=True)
    ]


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
