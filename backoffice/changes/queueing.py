"""Queue the messages of approved changes, or refuse to.

Two things are known only at the approval, since several changes may wait at a time: that another message has the same
reference, and that one on its way to ODIN sets a value which these would set back.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from backoffice.changes.errors import ChangeError, Stale
from backoffice.changes.kinds import kind
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.delivery.holding import replace_held
from backoffice.delivery.models import CREATES, REFERENCED, STILL_OPEN, Deliveries, Delivery
from backoffice.delivery.queue import enqueue
from backoffice.kit.message_words import REFERENCE
from backoffice.protocol.fields import Field, Record, Records
from backoffice.protocol.message import REQUESTS
from backoffice.wakeups import Work, wake_after_commit

#: The types of message that also send what they do not change, as the record had it when they were proposed.
RESTATING = tuple(sorted(kind for kind, message in REQUESTS.items() if message.restates))
MOVED_ON = "A record changed during the approval, and nothing was queued. Review it again."


def enqueue_all(change: Change) -> Applied:
    """Queue the messages. No record changes before ODIN has confirmed them. Raises ChangeError.

    Call it in the turn of the change's retail user (`turns`).
    """
    require_none_undone(Change.objects.filter(pk=change.pk), Delivery.objects.filter(lane=change.subject))
    # A message that was on its way when the approval began may have been confirmed since.
    if kind(change.kind).known(change.subject).version != change.record_version:
        raise Stale(MOVED_ON)
    with used_once(lambda: [message["values"].get("reference", "") for message in change.messages]):
        for part, message in enumerate(change.messages):
            enqueue(
                change_id=change.pk,
                message_type=message["type"],
                lane=change.subject,
                values=message["values"],
                reference=message["values"].get("reference", ""),
                part=part,
                not_before=change.not_before,
            )
    replace_held(Delivery.objects.filter(change=change, message_type__in=CREATES), change.decided_by)
    wake_after_commit(Work.DELIVERIES)
    return Applied()


@contextmanager
def used_once(references: Callable[[], Collection[str] | QuerySet[Any]]) -> Iterator[None]:
    """Queue messages with these references in the block. Raises ChangeError if another message has one of them.

    A constraint of the database finds the other one, also if both are approved at the same moment.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        taken = Delivery.objects.filter(message_type__in=REFERENCED, reference__in=references()).first()
        if taken is None:
            raise
        raise ChangeError(
            f"D-{taken.pk} of C-{taken.change_id} has the reference {taken.reference} already, and ODIN takes each "
            "once. Check that it is not the same deposit, and reject this one: its maker gives another reference."
        ) from None


def require_none_undone(changes: QuerySet[Change], on_their_way: Deliveries) -> None:
    """Raise ChangeError if one of these changes would set back a value that another message on its way sets.

    A change is based on the record as ODIN confirmed it. `on_their_way`: the deliveries among which to look for
    unconfirmed messages. Messages held for a create are left out: they go out after these, or are replaced by them.
    """
    going = on_their_way.filter(STILL_OPEN, held_by__isnull=True)
    restating = going.filter(message_type__in=RESTATING).order_by("pk")
    for lanes in restating.lanes():
        several = list(changes.filter(subject__in=set(lanes)).order_by("row_number", "pk"))
        if not several:
            continue
        earlier: defaultdict[str, list[Delivery]] = defaultdict(list)
        for delivery in restating.filter(lane__in={change.subject for change in several}).with_messages():
            earlier[delivery.lane].append(delivery)
        for change in several:
            _require_none_undone(change, earlier[change.subject])


def _require_none_undone(change: Change, earlier: Sequence[Delivery]) -> None:
    for delivery in earlier:
        if label := _undone(change, delivery):
            row = f"Row {change.row_number}: " if change.row_number else ""
            raise ChangeError(
                f"{row}D-{delivery.pk} of C-{delivery.change_id} has no outcome yet and sets {label} of the same "
                "retail user. This was proposed before that, and would undo it. Wait for the outcome."
            )


def _undone(change: Change, earlier: Delivery) -> str:
    """Return the label of a value that the earlier message sets and the change would set back, or "".

    Such a value is one that the change only repeats, or a list in which it changes another entry. A value that both
    change on purpose is not: its checkers saw it, and the later one holds.
    """
    was, sets = change.before or {}, earlier.values
    for message in change.messages:
        if message["type"] not in RESTATING:
            continue
        fields = REQUESTS[message["type"]].fields
        for name, value in message["values"].items():
            if name not in sets or name == REFERENCE or _one_by_one(fields[name]):
                continue
            before = was.get(name)
            made_of_before = isinstance(value, list | dict) or _alike(value, before)
            if made_of_before and not _alike(sets[name], value) and not _alike(sets[name], before):
                return fields[name].label
    return ""


def _one_by_one(field: Field) -> bool:
    """Whether a message names some of its records, and leaves the others as they are."""
    return isinstance(field, Records) and not isinstance(field, Record)


def _alike(one: Any, other: Any) -> bool:
    """Whether two values are the same; the order within a set of codes says nothing."""
    if isinstance(one, list) and isinstance(other, list):
        return sorted(one) == sorted(other)
    return (one or "") == (other or "")
