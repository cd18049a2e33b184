"""Amounts in rupees, kept as text with two places so that nothing is lost to floating point."""

from decimal import Decimal

ZERO = Decimal("0.00")


def amount(text: str) -> Decimal:
    """An amount, an empty one being 0."""
    return Decimal(text or "0").quantize(ZERO)
