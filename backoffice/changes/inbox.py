"""What waits in the inbox beside single changes: things decided as a whole, registered by their rooms."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from backoffice.changes.deciders import decided_by
from backoffice.changes.visibility import waiting_for


@dataclass(frozen=True)
class Queue:
    """Things with a page of their own on which they are decided as a whole.

    `waiting` returns those that a person may decide, with `submitted_at`; `filterset` has the filters of the
    inbox, by the same names; `table` shows them.
    """

    waiting: Callable[[Any], QuerySet[Any]]
    filterset: Any
    table: Any
    title: str
    nouns: tuple[str, str]


QUEUES: list[Queue] = []


def register(queue: Queue) -> None:
    """Register things for the inbox. Call it from `AppConfig.ready` of their room."""
    QUEUES.append(queue)


def count(person: Any) -> int:
    """Count what waits for this person: single changes, and things decided as a whole."""
    if not decided_by(person):
        return 0
    return waiting_for(person).count() + sum(queue.waiting(person).count() for queue in QUEUES)


def oldest(person: Any, *, beside: int) -> Any:
    """Return the next item for a checker: the oldest waiting change except this one, else the oldest file."""
    if not decided_by(person):
        return None
    change = waiting_for(person).exclude(pk=beside).order_by("submitted_at", "id").only("pk").first()
    wholes = (queue.waiting(person).order_by("submitted_at", "pk").first() for queue in QUEUES)
    return change or next((found for found in wholes if found), None)
