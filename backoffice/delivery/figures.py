"""Figures of the queue, for Today and the page of the queue, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from backoffice.delivery.hours import GoesOut, SendingTimes
from backoffice.delivery.models import STILL_OPEN, Attempt, Delivery, Wording
from backoffice.delivery.states import State
from backoffice.delivery.wordings import unread
from backoffice.kit.formats import INDIA

#: Refusals of this many days are counted by wording, today included.
DAYS = 7
#: How many wordings of each kind are shown.
SHOWN = 20


@dataclass(frozen=True)
class Standing:
    """How many deliveries are in a state, and when the oldest of them was approved."""

    number: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True)
class Said:
    """The wording of a refusal or doubt: how many deliveries have it, and the newest of them."""

    wording: Wording
    state: str
    number: int
    newest: int
    at: datetime | None


@dataclass(frozen=True)
class Later:
    """Deliveries that wait for their time.

    `number` wait for a time of their own, the first of them until `first`. While sending is closed, all that
    are not urgent wait for `opening`.
    """

    number: int
    first: GoesOut | None
    opening: GoesOut | None


@dataclass(frozen=True)
class Queue:
    """The state of the queue, for its page."""

    standing: dict[str, Standing]
    later: Later
    a_minute: int
    said: Sequence[Said]
    refused_since: datetime
    new_words: Sequence[Wording]


def gather() -> Queue:
    """Return the present state of the queue: six queries, and one for holidays if days are limited."""
    now = timezone.now()
    since = midnight(now) - timedelta(days=DAYS - 1)
    return Queue(
        standing=standing(now),
        later=later(now),
        a_minute=_a_minute(now),
        said=_said(since),
        refused_since=since.astimezone(INDIA),
        new_words=new_words(),
    )


def midnight(now: datetime) -> datetime:
    """Return when this day began in India."""
    return now.astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0)


def standing(now: datetime) -> dict[str, Standing]:
    """Count the deliveries in each state; in final states, only those that ended today."""
    found = (
        Delivery.objects.filter(STILL_OPEN | Q(finished_at__gte=midnight(now)))
        .order_by()
        .values_list("state")
        .annotate(Count("id"), Min("created_at"))
    )
    return {state.value: Standing() for state in State} | {
        state: Standing(number, oldest) for state, number, oldest in found
    }


def later(now: datetime) -> Later:
    """Return what waits for its time now."""
    waiting = Delivery.objects.filter(STILL_OPEN, not_before__isnull=False).order_by()
    found, times = waiting.aggregate(number=Count("id"), first=Min("not_before")), SendingTimes()
    first = times.goes_out(found["first"], now) if found["number"] else None
    return Later(found["number"], first, times.goes_out(None, now))


def new_words() -> list[Wording]:
    """Return unread wordings of refusals, with the number of deliveries (`number`) and the `newest`."""
    found = unread().annotate(number=Count("deliveries"), newest=Max("deliveries__id"))
    return list(found.order_by("-id")[:SHOWN])


def _a_minute(now: datetime) -> int:
    """Count the attempts of the last sixty seconds that have an outcome."""
    return Attempt.objects.exclude(outcome="").filter(started_at__gt=now - timedelta(minutes=1)).count()


def _said(since: datetime) -> list[Said]:
    """Return the most frequent wordings of refusals since a time, and of deliveries that are unknown now."""
    refused = Delivery.objects.filter(state=State.REFUSED, finished_at__gte=since)
    unknown = Delivery.objects.filter(STILL_OPEN, state=State.UNKNOWN)
    rows = [*_by_wording(refused, "finished_at"), *_by_wording(unknown, "first_sent_at")]
    rows = sorted(rows, key=lambda row: -row[2])[:SHOWN]
    wordings = Wording.objects.in_bulk({row[0] for row in rows})
    return [Said(wordings[number], *rest) for number, *rest in rows]  # type: ignore[arg-type]  # as _by_wording says


def _by_wording(
    deliveries: QuerySet[Delivery], time: str
) -> list[tuple[int, str, int, int, datetime | None]]:
    """Return wording, state, number, the newest delivery and its time, most frequent first."""
    counted = deliveries.filter(wording__isnull=False).order_by().values_list("wording", "state")
    found = counted.annotate(number=Count("id"), newest=Max("id"), at=Max(time)).order_by("-number")
    return list(found[:SHOWN])
