"""What a confirmed message does to the records, registered by the rooms above.

Delivery knows no business record. A room that keeps one registers a handler for a message type; it is called in the
transaction in which ODIN's confirmation is stored, so record, delivery and audit entry move together.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from backoffice.protocol.fields import Values


@dataclass(frozen=True)
class Applied:
    """What a confirmed message changed in the records: the values before and after, for the audit entry."""

    before: dict[str, object] = field(default_factory=dict)
    after: dict[str, object] = field(default_factory=dict)


Handler = Callable[[str, Values], Applied]

_handlers: dict[int, Handler] = {}


def applies(*message_types: int) -> Callable[[Handler], Handler]:
    """Register the function `(lane, values) -> Applied` for these message types."""

    def register(handler: Handler) -> Handler:
        for message_type in message_types:
            if _handlers.setdefault(message_type, handler) is not handler:
                raise ValueError(f"Two handlers for message type {message_type}.")
        return handler

    return register


def apply(message_type: int, lane: str, values: Values) -> Applied:
    """Let the records take what ODIN confirmed. Raises KeyError where no room keeps this message's record."""
    return _handlers[message_type](lane, values)
