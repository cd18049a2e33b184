"""The database as the queue: enqueue, move, claim, and recover from dead workers.

Every move is a compare-and-set on id, state and lease token that must change exactly one row. It writes an
audit entry, except for a claim, which is followed by an attempt that names its worker, or by another move.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from backoffice import leases
from backoffice.audit.operations import record_many
from backoffice.delivery import wordings
from backoffice.delivery.content import content_hash, one
from backoffice.delivery.handlers import Applied
from backoffice.delivery.lanes import in_turn, look_again, without_sorting
from backoffice.delivery.models import CREATES, STILL_OPEN, Attempt, Deliveries, Delivery, Priority
from backoffice.delivery.moving import moved as note_moved
from backoffice.delivery.moving import moving
from backoffice.delivery.states import FINAL, Move, State, after
from backoffice.killpoints import Point, reached
from backoffice.odin.outcome import OutcomeKind

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: How many taken lanes a claim may meet before it gives up; the next wake-up continues.
TRIES = 20


class MovedApart(Exception):
    """Deliveries that should move together are no longer in one state: undo the transaction."""


@dataclass(frozen=True)
class Claim:
    """A worker's right to send one delivery until its lease expires (UTC)."""

    delivery: Delivery
    token: uuid.UUID
    until: datetime


@dataclass(frozen=True)
class Said:
    """Data for the audit entry of a move. `by` is None for actions of workers."""

    action: str
    text: str
    by: "User | None" = None
    reason: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


def enqueue(
    *,
    change_id: int,
    message_type: int,
    lane: str,
    values: Mapping[str, object],
    reference: str,
    part: int | None = None,
    number: int = 0,
    priority: Priority = Priority.SINGLE,
    ahead: bool = False,
    reason: str = "",
    not_before: datetime | None = None,
    let_through: bool = False,
) -> Delivery:
    """Put one approved message in the queue, in the transaction of its approval.

    `values` have secrets sealed: those of the change's message number `part`, or (None) additional ones,
    stored with the delivery under part `number`. Open deliveries before it in its lane take its priority;
    otherwise it would wait behind everybody's batches.
    """
    Delivery.objects.filter(STILL_OPEN, lane=lane, priority__gt=priority).update(priority=priority)
    return Delivery.objects.create(
        change_id=change_id,
        message_type=message_type,
        lane=lane,
        part=number if part is None else part,
        own_values=values if part is None else None,
        content_hash=content_hash(one(message_type, values)),
        reference=reference,
        priority=priority,
        ahead=ahead,
        reason=reason,
        not_before=not_before,
        let_through=let_through,
    )


@moving()
def move(
    delivery: Delivery,
    step: Move,
    said: Said,
    *,
    effect: Callable[[], Applied] | None = None,
    **columns: Any,
) -> bool:
    """Move a delivery by the table in `states`; False if it has changed since this object was read.

    `effect` updates the records and runs only if the move succeeded. Every move except a claim ends the
    lease. Raises IllegalMove if the table has no such move.
    """
    if not advance([delivery], step, **columns):
        return False
    note([(delivery, said, effect() if effect else Applied())])
    return True


def advance(deliveries: Sequence[Delivery], step: Move, **columns: Any) -> bool:
    """Move deliveries of one state by compare-and-set; False if none is unchanged.

    Call it in `moving`; the caller writes the audit entries. Raises MovedApart if only some were unchanged,
    and IllegalMove if the table has no such move.
    """
    before = deliveries[0].state
    state = after(before, step)
    columns = leases.ENDED | columns
    if state in FINAL:
        columns.setdefault("finished_at", timezone.now())
    by_token: dict[uuid.UUID | None, list[int]] = {}
    for delivery in deliveries:
        by_token.setdefault(delivery.lease_token, []).append(delivery.pk)
    held = [Q(pk__in=numbers, lease_token=token) for token, numbers in by_token.items()]
    same = Delivery.objects.filter(reduce(or_, held), state=before)
    moved = same.update(state=state, **columns)
    if moved not in (0, len(deliveries)):
        raise MovedApart(f"{moved} of {len(deliveries)} deliveries could be moved.")
    if moved:
        note_moved(delivery.change_id for delivery in deliveries)
        if before not in (State.QUEUED, State.IN_FLIGHT) or step is Move.CANCEL:
            look_again(delivery.lane for delivery in deliveries)
        for delivery in deliveries:
            delivery.state = state
            for name, value in columns.items():
                setattr(delivery, name, value)
    return bool(moved)


def note(entries: Iterable[tuple[Delivery, Said, Applied]]) -> None:
    """Write audit entries about deliveries, in the caller's transaction."""
    record_many(
        {
            "action": said.action,
            "by": said.by,
            "subject": delivery.lane,
            "text": said.text,
            "reason": said.reason,
            "details": said.details,
            "before": applied.before or None,
            "after": applied.after or None,
            "change_id": delivery.change_id,
            "delivery_id": delivery.pk,
        }
        for delivery, said, applied in entries
    )


def due(now: datetime) -> Deliveries:
    """Return deliveries that may be claimed now, in order: the first open one of each lane whose time has come.

    A create passes deliveries on hold for a failed create, since they wait for it. While sending is closed,
    only urgent messages go.
    """
    in_lane = Delivery.objects.filter(STILL_OPEN, lane=OuterRef("lane"))
    before_it = in_lane.filter(Q(id__lt=OuterRef("id")) | Q(ahead=True))
    ahead_too = in_lane.filter(ahead=True, id__lt=OuterRef("id"))
    held = in_lane.filter(held_by__isnull=False)
    # Deliveries queued behind held ones keep waiting, except for another create.
    others = before_it.filter(~Q(state=State.QUEUED) | Q(message_type__in=CREATES), held_by__isnull=True)
    time_has_come = Q(next_try_at__isnull=True) | Q(next_try_at__lte=now)
    return in_turn(now).filter(
        ~Q(state=State.ON_HOLD),
        time_has_come,
        Q(~Exists(ahead_too), ahead=True)
        | ~Exists(before_it)
        | Q(message_type__in=CREATES) & Q(Exists(held), ~Exists(others)),
    )


def claim() -> Claim | None:
    """Claim the next delivery for this worker, or return None if nothing is due."""
    return next(iter(claim_some(1)), None)


def claim_some(limit: int) -> list[Claim]:
    """Claim the next deliveries, at most `limit`, each of another retail user; empty if nothing is due.

    Workers do not wait for one another: each locks the first rows that no other has locked.
    """
    taken: list[str] = []
    for _ in range(TRIES):
        try:
            with moving():
                claims = _claim_first(limit, taken)
        except IntegrityError:
            limit = 1  # a later approval in one of these lanes was committed, and claimed, first
            continue
        for _ in claims:
            reached(Point.CLAIMED)
        return claims
    return []


def _claim_first(limit: int, taken: list[str]) -> list[Claim]:
    """Claim the first deliveries outside the lanes `taken`; if a single one cannot be claimed, add its lane."""
    without_sorting()
    now = timezone.now()
    candidates = due(now).exclude(lane__in=taken) if taken else due(now)
    rows = candidates.with_messages().select_for_update(skip_locked=True, of=("self",))[:limit]
    first = list(rows)
    if not first:
        return []
    if limit == 1:
        taken.append(first[0].lane)
    reached(Point.CHOSEN)
    for delivery in first:
        after(delivery.state, Move.CLAIM)  # raises if the table has no such move; the rows are locked
    unclaimed = Delivery.objects.filter(STILL_OPEN, pk__in=[each.pk for each in first], lease_token=None)
    length = timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    lease = leases.take(unclaimed, length, count=len(first), state=State.IN_FLIGHT)
    if lease is None:
        raise IntegrityError("A row that this transaction has locked was claimed by another.")
    note_moved(delivery.change_id for delivery in first)
    for delivery in first:
        delivery.state, (delivery.lease_token, delivery.lease_until) = State.IN_FLIGHT, lease
    return [Claim(delivery, *lease) for delivery in first]


def recover_stale() -> int:
    """Settle the claims of workers that died. Returns how many there were.

    If an attempt had begun, bytes may have left: the delivery becomes unknown and is never blindly sent
    again. Otherwise it returns to the queue.
    """
    stale = Delivery.objects.filter(leases.expired(), state=State.IN_FLIGHT)
    return sum(_recover(delivery) for delivery in stale)


@moving()
def _recover(delivery: Delivery) -> bool:
    unfinished = Attempt.objects.filter(delivery=delivery, outcome="")
    # Lock it before the delivery, like the code that stores results; another order could deadlock.
    begun = list(unfinished.select_for_update())
    if begun:
        words = "The worker stopped while it was sending; ODIN may or may not have applied the message."
        wording = wordings.kept(code="", text=words)
        said = Said("delivery.recovered", words, details={"worker": begun[-1].worker})
        moved = doubt(delivery, said, reason=words, wording=wording)
    else:
        words = "The worker stopped before it had sent anything."
        moved = release(delivery, Said("delivery.recovered", words), reason=words)
    if moved:
        unfinished.update(outcome=OutcomeKind.UNKNOWN, reason=words)
        reached(Point.RECOVERING)
    return moved


def doubt(delivery: Delivery, said: Said, *, needs_person: bool = False, **columns: Any) -> bool:
    """Mark a delivery whose attempt may have been applied as unknown.

    It is repeated after the hold, within limits.
    """
    return move(
        delivery,
        Move.DOUBT,
        said,
        doubted=True,
        needs_person=needs_person or _tired(delivery),
        next_try_at=timezone.now() + hold_after_doubt(),
        **columns,
    )


def release(delivery: Delivery, said: Said, **columns: Any) -> bool:
    """Return a delivery that this attempt did not change; it is unknown if an earlier attempt may have."""
    return move(delivery, Move.DOUBT if delivery.doubted else Move.RELEASE, said, **columns)


def _tired(delivery: Delivery) -> bool:
    """Whether the repeats are used up, and a person decides.

    Attempts that could not reach ODIN never count.
    """
    since = timezone.now() - (delivery.first_sent_at or timezone.now())
    if since > timedelta(minutes=settings.DELIVERY_MAX_MINUTES):
        return True
    reached_nobody = delivery.attempts.filter(outcome=OutcomeKind.NOT_APPLIED, code="").count()
    return delivery.attempt_count - reached_nobody >= settings.DELIVERY_MAX_ATTEMPTS


def hold_after_doubt() -> timedelta:
    """Return how long a lane rests after an unknown outcome, so that a repeat cannot overtake the first sending."""
    return timedelta(seconds=settings.DELIVERY_HOLD_SECONDS)
