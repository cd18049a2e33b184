"""Shared by 338 and 340: quantities approved by security (O7)."""

from collections.abc import Sequence
from typing import Any

from accounts.models import RetailUser
from accounts.records import changed, confirmed_user
from accounts.retail_users import LANE, existing_findings, gone, records_here
from accounts.values import records as records_of
from accounts.values import values_of
from backoffice.changes.examination import Asked, Assess, Assessed, Known
from backoffice.changes.files import FileGroup, FileKind, Layout, Unique
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Values
from backoffice.protocol.message import Request
from backoffice.protocol.messages.approvals import UpdateEdisQuantity, UpdatePledgeQuantity
from limits.models import ApprovedQuantity
from limits.numbers import is_number
from markets.securities import isin_findings

TYPES = (UpdateEdisQuantity.type, UpdatePledgeQuantity.type)


#: Whether retail users exist, with their approved quantities.
records = records_here("approved_quantities")


def assess(kind: ApprovedQuantity.Kind) -> Assess:
    """The assessment of quantities: the user must exist; a security missing in all scrip masters is a warning."""

    def assess_many(many: Sequence[Asked], known: Sequence[Known]) -> list[Assessed]:
        unknown = isin_findings([asked.values for asked in many], "quantities")
        return [
            Assessed(
                [*existing_findings(asked, record), *findings],
                record.record is not None and _is_so(kind, record.record, asked.values),
            )
            for asked, record, findings in zip(many, known, unknown, strict=True)
        ]

    return assess_many


def _is_so(kind: ApprovedQuantity.Kind, user: RetailUser, values: Values) -> bool:
    """Whether ODIN has confirmed every given quantity and status."""
    kept = {row.isin: row for row in user.approved_quantities.all() if row.kind == kind}
    given = records_of(values, "quantities")
    return bool(given) and all(
        (row := kept.get(one.get("isin", ""))) is not None
        and (not one.get("qty") or is_number(one["qty"], row.quantity))
        and (not one.get("status") or one["status"] == row.status)
        for one in given
    )


def files(slug: str, title: str, message: type[Request]) -> tuple[FileKind, ...]:
    """Return the file of a kind: a row for each security."""
    once = Unique((*LANE, "isin"), "names the same security. Leave one of them out.", each="quantities")
    layout = Layout(message, single="quantities")
    return (
        FileKind(
            slug=slug,
            title=title,
            group=FileGroup.LIMITS,
            effect=("approved quantity will be changed", "approved quantities will be changed"),
            matters=("group_id", "quantities.isin", "quantities.status"),
            layout=layout,
            unique=(once,),
            moved_on=gone,
        ),
    )


def apply(kind: ApprovedQuantity.Kind, values: Values) -> Applied:
    """Store quantity and status by security. Empty values leave the stored ones unchanged."""
    user = confirmed_user(values)
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    for row in records_of(values, "quantities"):
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
