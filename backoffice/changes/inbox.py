"""What waits in the inbox beside single changes: things that are decided as a whole, registered by their rooms."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from backoffice.changes.deciders import decided_by
from backoffice.changes.visibility import waiting_for


@dataclass(frozen=True)
class Queue:
    """Things with a page of their own on which somebody decides them as a whole.

    `waiting` gives those that a person may decide, with `submitted_at`; `filterset` has the filters of the inbox, by
    the same names; `table` shows them.
    """

    waiting: Callable[[Any], QuerySet[Any]]
    filterset: Any
    table: Any
    title: str
    nouns: tuple[str, str]


QUEUES: list[Queue] = []


def register(queue: Queue) -> None:
    """Let its things wait in the inbox. Called from `AppConfig.ready` of the room that keeps them."""
    QUEUES.append(queue)


def count(person: Any) -> int:
    """How much waits for this person: single changes, and what is decided as a whole."""
    if not decided_by(person):
        return 0
    return waiting_for(person).count() + sum(queue.waiting(person).count() for queue in QUEUES)


def oldest(person: Any, *, beside: int) -> Any:
    """What a checker may go on with: the oldest change that waits but this one; without any, the oldest of the rest."""
    if not decided_by(person):
        return None
    change = waiting_for(person).exclude(pk=beside).order_by("submitted_at", "id").only("pk").first()
    wholes = (queue.waiting(person).order_by("submitted_at", "pk").first() for queue in QUEUES)
    return change or next((found for found in wholes if found), None)
