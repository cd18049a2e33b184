"""What people check before they settle an unknown delivery; rooms that can read it from ODIN register it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from backoffice.delivery.models import Attempt, Delivery
from backoffice.kit.components import Beside


@dataclass(frozen=True)
class Attempts:
    """The attempts at a delivery in doubt: its retail user, when the first began, and when the last ended.

    `last_at` is None while an attempt runs or another one will follow: readings from ODIN then prove nothing
    yet.
    """

    lane: str
    first_at: datetime | None
    last_at: datetime | None


Look = Callable[[Attempts], Beside]

_looks: dict[int, Look] = {}


def register(message_types: Iterable[int], look: Look) -> None:
    """Register how to check the effect of these messages. Call it from `AppConfig.ready`."""
    _looks.update(dict.fromkeys(message_types, look))


def look(delivery: Delivery) -> Beside | None:
    """Return what can be checked for a delivery; None if ODIN has no read for such a message."""
    found = _looks.get(delivery.message_type)
    if found is None:
        return None
    attempts = list(delivery.attempts.all())
    first = min((attempt.started_at for attempt in attempts), default=None)
    ends = [_end(attempt, delivery) for attempt in attempts]
    over = [end for end in ends if end is not None]
    is_over = delivery.needs_person and len(over) == len(ends)
    return found(Attempts(delivery.lane, first, max(over, default=None) if is_over else None))


def _end(attempt: Attempt, delivery: Delivery) -> datetime | None:
    """Return when an attempt ended; if its worker died, when its lane had rested. None while it runs."""
    if not attempt.outcome:
        return None
    if attempt.duration_ms is None:
        return delivery.next_try_at
    return attempt.started_at + timedelta(milliseconds=attempt.duration_ms)
