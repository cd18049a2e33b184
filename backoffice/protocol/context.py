"""The context of rules: information beside the message."""

from dataclasses import dataclass
from datetime import date

from backoffice.protocol.field import Values


@dataclass(frozen=True)
class Context:
    """`today`: the date in India.

    `new_limit_structure`: O1. `known`: the user's confirmed values, None if not known.
    """

    today: date
    new_limit_structure: bool = True
    known: Values | None = None
