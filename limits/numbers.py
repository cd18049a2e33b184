"""Compare a text with a stored number."""

from decimal import Decimal

from backoffice.protocol.rules import number


def is_number(given: str, kept: Decimal | int | None) -> bool:
    """Whether a text is the stored number; an empty one is no number. Invalid texts never match."""
    return kept is None if not given else kept is not None and number({"": given}, "") == kept
