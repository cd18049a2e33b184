"""The kinds of change of this room: deposits, square-off settings, approved quantities."""

from django.utils import timezone

from accounts import offers
from accounts.kinds import by_lane, existing_findings
from backoffice.changes import kinds
from backoffice.changes.operations import new_reference
from backoffice.delivery.models import Delivery
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.message import Repeat, Request
from backoffice.protocol.messages.approvals import UpdateEdisQuantity, UpdatePledgeQuantity
from backoffice.protocol.messages.limits import CashDeposit, ManualCollateral
from backoffice.protocol.messages.squareoff import AutoSquareOff
from limits.models import LimitUpdate

KINDS: dict[str, type[Request]] = {
    "cash_deposit": CashDeposit,
    "manual_collateral": ManualCollateral,
    "square_off": AutoSquareOff,
    "edis_quantity": UpdateEdisQuantity,
    "pledge_quantity": UpdatePledgeQuantity,
}


def known(lane: str) -> kinds.Known:
    """Whether the retail user is here. Its version does not matter: a deposit adds, whatever the profile says."""
    return kinds.Known(1, None) if by_lane(lane) else kinds.Known()


def deposit_findings(values: Values) -> list[Finding]:
    """A reference is used once for ever (O1); the same amount twice on one day may be a mistake."""
    found = existing_findings(values)
    reference = str(values.get("reference", ""))
    if reference and _used(reference):
        words = f"The reference {reference} was used before. Choose another; it is unique for ever."
        found.append(Finding("reference", words, rule="O1"))
    lane = f"{values.get('group_id', '')}/{values.get('user_id', '')}"
    same = Delivery.objects.filter(
        lane=lane,
        message_type__in=(CashDeposit.type, ManualCollateral.type),
        created_at__date=timezone.localdate(),
        values__amount=values.get("amount", ""),
    )
    if values.get("amount") and same.exists():
        words = (
            "The same amount was approved for this user today already. Make sure it is not the same deposit."
        )
        found.append(Finding("amount", words, Severity.WARNING, rule="portal.same_day"))
    return found


def register() -> None:
    """Make the kinds of change of this room known, and offer them on the pages of retail users."""
    for slug, message in KINDS.items():
        deposit = message.repeat is Repeat.SAME_REFERENCE
        findings = deposit_findings if deposit else existing_findings
        kinds.register(kinds.Kind(slug, message.title, message, known, findings))
        if deposit:
            offers.offer(slug, lambda: {"reference": new_reference()})
        else:
            offers.offer(slug)


def _used(reference: str) -> bool:
    deposits = Delivery.objects.filter(message_type__in=(CashDeposit.type, ManualCollateral.type))
    return (
        LimitUpdate.objects.filter(reference=reference).exists()
        or deposits.filter(reference=reference).exists()
    )
