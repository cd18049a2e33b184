"""A line of a basket in words, for checkers and clients."""

from decimal import Decimal

from backoffice.kit.formats import price
from backoffice.rest.api.codes import OrderType, Side
from partners.models import BasketLine

PAISA = Decimal("0.01")
_LABELS = {member.value: member.label for member in (*Side, *OrderType)}


def plain(amount: Decimal) -> Decimal:
    """An amount with two decimals, or with all that it has: the database gives four."""
    return amount.normalize() if amount % PAISA else amount.quantize(PAISA)


def scrip_of(line: BasketLine) -> str:
    """The scrip or contract of a line, without its exchange."""
    series = f" {line.series}" if line.series else ""
    contract = f" {line.expiry:%d-%m-%Y}" if line.expiry else ""
    option = f" {Decimal(line.strike) / 100:.2f} {line.option_type}" if line.option_type else ""
    return f"{line.symbol}{series}{contract}{option}"


def in_words(line: BasketLine) -> dict[str, str]:
    """A line as checkers and clients read it: scrip, side, order type, quantity, price, trigger, validity."""
    return {
        "scrip": f"{scrip_of(line)}, {line.exchange} {line.token}"[:120],
        "side": _LABELS[line.side],
        "order_type": _LABELS[line.order_type],
        "quantity": str(line.quantity),
        "price": price(line.price or None),
        "trigger": price(line.trigger or None),
        "validity": line.validity_words,
    }
