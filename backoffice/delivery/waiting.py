"""Deliveries that wait for ODIN or for their time: release them as soon as they can go."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from backoffice.delivery.hours import closed
from backoffice.delivery.lanes import look_again
from backoffice.delivery.models import STILL_OPEN, Attempt, Delivery, Priority
from backoffice.delivery.states import State
from backoffice.odin.outcome import OutcomeKind
from backoffice.wakeups import Work, wake

#: How many are released at once; the pauses of the others end within half a minute.
AT_ONCE = 1000
#: How many of each priority one sweep releases when their time has come: more than go out until the next one.
TIMELY = 5000


def for_odin(now: datetime) -> QuerySet[Delivery]:
    """Return deliveries with a later next try because their newest attempt changed nothing at ODIN.

    A lane that rests after an unknown outcome is never among them: its newest attempt is the unknown one. If
    an earlier attempt was unknown, a worker could claim the delivery again only after the rest.
    """
    newest = Attempt.objects.filter(delivery=OuterRef("pk")).order_by("-number").values("outcome")[:1]
    paused = Delivery.objects.filter(
        STILL_OPEN, state__in=(State.QUEUED, State.UNKNOWN), needs_person=False, next_try_at__gt=now
    )
    return paused.alias(newest=Subquery(newest)).filter(newest=OutcomeKind.NOT_APPLIED)


def for_its_time(now: datetime) -> Q:
    """Condition for queued deliveries that go out later: by their maker's wish, or because sending is closed."""
    queued = STILL_OPEN & Q(
        state=State.QUEUED, needs_person=False, let_through=False, lease_token__isnull=True
    )
    return queued if closed(now) else queued & Q(not_before__gt=now)


def go_at_once(limit: int = AT_ONCE) -> int:
    """Let at most `limit` deliveries that wait for ODIN go now instead of after their pause. Returns how many.

    It skips rows that a worker has locked, so that no worker waits.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = for_odin(now).order_by("priority", "id").select_for_update(skip_locked=True, of=("self",))
        numbers = list(rows.values_list("pk", flat=True)[:limit])
        if numbers:
            for_odin(now).filter(pk__in=numbers).update(next_try_at=now)
    if numbers:
        wake(Work.DELIVERIES, min(len(numbers), settings.DELIVERY_PARALLEL))
    return len(numbers)


def time_has_come(limit: int = TIMELY) -> int:
    """Release deliveries whose time has come, at most `limit` of each priority. Returns how many.

    They have kept their place in the lane. The next sweep takes rows that a worker has locked.
    """
    now, count = timezone.now(), 0
    for priority in Priority.values:
        due = Delivery.objects.filter(STILL_OPEN, not_before__lte=now, priority=priority)
        with transaction.atomic():
            rows = due.order_by("id").select_for_update(skip_locked=True, of=("self",))
            numbers = list(rows.values_list("pk", flat=True)[:limit])
            if numbers:
                count += Delivery.objects.filter(pk__in=numbers).update(not_before=None)
                look_again(Delivery.objects.filter(pk__in=numbers).values_list("lane", flat=True))
    return count
