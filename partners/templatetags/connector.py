"""Template filters of the Connector's pages."""

from decimal import Decimal

from django import template

from backoffice.kit import formats

register = template.Library()
PAISA = Decimal("0.01")


@register.filter
def price(amount: Decimal | None) -> str:
    """A price in rupees with paise, or with all its decimals, as ticks of currency have more."""
    if amount is None or not amount % PAISA:
        return formats.indian(amount)
    return formats.indian(amount.normalize(), places=None)
