"""The steps of a file, with counts."""

from collections.abc import Mapping
from dataclasses import replace

from django.db.models import Max

from backoffice.batches.counts import rows
from backoffice.batches.decide.deciders import change_kind
from backoffice.batches.models import Batch, State
from backoffice.delivery.steps import sending_of_many, steps
from backoffice.kit.steps import Step


def of_batch(batch: Batch, counts: Mapping[str, int]) -> list[Step]:
    """Return the steps of a file with messages counted by state; none before submission."""
    if batch.submitted_at is None:
        return []
    approvals = list(batch.approvals.select_related("by"))
    needed = len(approvals)
    if batch.state == State.SUBMITTED:
        needed = batch.changes.aggregate(most=Max("checkers"))["most"] or 1
    sent = None if change_kind(batch).local else sending_of_many(counts, batch.finished_at)
    first, *further = steps(batch, approvals, needed, sent, applied_at=batch.finished_at)
    return [replace(first, note=rows(batch.sent)), *further]
