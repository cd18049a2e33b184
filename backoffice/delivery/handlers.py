"""What a confirmed message does to the records, registered by the rooms above.

Delivery knows no business record. A room that keeps one registers a handler for a message type; it is called in the
transaction in which ODIN's confirmation is stored, so record, delivery and audit entry move together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from backoffice.protocol.fields import Values


@dataclass(frozen=True)
class Applied:
    """What a confirmed message changed in the records: the values before and after, for the audit entry."""

    before: dict[str, object] = field(default_factory=dict)
    after: dict[str, object] = field(default_factory=dict)


F = TypeVar("F")
Handler = Callable[[str, Values], Applied]
Together = Callable[[Sequence[tuple[str, Values]]], list[Applied]]

_handlers: dict[int, Handler] = {}
_together: dict[int, Together] = {}


def applies(*message_types: int) -> Callable[[Handler], Handler]:
    """Register the function `(lane, values) -> Applied` for these message types."""
    return partial(_register, _handlers, message_types)


def applies_together(*message_types: int) -> Callable[[Together], Together]:
    """Register a function that does for several deliveries, of as many retail users, what their handler does for each,
    in fewer statements: for what comes by the thousand, in files.
    """
    return partial(_register, _together, message_types)


def _register(handlers: dict[int, F], message_types: Sequence[int], handler: F) -> F:
    for message_type in message_types:
        if handlers.setdefault(message_type, handler) is not handler:
            raise ValueError(f"Two handlers for message type {message_type}.")
    return handler


def apply(message_type: int, lane: str, values: Values) -> Applied:
    """Let the records take what ODIN confirmed. Raises KeyError where no room keeps this message's record."""
    return _handlers[message_type](lane, values)


def apply_together(message_type: int, confirmed: Sequence[tuple[str, Values]]) -> list[Applied]:
    """The same for lane and values of several deliveries, of as many retail users."""
    if len(confirmed) > 1 and message_type in _together:
        return _together[message_type](confirmed)
    return [apply(message_type, lane, values) for lane, values in confirmed]
