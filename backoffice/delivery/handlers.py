"""How confirmed messages change records; the registry of the kinds of change fills this in.

Delivery knows no business records. It calls a handler in the transaction that stores ODIN's confirmation, so
record, delivery and audit entry change together.
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
    """How messages of one type change records: `apply` takes lane and values of one that ODIN confirmed.

    `apply_many` takes several messages of different retail users, in fewer statements, for the thousands of a
    file. `money`: two people must settle an unknown one.
    """

    apply: Apply
    apply_many: ApplyMany | None = None
    money: bool = False


_handlers: dict[int, Handler] = {}


def register(message_type: int, handler: Handler) -> None:
    """Register the handler of a message type. Raises ValueError if the type has another one."""
    if _handlers.setdefault(message_type, handler) != handler:
        raise ValueError(f"Two handlers for message type {message_type}.")


def is_money(message_type: int) -> bool:
    """Whether a message of this type needs two people to settle it."""
    return message_type in money_types()


def money_types() -> list[int]:
    """Return the types of message that need two people to settle."""
    return sorted(message_type for message_type, handler in _handlers.items() if handler.money)


def apply(message_type: int, lane: str, values: Values) -> Applied:
    """Update the records with what ODIN confirmed. Raises KeyError if no room handles this message."""
    return _handlers[message_type].apply(lane, values)


def apply_many(message_type: int, confirmed: Sequence[tuple[str, Values]]) -> list[Applied]:
    """Update the records with lane and values of several deliveries of different retail users."""
    handler = _handlers[message_type]
    if len(confirmed) > 1 and handler.apply_many:
        return handler.apply_many(confirmed)
    return [apply(message_type, lane, values) for lane, values in confirmed]
