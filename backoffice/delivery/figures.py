"""How the queue stands, for Today and the page of the queue, in a fixed number of queries."""

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

#: So many days back refusals are counted by their words, today included.
DAYS = 7
#: So many wordings are shown of each kind.
SHOWN = 20


@dataclass(frozen=True)
class Standing:
    """How many deliveries stand in a state, and since when the oldest of them is approved."""

    number: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True)
class Said:
    """A wording with which deliveries stand in a state: how many, and the newest of them."""

    wording: Wording
    state: str
    number: int
    newest: int
    at: datetime | None


@dataclass(frozen=True)
class Later:
    """What waits for its time: `number` deliveries for one of their own, the first of them until `first`; all that is
    not urgent for `opening`, while sending is closed.
    """

    number: int
    first: GoesOut | None
    opening: GoesOut | None


@dataclass(frozen=True)
class Queue:
    """The queue as it stands, on its page."""

    standing: dict[str, Standing]
    later: Later
    a_minute: int
    said: Sequence[Said]
    refused_since: datetime
    new_words: Sequence[Wording]


def gather() -> Queue:
    """The queue as it stands now: six queries, and one for holidays where days are limited."""
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
    """When this day began in India."""
    return now.astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0)


def standing(now: datetime) -> dict[str, Standing]:
    """For each state how many deliveries stand in it now; of the final ones, how many ended today."""
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
    """What waits for its time now."""
    waiting = Delivery.objects.filter(STILL_OPEN, not_before__isnull=False).order_by()
    found, times = waiting.aggregate(number=Count("id"), first=Min("not_before")), SendingTimes()
    first = times.goes_out(found["first"], now) if found["number"] else None
    return Later(found["number"], first, times.goes_out(None, now))


def new_words() -> list[Wording]:
    """Refusals in words that nobody has read yet, with how many deliveries have them (`number`) and the `newest`."""
    found = unread().annotate(number=Count("deliveries"), newest=Max("deliveries__id"))
    return list(found.order_by("-id")[:SHOWN])


def _a_minute(now: datetime) -> int:
    """How many attempts of the last sixty seconds have an outcome."""
    return Attempt.objects.exclude(outcome="").filter(started_at__gt=now - timedelta(minutes=1)).count()


def _said(since: datetime) -> list[Said]:
    """The most frequent wordings of refusals since a time, and of what is unknown now."""
    refused = Delivery.objects.filter(state=State.REFUSED, finished_at__gte=since)
    unknown = Delivery.objects.filter(STILL_OPEN, state=State.UNKNOWN)
    rows = [*_by_wording(refused, "finished_at"), *_by_wording(unknown, "first_sent_at")]
    rows = sorted(rows, key=lambda row: -row[2])[:SHOWN]
    wordings = Wording.objects.in_bulk({row[0] for row in rows})
    return [Said(wordings[number], *rest) for number, *rest in rows]  # type: ignore[arg-type]  # as _by_wording says


def _by_wording(
    deliveries: QuerySet[Delivery], time: str
) -> list[tuple[int, str, int, int, datetime | None]]:
    """Wording, state, how many, the newest, and its time, the most frequent first."""
    counted = deliveries.filter(wording__isnull=False).order_by().values_list("wording", "state")
    found = counted.annotate(number=Count("id"), newest=Max("id"), at=Max(time)).order_by("-number")
    return list(found[:SHOWN])
