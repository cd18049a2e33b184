"""The database as the queue: putting in, claiming, and finding what a dead worker left behind.

Every move is a compare-and-set on id, state and lease token that must change exactly one row.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.delivery.content import content_hash, one
from backoffice.delivery.models import Attempt, Delivery
from backoffice.delivery.states import FINAL, OPEN, Move, State, after
from backoffice.odin.outcome import OutcomeKind

#: How many candidates a worker looks at before it gives up; others may win the first ones.
CANDIDATES = 20


@dataclass(frozen=True)
class Claim:
    """A worker's right to send one delivery until its lease ends."""

    delivery: Delivery
    token: uuid.UUID


def enqueue(
    *, change_id: int, message_type: int, lane: str, values: dict[str, object], reference: str
) -> Delivery:
    """Put one approved message in the queue, in the transaction of its approval. `values` have secrets sealed."""
    return Delivery.objects.create(
        change_id=change_id,
        message_type=message_type,
        lane=lane,
        values=values,
        content_hash=content_hash(one(message_type, values)),
        reference=reference,
    )


def move(delivery: Delivery, step: Move, **columns: object) -> bool:
    """Move a delivery as the table in `states` says; False when it was no longer as this object has it.

    A lease ends with every move but a claim. Raises IllegalMove where the table has no such move.
    """
    state = after(delivery.state, step)
    columns.setdefault("lease_token", None)
    columns.setdefault("lease_until", None)
    if state in FINAL:
        columns.setdefault("finished_at", timezone.now())
    same = Delivery.objects.filter(pk=delivery.pk, state=delivery.state, lease_token=delivery.lease_token)
    if same.update(state=state, **columns) != 1:
        return False
    delivery.state = state
    for name, value in columns.items():
        setattr(delivery, name, value)
    return True


def due(now: datetime) -> QuerySet[Delivery]:
    """Deliveries that may be claimed now, oldest first: the first open one of each lane whose time has come."""
    earlier = Delivery.objects.filter(lane=OuterRef("lane"), id__lt=OuterRef("id"), state__in=OPEN)
    time_has_come = Q(next_try_at__isnull=True) | Q(next_try_at__lte=now)
    return Delivery.objects.filter(
        Q(state=State.QUEUED) | Q(state=State.UNKNOWN, needs_person=False),
        time_has_come,
        ~Exists(earlier),
    ).order_by("id")


def claim() -> Claim | None:
    """Take the next delivery for this worker, or None when nothing is due."""
    now = timezone.now()
    for delivery in due(now)[:CANDIDATES]:
        token = uuid.uuid4()
        lease_until = now + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
        try:
            with transaction.atomic():
                won = move(delivery, Move.CLAIM, lease_token=token, lease_until=lease_until)
        except IntegrityError:  # another delivery of this lane became busy since we looked
            continue
        if won:
            return Claim(delivery, token)
    return None


def recover_stale() -> int:
    """Settle the claims of workers that died. Returns how many there were.

    Where an attempt was begun, bytes may have left: the delivery is unknown, never blindly sent again.
    Where none was, it goes back to the queue.
    """
    stale = Delivery.objects.filter(state=State.IN_FLIGHT, lease_until__lt=timezone.now())
    return sum(_recover(delivery) for delivery in stale)


@transaction.atomic
def _recover(delivery: Delivery) -> bool:
    unfinished = Attempt.objects.filter(delivery=delivery, outcome="")
    if unfinished.exists():
        words = "The worker stopped while it was sending; ODIN may or may not have applied the message."
        moved = move(
            delivery, Move.DOUBT, doubted=True, reason=words, next_try_at=timezone.now() + hold_after_doubt()
        )
    else:
        words = "The worker stopped before it had sent anything."
        moved = move(delivery, Move.DOUBT if delivery.doubted else Move.RELEASE, reason=words)
    if moved:
        unfinished.update(outcome=OutcomeKind.UNKNOWN, reason=words)
        record(
            "delivery.recovered",
            by=None,
            subject=delivery.lane,
            text=words,
            change_id=delivery.change_id,
            delivery_id=delivery.pk,
        )
    return moved


def hold_after_doubt() -> timedelta:
    """How long a lane rests after an unknown outcome, so that the first sending cannot overtake the repeat."""
    return timedelta(seconds=settings.DELIVERY_HOLD_SECONDS)
