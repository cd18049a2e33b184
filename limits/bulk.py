"""What the portal says about many deposits at once: as many queries for five hundred rows as for one."""

from collections.abc import Sequence

from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from accounts.bulk import existing_findings, lane_of, users_of
from backoffice.delivery.models import Delivery
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.messages.limits import CashDeposit, ManualCollateral
from limits.models import LimitUpdate

DEPOSITS = (CashDeposit.type, ManualCollateral.type)


def deposit_findings(many: Sequence[Values]) -> list[list[Finding]]:
    """No such user; a reference that was used, since it is unique for ever (O1); the same amount twice on one day."""
    found = existing_findings(many, users_of(many))
    used = _used({str(values["reference"]) for values in many if values.get("reference")})
    today = set(
        Delivery.objects.filter(
            lane__in={lane_of(values) for values in many},
            message_type__in=DEPOSITS,
            created_at__date=timezone.localdate(),
        ).values_list("lane", KeyTextTransform("amount", "change__values"))
    )
    for values, findings in zip(many, found, strict=True):
        reference, amount = values.get("reference"), values.get("amount")
        if reference in used:
            words = f"The reference {reference} was used before. Choose another; it is unique for ever."
            findings.append(Finding("reference", words, rule="O1"))
        if amount and (lane_of(values), amount) in today:
            words = "The same amount was approved for this user today already. Make sure it is not the same deposit."
            findings.append(Finding("amount", words, Severity.WARNING, rule="portal.same_day"))
    return found


def _used(references: set[str]) -> set[str]:
    deposits = Delivery.objects.filter(message_type__in=DEPOSITS, reference__in=references)
    updates = LimitUpdate.objects.filter(reference__in=references)
    return {
        *deposits.values_list("reference", flat=True),
        *updates.values_list("reference", flat=True),
    }
