"""What a person looks at before they settle an unknown delivery, registered by the rooms that can read it of ODIN."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from backoffice.delivery.models import Delivery
from backoffice.kit.components import Beside


@dataclass(frozen=True)
class Attempts:
    """The attempts at a delivery in doubt: its retail user, when the first and the last of them began."""

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
    began = [attempt.started_at for attempt in delivery.attempts.all()]
    return found(Attempts(delivery.lane, min(began, default=None), max(began, default=None)))
