"""The queue in claiming order, with deliveries of blocked lanes set aside.

A delivery is hindered while a person, a time or the pause of its file keeps it from going out. Everything
behind it in its lane waits too. These waiting deliveries are marked, so that claims skip them. The mark only
saves time: for a delivery without a mark, the claim checks the lane. The mark is set only while the delivery
in front is locked. Each operation that releases or ends a hindered delivery removes the marks of its lane
after its own update (`look_again`). So no mark is left over, in whatever order they run.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from backoffice.delivery.hours import closed
from backoffice.delivery.models import CREATES, MAY_GO, STILL_OPEN, UNHINDERED, Deliveries, Delivery

#: Deliveries that wait behind every hindered one. A create may pass some of these, and `ahead` passes all.
ORDINARY = Q(ahead=False) & ~Q(message_type__in=CREATES)
#: How many of the queue are examined together, and how often at most while half of them are set aside.
TOGETHER, ROUNDS = 200, 10
#: How many lanes one statement of `look_again` covers.
AT_ONCE = 1000


def in_turn(now: datetime) -> Deliveries:
    """Return what a claim searches, in order; while sending is closed, only urgent messages."""
    found: Deliveries = Delivery.objects.filter(MAY_GO).order_by("priority", "id")
    return found.filter(let_through=True) if closed(now) else found


def without_sorting() -> None:
    """Make PostgreSQL read the queue by its index in this transaction, whatever its statistics say.

    Right after a file is approved they are out of date. PostgreSQL would read and sort the whole file for
    each claim until autovacuum runs.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_sort = off")


def set_aside() -> int:
    """Set aside deliveries at the front of the queue that wait in a blocked lane. Returns how many.

    Only the front matters: deliveries that can go leave it, and those that cannot gather there.
    """
    count = 0
    for _ in range(ROUNDS):
        found = _set_aside_next()
        count += found
        if found < TOGETHER // 2:
            break
    return count


def look_again(lanes: Iterable[str]) -> None:
    """Let claims consider these lanes again, after the delivery in front was updated.

    The lanes are read, never joined: PostgreSQL expects one lane of a new file and would compare all with
    all.
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
    # This waits for no lock: the next sweep finds deliveries that another transaction is moving.
    lanes = dict(_locked(Delivery.objects.filter(MAY_GO, pk__in=waiting)).values_list("pk", "lane"))
    fronts: dict[str, int] = {}
    for lane, number, ahead in _locked(_hindered().filter(lane__in=set(lanes.values()))).values_list(
        "lane", "pk", "ahead"
    ):
        fronts[lane] = min(0 if ahead else number, fronts.get(lane, number))
    sure = [number for number, lane in lanes.items() if fronts.get(lane, number) < number]
    return Delivery.objects.filter(pk__in=sure).update(set_aside=True)


def _hindered() -> Deliveries:
    """Return the hindered deliveries that no worker holds."""
    return Delivery.objects.filter(STILL_OPEN, ~UNHINDERED, lease_token=None)


def _locked(deliveries: Deliveries) -> Deliveries:
    return deliveries.order_by("id").select_for_update(skip_locked=True, of=("self",))
