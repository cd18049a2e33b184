"""Fixing the rows of a checked file before it is submitted: cell by cell, or all rows with the same fault."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from backoffice.batches.check import correcting, corrections, offers
from backoffice.batches.check.cleaning import alike, offered
from backoffice.batches.check.correcting import Corrected, Typed
from backoffice.batches.errors import BatchError, NotAllowed
from backoffice.batches.file import columns
from backoffice.batches.models import Batch, State
from backoffice.batches.uploader import mine
from backoffice.changes.kinds import file_kind
from backoffice.kit import privacy
from backoffice.wakeups import Work, wake_after_commit

if TYPE_CHECKING:
    from backoffice.logins.models import User


def may_fix(batch: Batch, person: "User") -> bool:
    """Whether this person may fix rows of the batch now."""
    return batch.state == State.CHECKED and batch.made_by_id == person.pk and _sees_values(person)


def accept_cleaned(batch_id: int, *, path: str, rule: str, seen: str, by: "User") -> int:
    """Let a worker take the cleaned value that the rule offers for this field, in every row of a checked batch.

    `seen` is the check whose offers the person saw (see `offers.seen`). Returns how many rows there are. They
    are checked again (see `cleaning`). Raises NotAllowed, AlreadyDecided or BatchError.
    """
    with transaction.atomic():
        batch = _to_fix(batch_id, by)
        if seen != offers.seen(batch):
            raise BatchError(
                "The file was checked again. Look at the cleaned values once more, then accept them."
            )
        rows_with_it = offered(batch.rows.all(), path, rule).count()
        if not rows_with_it:
            raise BatchError("No cleaned value is offered for this.")
        _by_worker(batch, rows_with_it, by, place=place_of(batch, path), path=path, rule=rule)
    return rows_with_it


def correct(batch_id: int, typed: Iterable[Typed], *, by: "User") -> Corrected:
    """Correct cells of a checked batch before submission, and check their rows again at once.

    Returns texts that were not stored because the cell has changed since it was seen. Raises NotAllowed,
    AlreadyDecided or BatchError.
    """
    with transaction.atomic():
        return correcting.correct(_to_fix(batch_id, by), typed, by)


def like(batch: Batch, number: int, place: int) -> int:
    """Count the other rows with errors that were uploaded with the text that this corrected cell had.

    0 if the column is not read, or contains passwords, which belong to one person each.
    """
    column = corrections.columns_of(batch).get(place)
    row = batch.rows.filter(number=number).first()
    if column is None or column.secret or row is None or str(place) not in row.corrections:
        return 0
    return alike(batch.rows.exclude(pk=row.pk), place, row.cells[place]).count()


def correct_alike(batch_id: int, number: int, place: int, *, by: "User") -> int:
    """Let a worker correct every row with errors that was uploaded with this row's text at this place.

    They get the correction of this row, and are checked again (see `cleaning`). Returns how many there are.
    Raises NotAllowed, AlreadyDecided or BatchError.
    """
    with transaction.atomic():
        batch = _to_fix(batch_id, by)
        found = like(batch, number, place)
        if not found:
            raise BatchError("No other row with errors has the same value in this column.")
        row = batch.rows.get(number=number)
        before, text = row.cells[place], row.corrections[str(place)]
        _by_worker(batch, found, by, place=place, before=before, text=text)
    return found


def place_of(batch: Batch, path: str) -> int:
    """Return the place of the file's column for findings with this path. Raises BatchError if there is none."""
    by_path = {column.path: column.name for column in columns.by_name(file_kind(batch.kind).layout).values()}
    if by_path.get(path) not in batch.mapping:
        raise BatchError("The file has no column for this value. Correct it in the file and upload it again.")
    names: list[str] = batch.mapping
    return names.index(by_path[path])


def _sees_values(person: "User") -> bool:
    """Whether this person proposes changes, and sees personal data without giving a reason."""
    return person.has_perms(("changes.add_change", privacy.SEE, privacy.AT_ONCE))


def _to_fix(batch_id: int, by: "User") -> Batch:
    """Return the batch, locked, if this person may fix its rows."""
    batch = mine(batch_id, by)
    if not _sees_values(by):
        raise NotAllowed("Only a person who proposes changes and sees the values may correct them.")
    if batch.state != State.CHECKED:
        raise BatchError("The file is being checked. Wait for the end of the check.")
    return batch


def _by_worker(batch: Batch, count: int, by: "User", **asked: object) -> None:
    batch.cleaning = {**asked, "by": by.pk, "rows": count, "done": 0, "after": 0}
    batch.state = State.CHECKING
    batch.check_started_at, batch.check_started_row = timezone.now(), 0
    batch.save()
    wake_after_commit(Work.BATCHES)
