"""Notifying people of events, reading notices, and choosing how one is notified."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.batches.models import Batch
from backoffice.changes.models import Change
from backoffice.notices.events import Event, delay, event_of, people_for
from backoffice.notices.models import Choice, Mail, Mode, Notice
from backoffice.wakeups import Work, wake_after_commit

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Notices and mails are kept so long.
KEPT = timedelta(days=90)
#: A bell counts no further.
SHOWN = 100
#: So many are deleted by one statement.
AT_ONCE = 1000


def notify(model: type[Change] | type[Batch], numbers: Collection[int]) -> None:
    """Write the notices of changes or files that have another status, and end those that no longer hold.

    In the transaction of the move, so that no notice is lost and none is of what did not happen. The changes of a file
    are left out: their makers and checkers are notified of the file.
    """
    things: QuerySet[Any] = model.objects.filter(pk__in=numbers).order_by("pk")
    if model is Change:
        things = things.filter(batch=None)
    name = "batch" if model is Batch else "change"
    by_event: defaultdict[Event | None, list[Any]] = defaultdict(list)
    for thing in things.only("kind", "state", "result", "made_by", *(["finished_at"] * (model is Batch))):
        by_event[event_of(thing)].append(thing)
    notices = []
    for event, alike in by_event.items():
        if event is None:
            # What is sent, or tried again, may come back as it was: only the wait for a decision is over.
            _end(Notice.objects.filter(**{f"{name}__in": alike}, event=Event.SUBMITTED))
            continue
        people = people_for(event, alike)
        if event == Event.SUBMITTED:
            for thing in alike:  # those who approved as the first of two
                _end(Notice.objects.filter(**{name: thing}).exclude(person__in=people[thing.pk]))
        else:
            _end(Notice.objects.filter(**{f"{name}__in": alike}).exclude(event=event))
        notices += [
            Notice(person_id=person, event=event, **{name: thing})
            for thing in alike
            for person in people[thing.pk]
        ]
    if notices:
        _write(notices)


def read(person: "User", number: int) -> Notice | None:
    """End one of somebody's notices, since they look at it; what waits for a decision waits on. None: no such one."""
    notice = Notice.objects.filter(pk=number, person=person).first()
    if notice and not notice.waits:
        _end(Notice.objects.filter(pk=notice.pk))
    return notice


def read_all(person: "User") -> int:
    """End all notices of what came back to somebody. Returns how many."""
    with transaction.atomic():
        open_now = Notice.objects.filter(person=person, over_at=None).exclude(event=Event.SUBMITTED).at_rest()
        return _end(Notice.objects.filter(pk__in=open_now))


def mode_of(person: "User") -> str:
    """How somebody is notified by e-mail."""
    choice = Choice.objects.filter(person=person).first()
    return choice.mode if choice else Mode.DIGEST


def choose(mode: str, *, by: "User") -> None:
    """Choose how one is notified; it also holds for what was not mailed yet. Raises ValueError for no mode.

    What came while somebody wanted no e-mail is not mailed later.
    """
    chosen, now = Mode(mode), timezone.now()
    with transaction.atomic():
        Choice.objects.update_or_create(person=by, defaults={"mode": chosen})
        waiting = Notice.objects.filter(person=by, mail=None, due_at__isnull=False).at_rest()
        Notice.objects.filter(pk__in=waiting).update(due_at=_due(chosen, now))
        record(
            "notices.chosen",
            by=by,
            subject=f"staff:{by.get_username()}",
            text=f"Notices by e-mail: {chosen.label.lower()}.",
            details={"mode": chosen.value},
        )
        wake_after_commit(Work.NOTICES)


def next_digest(now: datetime) -> datetime:
    """When the next digest goes out, by the clock in Kolkata."""
    at = settings.NOTICE_DIGEST_AT
    today = timezone.localtime(now).replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def open_for(person: Any) -> QuerySet[Notice]:
    """Somebody's notices that still hold, newest first: as many as a bell can show."""
    return Notice.objects.filter(person=person, over_at=None)[:SHOWN]


def came_back(person: Any) -> QuerySet[Notice]:
    """Those of what came back to somebody and was not read, as many as a bell can show."""
    return Notice.objects.filter(person=person, over_at=None).exclude(event=Event.SUBMITTED)[:SHOWN]


def expire() -> int:
    """Delete notices and mails whose time is over. Returns how many. Run by beat."""
    over, deleted = timezone.now() - KEPT, 0
    for model in (Notice, Mail):
        numbers = model.objects.filter(created_at__lt=over).order_by().values_list("pk", flat=True)
        while some := list(numbers[:AT_ONCE]):
            model.objects.filter(pk__in=some).delete()
            deleted += len(some)
    return deleted


def _end(notices: QuerySet[Notice]) -> int:
    return notices.filter(over_at=None).update(over_at=timezone.now(), due_at=None)


def _write(notices: Collection[Notice]) -> None:
    """Store notices, each with the time of its mail as its person chose; those that are there already stay."""
    people = {notice.person_id for notice in notices}
    modes = dict(Choice.objects.filter(person__in=people).values_list("person", "mode"))
    now = timezone.now()
    for notice in notices:
        mode = modes.get(notice.person_id, Mode.DIGEST)
        notice.due_at = _due(mode, now + delay(Event(notice.event)))
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    if any(notice.due_at and notice.due_at <= now for notice in notices):
        wake_after_commit(Work.NOTICES)


def _due(mode: str, at: datetime) -> datetime | None:
    """When a mail should carry an event of this time; None: no mail."""
    if mode == Mode.NOTHING:
        return None
    return at if mode == Mode.AT_ONCE else next_digest(at)
