"""Urgent messages: a person lets them go out before their time, or while sending is closed."""

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.delivery.errors import DeliveryError, ReasonMissing
from backoffice.delivery.hours import SendingTimes
from backoffice.delivery.lanes import look_again
from backoffice.delivery.models import STILL_OPEN, Deliveries, Delivery
from backoffice.free_text import checked
from backoffice.wakeups import Work, wake_after_commit

if TYPE_CHECKING:
    from backoffice.logins.models import User

RIGHT = "delivery.let_through_delivery"
ACTION = "delivery.let_through"


def let_change_through(change_id: int, *, by: "User", reason: str) -> int:
    """Let the messages of a change go out now. Returns how many waited for their time.

    Each keeps its place in its lane. Raises DeliveryError if this person may not, if no message waits for its
    time, and if an earlier message of the retail user does.
    """
    reason = _reason(by, reason)
    with transaction.atomic():
        of_change = Delivery.objects.filter(change=change_id)
        first = _waiting(of_change, by)
        earlier = Delivery.objects.filter(STILL_OPEN, lane=first.lane, id__lt=first.pk, let_through=False)
        times, now = SendingTimes(), timezone.now()
        before_it = [one for one in earlier.exclude(change=change_id).order_by("id") if times.of(one, now)]
        if before_it:
            one = before_it[0]
            raise DeliveryError(
                f"D-{one.pk} of the same retail user (C-{one.change_id}) goes out before it, and waits for its time "
                "too. Let that change through first."
            )
        return _let_through(of_change, by, reason, subject=first.lane, change_id=change_id)


def let_batch_through(batch_id: int, *, by: "User", reason: str) -> int:
    """Let the messages of a file go out now. Returns how many waited for their time. Raises DeliveryError."""
    reason = _reason(by, reason)
    with transaction.atomic():
        of_batch = Delivery.objects.filter(change__batch=batch_id)
        _waiting(of_batch, by)
        return _let_through(of_batch, by, reason, subject=f"batch:{batch_id}")


def _waiting(deliveries: Deliveries, by: "User") -> Delivery:
    """Return the first of them that waits for its time, locked.

    Raises DeliveryError if none does, and for its maker.
    """
    open_ones = deliveries.select_for_update(of=("self",)).meeting(STILL_OPEN, let_through=False)
    times, now = SendingTimes(), timezone.now()
    if not times.closed(now):
        open_ones = open_ones.meeting(not_before__gt=now)
    # A file's by row number: ordered by id alone, PostgreSQL may read every delivery there ever was.
    first = open_ones.select_related("change").order_by("change__row_number", "id").first()
    if first is None:
        raise DeliveryError("Nothing of it waits for its time. Reload the page.")
    if first.change.made_by_id == by.pk:
        raise DeliveryError("You made this. Another person must let it through.")
    return first


def _let_through(deliveries: Deliveries, by: "User", reason: str, *, subject: str, **about: Any) -> int:
    still_open = deliveries.meeting(STILL_OPEN)
    count: int = still_open.meeting(let_through=False).update(let_through=True, not_before=None)
    look_again(still_open.order_by().values_list("lane", flat=True))
    noun = "message" if count == 1 else "messages"
    text = f"Let through as urgent: {count} {noun} go{'es' if count == 1 else ''} out before the time."
    record(ACTION, by=by, subject=subject, text=text, reason=reason, details={"messages": count}, **about)
    wake_after_commit(Work.DELIVERIES)
    return count


def _reason(by: "User", reason: str) -> str:
    """Return the reason as stored, if this person has the right. Raises DeliveryError."""
    if not by.has_perm(RIGHT):
        raise DeliveryError("You may not let messages go out before their time. Ask a checker.")
    return checked(reason, ReasonMissing, "Say why it is urgent: the audit trail keeps it.")
