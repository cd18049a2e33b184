"""The steps of a change."""

from django.db.models import Prefetch

from backoffice.changes.kinds import KINDS
from backoffice.changes.models import Approval, Change, State
from backoffice.delivery.models import Delivery
from backoffice.delivery.steps import sending, steps
from backoffice.kit.steps import Step

#: The relations that the steps of many changes read, to be prefetched. A file's approval covers its changes.
RELATED = (
    Prefetch("approvals", Approval.objects.select_related("by")),
    Prefetch("batch__approvals", Approval.objects.select_related("by")),
    Prefetch("deliveries", Delivery.objects.select_related("settled_by")),
)


def of_change(change: Change) -> list[Step]:
    """Return the steps of a change up to its present one, or to its end. A draft has none."""
    if change.state == State.DRAFT:
        return []
    kind = KINDS.get(change.kind)
    sent = None if kind is not None and kind.local else sending(change.deliveries.all())
    approvals = (change.batch or change).approvals.all()
    return steps(change, list(approvals), change.checkers, sent, applied_at=change.decided_at)
