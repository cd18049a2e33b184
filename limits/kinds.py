"""The kinds of change of this room: deposits, square-off settings, approved quantities."""

from decimal import Decimal

from accounts import offers
from accounts.kinds import by_lane, existing_findings
from backoffice.changes import kinds
from backoffice.changes.operations import new_reference
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Repeat, Request
from backoffice.protocol.messages.approvals import UpdateEdisQuantity, UpdatePledgeQuantity
from backoffice.protocol.messages.limits import CashDeposit, ManualCollateral
from backoffice.protocol.messages.squareoff import AutoSquareOff
from limits import bulk

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
    return bulk.deposit_findings([values])[0]


def deposit_amount(values: Values) -> Decimal:
    """The rupees that a deposit adds, notional ones included."""
    return sum((Decimal(str(values.get(name) or 0)) for name in ("amount", "notional_deposit")), Decimal(0))


def register() -> None:
    """Make the kinds of change of this room known, and offer them on the pages of retail users."""
    for slug, message in KINDS.items():
        deposit = message.repeat is Repeat.SAME_REFERENCE
        findings = deposit_findings if deposit else existing_findings
        amount = deposit_amount if deposit else None
        kinds.register(kinds.Kind(slug, message.title, message, known, findings, amount=amount))
        if deposit:
            offers.offer(slug, offers.Offer(starting=lambda: {"reference": new_reference()}))
        else:
            offers.offer(slug)
