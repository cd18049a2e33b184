"""What a person looks at before they settle an unknown delivery, registered by the rooms that can read it of ODIN."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from backoffice.delivery.models import Attempt, Delivery
from backoffice.kit.components import Beside


@dataclass(frozen=True)
class Attempts:
    """The attempts at a delivery in doubt: its retail user, when the first began, and when the last ended.

    `last_at` is None while an attempt has not ended or another one follows: what is read of ODIN then says nothing yet.
    """

    lane: str
    first_at: datetime | None
    last_at: datetime | None


Look = Callable[[Attempts], Beside]

_looks: dict[int, Look] = {}


def register(message_types: Iterable[int], look: Look) -> None:
    """Let what became of these messages be looked for. Called from `AppConfig.ready`."""
    _looks.update(dict.fromkeys(message_types, look))


def look(delivery: Delivery) -> Beside | None:
    """What there is to see for a delivery; None where ODIN can be asked nothing about such a message."""
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
    """When an attempt ended; of one whose worker died, when its lane had rested. None while it goes on."""
    if not attempt.outcome:
        return None
    if attempt.duration_ms is None:
        return delivery.next_try_at
    return attempt.started_at + timedelta(milliseconds=attempt.duration_ms)
