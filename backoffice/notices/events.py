"""Who is told of what: the events of changes and files, to whom each is told, and how it is called."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from django.conf import settings
from django.db import models

from backoffice.batches.models import Batch
from backoffice.batches.models import State as BatchState
from backoffice.changes.kinds import KINDS, ChangeKind, kind, kind_of_file
from backoffice.changes.models import Change, State
from backoffice.changes.results import Result
from backoffice.logins.models import User


class Event(models.TextChoices):
    """What a person is told of, by the status that brings it; the label heads its numbers in a mail."""

    SUBMITTED = "submitted", "Waiting for your decision"
    REJECTED = "rejected", "Rejected"
    EXPIRED = "expired", "Expired"
    STALE = "stale", "Stale"
    REFUSED = "refused", "Refused by ODIN"
    UNKNOWN = "unknown", "Unknown"
    ON_HOLD = "on_hold", "On hold"
    CANCELLED = "cancelled", "Cancelled"
    DONE = "done", "Done"


class Audience(Enum):
    """To whom an event is told."""

    DECIDERS = "who may decide: never the maker, nor who approved already"
    MAKER = "who submitted it"


@dataclass(frozen=True)
class Told:
    """To whom an event is told, and whether a mail waits for the automatic repeats."""

    audience: Audience
    after_repeats: bool = False


TOLD: dict[Event, Told] = {
    Event.SUBMITTED: Told(Audience.DECIDERS),
    Event.REJECTED: Told(Audience.MAKER),
    Event.EXPIRED: Told(Audience.MAKER),
    Event.STALE: Told(Audience.MAKER),
    Event.REFUSED: Told(Audience.MAKER),
    Event.UNKNOWN: Told(Audience.MAKER, after_repeats=True),
    Event.ON_HOLD: Told(Audience.MAKER),
    Event.CANCELLED: Told(Audience.MAKER),
    Event.DONE: Told(Audience.MAKER),
}


def event_of(thing: Change | Batch) -> Event | None:
    """What the present status of a change or file tells, if anything."""
    status = thing.status
    if isinstance(thing, Batch):
        if thing.finished_at is None and status == BatchState.APPROVED:
            return None  # only a file of the portal's own is done when it is approved
        done = status in (Result.APPLIED, BatchState.APPROVED)
    else:
        own = KINDS.get(thing.kind)
        done = status == Result.APPLIED or (status == State.APPROVED and own is not None and own.local)
    if done:
        return Event.DONE
    return Event(status) if status in Event.values else None


def people_for(event: Event, thing: Change | Batch) -> list[int]:
    """The people who are told, by their keys. Who may not log in any more is told nothing."""
    if TOLD[event].audience is Audience.MAKER:
        found = User.objects.filter(pk=thing.made_by_id, is_active=True)
    else:
        found = User.objects.with_perm(kind_of(thing).decide, include_superusers=False)
        found = found.exclude(pk=thing.made_by_id).exclude(approvals__in=thing.approvals.all())
    return list(found.order_by("pk").values_list("pk", flat=True))


def delay(event: Event) -> timedelta:
    """How long a mail waits, so that what settles without a person is not mailed."""
    return timedelta(minutes=settings.DELIVERY_MAX_MINUTES if TOLD[event].after_repeats else 0)


def kind_of(thing: Change | Batch) -> ChangeKind:
    """The kind of change that it is, or that its rows are."""
    return kind_of_file(thing.kind) if isinstance(thing, Batch) else kind(thing.kind)
