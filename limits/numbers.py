"""Whether a text and a number that is kept are the same."""

from decimal import Decimal

from backoffice.protocol.rules import number


def is_number(given: str, kept: Decimal | int | None) -> bool:
    """Whether a text gives the kept number; an empty one gives none. A text that is no number is never it."""
    return kept is None if not given else kept is not None and number({"": given}, "") == kept
