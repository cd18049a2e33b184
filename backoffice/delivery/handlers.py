"""What a confirmed message does to the records, handed down by the registry of the kinds of change.

Delivery knows no business record. A handler is called in the transaction in which ODIN's confirmation is stored, so
record, delivery and audit entry move together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from backoffice.protocol.fields import Values


@dataclass(frozen=True)
class Applied:
    """What a confirmed message changed in the records: the values before and after, for the audit entry."""

    before: dict[str, object] = field(default_factory=dict)
    after: dict[str, object] = field(default_factory=dict)


Apply = Callable[[str, Values], Applied]
ApplyMany = Callable[[Sequence[tuple[str, Values]]], list[Applied]]


@dataclass(frozen=True)
class Handler:
    """What a message of one type does: `apply` takes the lane and the values of one that ODIN confirmed.

    `apply_many` does the same for several, of as many retail users, in fewer statements: for what comes by the
    thousand, in files. `money`: two people say how one ended whose outcome is unknown.
    """

    apply: Apply
    apply_many: ApplyMany | None = None
    money: bool = False


_handlers: dict[int, Handler] = {}


def register(message_type: int, handler: Handler) -> None:
    """Make known what a confirmed message of this type does. Raises ValueError where it does something else already."""
    if _handlers.setdefault(message_type, handler) != handler:
        raise ValueError(f"Two handlers for message type {message_type}.")


def is_money(message_type: int) -> bool:
    """Whether two people settle a message of this type."""
    return message_type in money_types()


def money_types() -> list[int]:
    """The types of message that two people settle."""
    return sorted(message_type for message_type, handler in _handlers.items() if handler.money)


def apply(message_type: int, lane: str, values: Values) -> Applied:
    """Let the records take what ODIN confirmed. Raises KeyError where no room keeps this message's record."""
    return _handlers[message_type].apply(lane, values)


def apply_many(message_type: int, confirmed: Sequence[tuple[str, Values]]) -> list[Applied]:
    """Let the records take lane and values of several deliveries, of as many retail users."""
    handler = _handlers[message_type]
    if len(confirmed) > 1 and handler.apply_many:
        return handler.apply_many(confirmed)
    return [apply(message_type, lane, values) for lane, values in confirmed]
