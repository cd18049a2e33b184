"""References for tags 227 and 252."""

import secrets

from backoffice.protocol.fields import Values
from backoffice.protocol.message import Request

#: Letters and digits that are not confused with one another.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
#: The number of characters that fits both tags.
REFERENCE_LENGTH = 20


def new_reference() -> str:
    """Return a reference for tag 227 or 252: random, so that a restored backup cannot repeat one."""
    base = len(REFERENCE_ALPHABET)
    number = secrets.randbelow(base**REFERENCE_LENGTH)
    return "".join([REFERENCE_ALPHABET[number // base**place % base] for place in range(REFERENCE_LENGTH)])


def with_reference(message: type[Request], values: Values) -> Values:
    """Return the values of a message, with a new reference if it takes one and has none."""
    if "reference" in message.fields and not values.get("reference"):
        return {**values, "reference": new_reference()}
    return values
