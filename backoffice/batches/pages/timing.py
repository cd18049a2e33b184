"""When messages of a file that wait for their time go out, and who let them through earlier."""

from collections.abc import Mapping

from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.batches.decide.deciders import change_kind
from backoffice.batches.models import Batch, State
from backoffice.delivery import urgent
from backoffice.delivery.hours import GoesOut, SendingTimes
from backoffice.delivery.models import STILL_OPEN, Delivery
from backoffice.delivery.states import State as DeliveryState


def goes_out(batch: Batch, counts: Mapping[str, int]) -> GoesOut | None:
    """Return when a submitted or approved file goes out, with messages counted by state; None for at once."""
    if change_kind(batch).local or batch.state not in (State.SUBMITTED, State.APPROVED):
        return None
    found = SendingTimes().goes_out(batch.not_before, timezone.now())
    if found is None or batch.state == State.SUBMITTED:
        return found
    of_batch = Delivery.objects.filter(change__batch=batch)
    queued = of_batch.meeting(STILL_OPEN, state=DeliveryState.QUEUED, let_through=False)
    waits = counts.get(DeliveryState.QUEUED) and queued.exists()
    return found if waits else None


def let_through(batch: Batch) -> Entry | None:
    """Return who last let it through before its time, and why."""
    found = Entry.objects.filter(subject=batch.subject, action=urgent.ACTION).select_related("by")
    return found.order_by("-id").first() if batch.state == State.APPROVED else None
