"""Operations of the uploader before submission: upload, name the columns, check, discard."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.template.defaultfilters import filesizeformat

from backoffice import outside
from backoffice.batches.check.summary import hidden_rows
from backoffice.batches.counts import rows
from backoffice.batches.errors import BatchError, NotAllowed
from backoffice.batches.file import columns, matching, meanings, reading, uploads
from backoffice.batches.file.taking import kept, taken_in
from backoffice.batches.models import Batch, State
from backoffice.batches.trail import note
from backoffice.batches.uploader import may_upload, mine, start_over
from backoffice.changes.kinds import file_kind, file_kinds
from backoffice.wakeups import Work, wake_after_commit

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: While a batch is in one of these states, a file of corrections may repeat its failed rows.
CORRECTABLE = (State.SUBMITTED, State.APPROVED)
#: For a person who comes back to such a form, as browsers do.
ALREADY_MADE = "This form was submitted already. Here is the batch that it became."


@dataclass(frozen=True)
class Uploaded:
    """An upload: its batch, and the earlier ones that had the same bytes, newest first."""

    batch: Batch
    earlier: Sequence[Batch]


class ColumnsUnclear(BatchError):
    """The columns of a file do not fit its kind; `problems` say which and why."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def upload(
    kind: str,
    chunks: Iterable[bytes],
    file_name: str,
    *,
    by: "User",
    token: uuid.UUID | None = None,
    corrects: int | None = None,
    selected: str = "",
    details: Mapping[str, Any] | None = None,
) -> Uploaded:
    """Store a file as a new batch, unchecked. The same token a second time (a double click) returns the first batch.

    `corrects` is the number of the batch whose failed rows it corrects. For rows made from a selection,
    `selected` says how they were selected, and `details` is for the audit trail. Raises NotAllowed,
    BatchError for an unknown kind or a batch that it cannot correct, or FileProblem if the file cannot be
    read; nothing is stored then.
    """
    may_upload(by)
    if kind not in file_kinds():
        raise BatchError(
            f"There is no kind of file {outside.quoted(kind)}. Choose one of {', '.join(sorted(file_kinds()))}."
        )
    token = token or uuid.uuid4()
    if done := Batch.objects.filter(token=token, made_by=by).first():
        return Uploaded(done, earlier(done))
    parent = corrected(corrects, kind, by) if corrects is not None else None
    try:
        with taken_in(chunks, file_name, kind, file_kind(kind).layout, by) as read, transaction.atomic():
            batch = Batch.objects.create(
                token=token, kind=kind, corrects=parent, made_by=by, selected=selected, **read
            )
            why: dict[str, Any] = {"corrects": parent.pk} if parent else {}
            if selected:
                note(batch, "batch.selected", by, f"{selected}.", **(details or {}))
            else:
                said = f"{batch.file_name} uploaded, {filesizeformat(batch.size)}."
                note(batch, "batch.uploaded", by, said, **why)
    except IntegrityError:  # the second of two clicks at the same moment
        batch = Batch.objects.get(token=token, made_by=by)
    return Uploaded(batch, earlier(batch))


def made_of(token: str, *, by: "User") -> Batch | None:
    """Return the batch that this person's form with this token became; None if it was not sent."""
    found = outside.form_token(token)
    return Batch.objects.filter(token=found, made_by=by).first() if found else None


def may_correct(batch: Batch, person: "User") -> bool:
    """Whether this person may upload a file with corrected rows of this one."""
    mine = batch.made_by_id == person.pk and person.has_perm("changes.add_change")
    return mine and batch.state in CORRECTABLE


def corrected(number: int, kind: str, by: "User") -> Batch:
    """Return the batch whose failed rows a file of this kind may correct: one that this person submitted.

    Raises NotAllowed or BatchError if it may not.
    """
    batch = Batch.objects.filter(pk=number, kind=kind, state__in=CORRECTABLE).first()
    if batch is None:
        raise BatchError(
            f"B-{number} is not a submitted or approved file of this kind. Upload this file separately."
        )
    if batch.made_by_id != by.pk:
        raise NotAllowed(
            f"Only {batch.made_by} may upload corrections of {batch.label}. Upload this file separately."
        )
    return batch


def earlier(batch: Batch) -> list[Batch]:
    """Return earlier uploads with the same bytes, newest first."""
    same = Batch.objects.filter(sha256=batch.sha256, pk__lt=batch.pk).select_related("made_by")
    return list(same.order_by("-pk")[:5])


def problems(batch: Batch) -> Sequence[str]:
    """Return what must be corrected, or confirmed, about the columns before the file can be checked."""
    return [*unclear(batch, batch.mapping), *batch.unconfirmed]


def read_again(batch_id: int, *, sheet: str, header_row: int, by: "User") -> Batch:
    """Read the headers from another sheet or row of the file. Discards the results of an earlier check.

    Raises NotAllowed, AlreadyDecided, BatchError, or FileProblem if there are no headers; nothing changes
    then.
    """
    with transaction.atomic():
        batch = mine(batch_id, by)
        layout = file_kind(batch.kind).layout
        knows = matching.knows(layout)
        found = reading.inspect(kept(batch), batch.file_name, knows=knows, sheet=sheet, header_row=header_row)
        batch.rows.all().delete()
        start_over(batch)
        batch.state = State.UPLOADED
        batch.shape, batch.headers = found.shape, found.headers
        batch.mapping, batch.unconfirmed = meanings.meaning(batch.kind, layout, found, by)
        batch.save()
        where = f"row {header_row}" + (f" of the sheet {sheet}" if sheet else "")
        note(batch, "batch.headers_chosen", by, f"Headers taken from {where}.")
    return batch


def decide_hidden(batch_id: int, *, include: bool, by: "User") -> Batch:
    """Include the rows that the sheet hides, or leave them out, and check the file again.

    Raises NotAllowed, AlreadyDecided, or BatchError if no row is hidden.
    """
    with transaction.atomic():
        batch = mine(batch_id, by)
        hidden = hidden_rows(batch) or int(batch.shape.get("hidden_rows", 0))
        if batch.state != State.CHECKED or not hidden:
            raise BatchError("There is no hidden row to decide on. Wait for the end of the check.")
        choice = "include" if include else "leave_out"
        batch.shape = {**batch.shape, "hidden": choice, "hidden_rows": hidden}
        batch.save()
        words = "included" if include else "left out"
        note(batch, "batch.hidden_rows", by, f"{rows(hidden)} hidden in the sheet: {words}.", hidden=choice)
        return check(batch.pk, by=by)


def check(batch_id: int, *, by: "User", names: Sequence[str] | None = None) -> Batch:
    """Begin the check of a file, with the meaning of its columns in `names`, which is remembered.

    Discards the results of an earlier check. Raises NotAllowed, AlreadyDecided, or ColumnsUnclear.
    """
    with transaction.atomic():
        batch = mine(batch_id, by)
        kept(batch)
        wanted = list(names) if names is not None else batch.mapping
        if found := unclear(batch, wanted) if names is not None else problems(batch):
            raise ColumnsUnclear(found)
        if names is not None and (wanted != batch.mapping or batch.unconfirmed):
            meanings.remember(batch.kind, batch.headers, wanted, by)
        batch.unconfirmed = []
        batch.rows.all().delete()
        start_over(batch)
        batch.mapping = wanted
        batch.state = State.CHECKING
        batch.save()
        note(
            batch,
            "batch.check_started",
            by,
            "Check begun.",
            mapping=dict(zip(batch.headers, wanted, strict=True)),
            sheet=batch.shape.get("sheet", ""),
            header_row=batch.shape.get("header_row", 1),
        )
        wake_after_commit(Work.BATCHES)
    return batch


def discard(batch_id: int, *, by: "User") -> Batch:
    """Discard a batch before submission, and delete its file. Raises NotAllowed or AlreadyDecided."""
    with transaction.atomic():
        batch = mine(batch_id, by)
        batch.state = State.WITHDRAWN
        batch.lease_token = batch.lease_until = None
        name, batch.path, batch.file_until = batch.path, "", None
        batch.save()
        note(batch, "batch.discarded", by, "Discarded before it was submitted.")
        transaction.on_commit(lambda: uploads.forget(name))
    return batch


def unclear(batch: Batch, names: Sequence[str]) -> list[str]:
    """Return what must be corrected before the file can be read with these meanings of its columns."""
    layout = file_kind(batch.kind).layout
    if not columns.by_name(layout).keys() & set(names):
        row = batch.shape.get("header_row", 1)
        return [
            f"Row {row} names no column of this kind of file. Choose the header row, or say what the columns mean."
        ]
    return matching.problems(layout, batch.headers, names)
