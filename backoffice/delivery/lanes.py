"""The queue in turn, as a claim walks it, without what waits in a blocked lane: that is set aside.

A delivery is hindered while a person, a time or the pause of its file keeps it from going, and what is behind it in its
lane waits with it. Such a one is marked, so that no claim looks at its lane again and again. The mark saves time and
decides nothing: of what has none, a claim looks at the lane. It is set only while what is in front is locked, and each
operation that lets a hindered delivery go, or ends it, takes the marks of its lane away after its own update
(`look_again`). So none is left behind, whoever comes first.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from backoffice.delivery.hours import closed
from backoffice.delivery.models import CREATES, MAY_GO, STILL_OPEN, UNHINDERED, Deliveries, Delivery

#: What waits behind every hindered delivery. A create may pass some, and what is ahead passes all.
ORDINARY = Q(ahead=False) & ~Q(message_type__in=CREATES)
#: So many of the queue in turn are looked at together, and so often at most while half of them are set aside.
TOGETHER, ROUNDS = 200, 10
#: In so many lanes one statement looks again.
AT_ONCE = 1000


def in_turn(now: datetime) -> Deliveries:
    """What a claim looks through, in turn; while sending is closed, what was let through."""
    found: Deliveries = Delivery.objects.filter(MAY_GO).order_by("priority", "id")
    return found.filter(let_through=True) if closed(now) else found


def without_sorting() -> None:
    """Let PostgreSQL walk the queue in turn in this transaction, whatever it believes of it.

    Right after the approval of a file its statistics are those of before; it would read and sort the whole file for
    each claim, until autovacuum comes by.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_sort = off")


def set_aside() -> int:
    """Set aside what is next in turn and waits in a blocked lane. Returns how much.

    Only the front of the queue is looked at: what can go leaves it, and what cannot gathers there.
    """
    count = 0
    for _ in range(ROUNDS):
        found = _set_aside_next()
        count += found
        if found < TOGETHER // 2:
            break
    return count


def look_again(lanes: Iterable[str]) -> None:
    """Let claims look again at what is set aside in these lanes. After the update of what was in front of it.

    The lanes are read, never joined: of a new file PostgreSQL expects one, and would compare all with all.
    """
    wanted = sorted(set(lanes))
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        Delivery.objects.filter(set_aside=True, lane__in=some).update(set_aside=False)


@transaction.atomic
def _set_aside_next() -> int:
    without_sorting()
    in_front = Q(id__lt=OuterRef("id")) | Q(ahead=True)
    blocked = Exists(_hindered().filter(in_front, lane=OuterRef("lane")))
    window = in_turn(timezone.now()).alias(blocked=blocked).annotate(waits=Q(ORDINARY, blocked=True))
    waiting = [number for number, waits in window.values_list("pk", "waits")[:TOGETHER] if waits]
    if not waiting:
        return 0
    # Nobody's locks are waited for: what another moves just now, the next sweep looks at.
    lanes = dict(_locked(Delivery.objects.filter(MAY_GO, pk__in=waiting)).values_list("pk", "lane"))
    fronts: dict[str, int] = {}
    for lane, number, ahead in _locked(_hindered().filter(lane__in=set(lanes.values()))).values_list(
        "lane", "pk", "ahead"
    ):
        fronts[lane] = min(0 if ahead else number, fronts.get(lane, number))
    sure = [number for number, lane in lanes.items() if fronts.get(lane, number) < number]
    return Delivery.objects.filter(pk__in=sure).update(set_aside=True)


def _hindered() -> Deliveries:
    """What may not go now and is with no worker."""
    return Delivery.objects.filter(STILL_OPEN, ~UNHINDERED, lease_token=None)


def _locked(deliveries: Deliveries) -> Deliveries:
    return deliveries.order_by("id").select_for_update(skip_locked=True, of=("self",))
