"""Who is notified of what: the events of changes and files, their audience, and their names."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from django.conf import settings
from django.db import models

from backoffice.batches.models import Batch
from backoffice.changes.kinds import ChangeKind, kind, kind_of_file
from backoffice.changes.models import Change
from backoffice.changes.results import Result
from backoffice.logins.models import User


class Event(models.TextChoices):
    """The events of notices, by the status that causes them; a mail has the label before its numbers."""

    SUBMITTED = "submitted", "Waiting for your decision"
    REJECTED = "rejected", "Rejected"
    EXPIRED = "expired", "Expired"
    STALE = "stale", "Stale"
    REFUSED = "refused", "Refused by ODIN"
    UNKNOWN = "unknown", "Unknown"
    ON_HOLD = "on_hold", "On hold"
    CANCELLED = "cancelled", "Cancelled"
    DONE = "done", "Applied"


class Audience(Enum):
    """Who is notified of an event."""

    DECIDERS = "who may decide: never the maker, nor who approved already"
    MAKER = "who submitted it"


@dataclass(frozen=True)
class Rule:
    """Who is notified of an event, and whether a mail waits for the automatic repeats."""

    audience: Audience
    after_repeats: bool = False


RULES: dict[Event, Rule] = {
    Event.SUBMITTED: Rule(Audience.DECIDERS),
    Event.REJECTED: Rule(Audience.MAKER),
    Event.EXPIRED: Rule(Audience.MAKER),
    Event.STALE: Rule(Audience.MAKER),
    Event.REFUSED: Rule(Audience.MAKER),
    Event.UNKNOWN: Rule(Audience.MAKER, after_repeats=True),
    Event.ON_HOLD: Rule(Audience.MAKER),
    Event.CANCELLED: Rule(Audience.MAKER),
    Event.DONE: Rule(Audience.MAKER),
}


def event_of(thing: Change | Batch) -> Event | None:
    """Return the event of the present status of a change or file; None if nobody is notified of it."""
    status = thing.status
    if status == Result.APPLIED:
        return Event.DONE
    return Event(status) if status in Event.values else None


def audience(event: Event, things: Collection[Change | Batch]) -> dict[Change | Batch, list[int]]:
    """Return the keys of the people to notify, for each thing, without those who may not log in any more."""
    if RULES[event].audience is Audience.DECIDERS:
        return {thing: _deciders(thing) for thing in things}
    makers = User.objects.filter(pk__in={thing.made_by_id for thing in things}, is_active=True)
    active = set(makers.values_list("pk", flat=True))
    return {thing: [thing.made_by_id] if thing.made_by_id in active else [] for thing in things}


def _deciders(thing: Change | Batch) -> list[int]:
    found = User.objects.with_perm(kind_of(thing).decide, include_superusers=False)
    found = found.exclude(pk=thing.made_by_id).exclude(approvals__in=thing.approvals.all())
    return list(found.order_by("pk").values_list("pk", flat=True))


def delay(event: Event) -> timedelta:
    """Return how long a mail waits, so that what settles automatically is not mailed."""
    return timedelta(minutes=settings.DELIVERY_MAX_MINUTES if RULES[event].after_repeats else 0)


def kind_of(thing: Change | Batch) -> ChangeKind:
    """Return the kind of the change, or of the file's rows."""
    return kind_of_file(thing.kind) if isinstance(thing, Batch) else kind(thing.kind)
