"""Who decides on a file: whoever decides on its kind of change (see `changes.deciders`)."""

from typing import Any

from django.db.models import QuerySet

from backoffice.batches.models import Batch, State
from backoffice.changes import deciders
from backoffice.changes.deciders import Words, decided_by, open_to
from backoffice.changes.kinds import KINDS, ChangeKind, kind_of_file

OF_A_FILE = Words(
    propose="You may not propose these changes.",
    approve="You may not approve these changes. Ask a checker.",
    approve_own="You uploaded this file; another person must approve it.",
    reject="You may not reject these changes. Ask a checker.",
    reject_own="You uploaded this file: withdraw it instead.",
    no_checker="A checker decides on this file. Your role does not include it.",
    approved_already="You approved this file; a second checker must approve it too.",
)


def change_kind(batch: Batch) -> ChangeKind:
    """Return the kind of change of the file's rows."""
    return kind_of_file(batch.kind)


def asks_total(batch: Batch) -> bool:
    """Whether the rows have rupees, so that the maker types a control total."""
    return change_kind(batch).amount is not None or batch.amount is not None


def decides(person: Any, batch: Batch) -> bool:
    """Whether a person may decide on files of this kind. Four eyes are checked elsewhere."""
    return deciders.decides(person, change_kind(batch))


def waiting_for(person: Any) -> QuerySet[Batch]:
    """Return the submitted files that this person may decide: not their own, nor already approved by them."""
    files = [file.slug for slug in decided_by(person) for file in KINDS[slug].files]
    return open_to(person, Batch.objects.filter(state=State.SUBMITTED, kind__in=files))
