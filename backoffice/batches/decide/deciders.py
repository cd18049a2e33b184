"""Who decides on a file: whoever decides on the kind of change that its rows are. Asked here and nowhere else."""

from typing import Any

from django.db.models import QuerySet

from backoffice.batches.kinds import BATCH_KINDS, batch_kind
from backoffice.batches.models import Batch, State
from backoffice.changes import kinds as change_kinds
from backoffice.changes.kinds import Kind, decided_by


def change_kind(batch: Batch) -> Kind:
    """The kind of change that each row of the file is."""
    return change_kinds.kind(batch_kind(batch.kind).change_kind)


def decides(person: Any, batch: Batch) -> bool:
    """Whether somebody decides on files of this kind. Of one's own one decides nothing, whatever this says."""
    return bool(person.has_perm(change_kind(batch).decide))


def waiting_for(person: Any) -> QuerySet[Batch]:
    """The submitted files that this person may decide: never their own, nor what they approved already."""
    mine = decided_by(person)
    kinds = [slug for slug, kind in BATCH_KINDS.items() if kind.change_kind in mine]
    submitted = Batch.objects.filter(state=State.SUBMITTED, kind__in=kinds)
    return submitted.exclude(made_by=person).exclude(approvals__by=person)
