"""Notify people of events, read notices, and choose how to be notified."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.batches.models import Batch
from backoffice.changes.models import Change
from backoffice.logins.subjects import subject_of
from backoffice.notices.events import Event, audience, delay, event_of
from backoffice.notices.models import Choice, Mail, Mode, Notice
from backoffice.wakeups import Work, wake_after_commit

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: How long notices and mails are kept.
KEPT = timedelta(days=90)
#: A bell counts no further.
SHOWN = 100
#: How many one statement deletes.
AT_ONCE = 1000


def notify(things: Sequence[Change] | Sequence[Batch]) -> None:
    """Write the notices of changes, or files, with a new status, and end those that no longer apply.

    In the transaction of the move, so that no notice is lost and none is wrong. Changes of a file are left
    out: their makers and checkers are notified of the file.
    """
    by_event: defaultdict[Event | None, list[Any]] = defaultdict(list)
    for thing in things:
        if isinstance(thing, Batch) or thing.batch_id is None:
            by_event[event_of(thing)].append(thing)
    for event, some in by_event.items():
        name = _name(type(some[0]))
        of_them = Notice.objects.filter(**{f"{name}__in": some})
        if event is None:  # a sent or retried change may come back: only the wait for a decision has ended
            _end(of_them.filter(event=Event.SUBMITTED))
            continue
        people = audience(event, some)
        if event == Event.SUBMITTED:
            for thing in some:  # it no longer waits for those who approved first of two
                _end(of_them.filter(**{name: thing}).exclude(person__in=people[thing]))
        else:
            _end(of_them.exclude(event=event))
        _write(people, event)


def read(person: "User", number: int) -> Notice | None:
    """Mark one of a person's notices as read, if it does not wait for a decision. None if there is no such notice."""
    notice = Notice.objects.filter(pk=number, person=person).first()
    if notice and not notice.waits:
        _end(Notice.objects.filter(pk=notice.pk))
    return notice


def read_all(person: "User") -> int:
    """End all of a person's notices of what came back. Returns how many."""
    with transaction.atomic():
        open_now = Notice.objects.filter(person=person, over_at=None).exclude(event=Event.SUBMITTED).at_rest()
        return _end(Notice.objects.filter(pk__in=open_now))


def mode_of(person: "User") -> str:
    """Return how a person is notified by e-mail."""
    choice = Choice.objects.filter(person=person).first()
    return choice.mode if choice else Mode.DIGEST


def choose(mode: str, *, by: "User") -> None:
    """Choose how to be notified; it also applies to notices not mailed yet. Raises ValueError for an unknown mode.

    Notices from a time without e-mail are not mailed later.
    """
    chosen, now = Mode(mode), timezone.now()
    with transaction.atomic():
        Choice.objects.update_or_create(person=by, defaults={"mode": chosen})
        waiting = Notice.objects.filter(person=by, mail=None, due_at__isnull=False).at_rest()
        Notice.objects.filter(pk__in=waiting).update(due_at=_due(chosen, now))
        record(
            "notices.chosen",
            by=by,
            subject=subject_of(by),
            text=f"Notices by e-mail: {chosen.label.lower()}.",
            details={"mode": chosen.value},
        )
        wake_after_commit(Work.NOTICES)


def next_digest(now: datetime) -> datetime:
    """Return when the next digest goes out, in Kolkata."""
    at = settings.NOTICE_DIGEST_AT
    today = timezone.localtime(now).replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def open_for(person: Any) -> QuerySet[Notice]:
    """Return a person's present notices, newest first: as many as a bell can show."""
    return Notice.objects.filter(person=person, over_at=None)[:SHOWN]


def came_back(person: Any) -> QuerySet[Notice]:
    """Return unread notices of what came back, as many as a bell can show."""
    return Notice.objects.filter(person=person, over_at=None).exclude(event=Event.SUBMITTED)[:SHOWN]


def expire() -> int:
    """Delete expired notices and mails. Returns how many. Run by beat."""
    over, deleted = timezone.now() - KEPT, 0
    for model in (Notice, Mail):
        numbers = model.objects.filter(created_at__lt=over).order_by().values_list("pk", flat=True)
        while some := list(numbers[:AT_ONCE]):
            model.objects.filter(pk__in=some).delete()
            deleted += len(some)
    return deleted


def _end(notices: QuerySet[Notice]) -> int:
    return notices.filter(over_at=None).update(over_at=timezone.now(), due_at=None)


def _write(people: Mapping[Any, Collection[int]], event: Event) -> None:
    everybody = {person for some in people.values() for person in some}
    modes = dict(Choice.objects.filter(person__in=everybody).values_list("person", "mode"))
    now = timezone.now()
    notices = [
        Notice(
            person_id=person,
            event=event,
            due_at=_due(modes.get(person, Mode.DIGEST), now + delay(event)),
            **{_name(type(thing)): thing},
        )
        for thing, some in people.items()
        for person in some
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    if any(notice.due_at and notice.due_at <= now for notice in notices):
        wake_after_commit(Work.NOTICES)


def _due(mode: str, at: datetime) -> datetime | None:
    """Return when a mail should carry an event of this time; None: no mail."""
    if mode == Mode.NOTHING:
        return None
    return at if mode == Mode.AT_ONCE else next_digest(at)


def _name(model: type[Change] | type[Batch]) -> str:
    """Return the field of a notice for such a thing."""
    return "batch" if issubclass(model, Batch) else "change"
