"""What the uploader does with a file before it is proposed: upload, say what the columns mean, check, correct."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice import leases
from backoffice.audit.operations import record
from backoffice.batches.check import correcting, offers
from backoffice.batches.check.cleaning import alike, offered
from backoffice.batches.check.correcting import Corrected, Typed
from backoffice.batches.check.summary import hidden_rows
from backoffice.batches.counts import rows
from backoffice.batches.decide.deciders import decides
from backoffice.batches.errors import AlreadyDecided, BatchError, NotAllowed
from backoffice.batches.file import columns, matching, meanings, reading, uploads
from backoffice.batches.models import Batch, State
from backoffice.changes.kinds import file_kind, file_kinds
from backoffice.delivery.models import STILL_OPEN, Delivery
from backoffice.wakeups import Work, wake_after_commit

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: While nothing is proposed, the uploader may go back to any step.
BEFORE_SUBMISSION = (State.UPLOADED, State.CHECKING, State.CHECKED)


@dataclass(frozen=True)
class Uploaded:
    """An upload: its batch, and the earlier ones that had the very same bytes, newest first."""

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
) -> Uploaded:
    """Take a file in. The same token a second time (a double click) gives the first batch back.

    `corrects` is the number of the batch whose failed rows it holds, corrected. Nothing of it is checked yet. Raises
    NotAllowed, BatchError for an unknown kind or a batch that it cannot correct, or FileProblem where the file cannot
    be read; nothing is kept then.
    """
    _may_upload(by)
    if kind not in file_kinds():
        raise BatchError(
            f"There is no kind of file {kind!r}. Choose one of {', '.join(sorted(file_kinds()))}."
        )
    parent = corrected(corrects, kind) if corrects is not None else None
    token = token or uuid.uuid4()
    if done := Batch.objects.filter(token=token, made_by=by).first():
        return Uploaded(done, earlier(done))
    stored = uploads.store(chunks)
    try:
        name = uploads.clean_name(file_name)
        layout = file_kind(kind).layout
        inspected = reading.inspect(uploads.path_of(stored.name), name, knows=matching.knows(layout))
        mapping, unconfirmed = meanings.meaning(kind, layout, inspected, by)
        with transaction.atomic():
            batch = Batch.objects.create(
                token=token,
                kind=kind,
                file_name=name,
                path=stored.name,
                file_until=timezone.now() + timedelta(days=settings.BATCH_FILE_DAYS),
                sha256=stored.sha256,
                size=stored.size,
                shape=inspected.shape,
                headers=inspected.headers,
                mapping=mapping,
                unconfirmed=unconfirmed,
                corrects=parent,
                made_by=by,
            )
            why = {"corrects": parent.pk} if parent else {}
            _record(batch, "batch.uploaded", by, f"{name} uploaded, {stored.size} bytes.", **why)
    except IntegrityError:  # the second of two clicks at the same moment
        uploads.forget(stored.name)
        batch = Batch.objects.get(token=token, made_by=by)
    except BaseException:
        uploads.forget(stored.name)
        raise
    return Uploaded(batch, earlier(batch))


def corrected(number: int, kind: str) -> Batch:
    """The batch whose failed rows a file of this kind may correct. Raises BatchError where it may not."""
    batch = (
        Batch.objects.filter(pk=number, kind=kind).exclude(state__in=(State.UPLOADED, State.CHECKING)).first()
    )
    if batch is None:
        raise BatchError(f"B-{number} is no checked file of this kind. Upload this file by itself.")
    return batch


def earlier(batch: Batch) -> list[Batch]:
    """Uploads before this one with the same bytes, newest first."""
    same = Batch.objects.filter(sha256=batch.sha256, pk__lt=batch.pk).select_related("made_by")
    return list(same.order_by("-pk")[:5])


def problems(batch: Batch) -> Sequence[str]:
    """What must be corrected, or confirmed, about the columns before the file can be checked."""
    return [*unclear(batch, batch.mapping), *batch.unconfirmed]


def read_again(batch_id: int, *, sheet: str, header_row: int, by: "User") -> Batch:
    """Read the headers from another sheet or row of the file. What an earlier check found is thrown away.

    Raises NotAllowed, AlreadyDecided, BatchError, or FileProblem where there are no headers; nothing changes then.
    """
    with transaction.atomic():
        batch = _mine(batch_id, by)
        layout = file_kind(batch.kind).layout
        knows = matching.knows(layout)
        found = reading.inspect(
            _file(batch), batch.file_name, knows=knows, sheet=sheet, header_row=header_row
        )
        batch.rows.all().delete()
        _start_over(batch)
        batch.state = State.UPLOADED
        batch.shape, batch.headers = found.shape, found.headers
        batch.mapping, batch.unconfirmed = meanings.meaning(batch.kind, layout, found, by)
        batch.save()
        where = f"row {header_row}" + (f" of the sheet {sheet}" if sheet else "")
        _record(batch, "batch.headers_chosen", by, f"Headers taken from {where}.")
    return batch


def decide_hidden(batch_id: int, *, include: bool, by: "User") -> Batch:
    """Include the rows that the sheet hides, or leave them out, and check the file again.

    Raises NotAllowed, AlreadyDecided, or BatchError where no row is hidden.
    """
    with transaction.atomic():
        batch = _mine(batch_id, by)
        hidden = hidden_rows(batch) or int(batch.shape.get("hidden_rows", 0))
        if batch.state != State.CHECKED or not hidden:
            raise BatchError("There is no hidden row to decide on. Wait for the end of the check.")
        choice = "include" if include else "leave_out"
        batch.shape = {**batch.shape, "hidden": choice, "hidden_rows": hidden}
        batch.save()
        words = "included" if include else "left out"
        _record(
            batch, "batch.hidden_rows", by, f"{rows(hidden)} hidden in the sheet: {words}.", hidden=choice
        )
        return check(batch.pk, by=by)


def check(batch_id: int, *, by: "User", names: Sequence[str] | None = None) -> Batch:
    """Begin to check a file, with the meaning of its columns that `names` give or confirm; it is remembered.

    What an earlier check found is thrown away. Raises NotAllowed, AlreadyDecided, or ColumnsUnclear.
    """
    with transaction.atomic():
        batch = _mine(batch_id, by)
        _file(batch)
        wanted = list(names) if names is not None else batch.mapping
        if found := unclear(batch, wanted) if names is not None else problems(batch):
            raise ColumnsUnclear(found)
        if names is not None and (wanted != batch.mapping or batch.unconfirmed):
            meanings.remember(batch.kind, batch.headers, wanted, by)
        batch.unconfirmed = []
        batch.rows.all().delete()
        _start_over(batch)
        batch.mapping = wanted
        batch.state = State.CHECKING
        batch.save()
        _record(
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


def accept_cleaned(batch_id: int, *, path: str, rule: str, seen: str, by: "User") -> int:
    """Let a worker take the cleaned value that the rule offers for this field, in every row of a checked batch.

    `seen` is the check whose offers the person looked at (see `offers.seen`). Returns how many rows there are. They are
    checked again (see `cleaning`). Raises NotAllowed, AlreadyDecided or BatchError.
    """
    with transaction.atomic():
        batch = _to_correct(batch_id, by)
        if seen != offers.seen(batch):
            raise BatchError(
                "The file was checked again. Look at the cleaned values once more, then accept them."
            )
        rows_with_it = offered(batch.rows.all(), path, rule).count()
        if not rows_with_it:
            raise BatchError("No cleaned value is offered for this.")
        _correct_by_worker(batch, rows_with_it, by, place=place_of(batch, path), path=path, rule=rule)
    return rows_with_it


def correct(batch_id: int, typed: Iterable[Typed], *, by: "User") -> Corrected:
    """Correct cells of a checked batch before it is submitted, and check their rows again at once.

    What was typed into a cell that has changed since it was seen is not kept, and given back. Raises NotAllowed,
    AlreadyDecided or BatchError.
    """
    with transaction.atomic():
        return correcting.correct(_to_correct(batch_id, by), typed, by)


def like(batch: Batch, number: int, place: int) -> int:
    """How many other rows with errors have the text that this corrected cell of the file had when it was uploaded."""
    row = batch.rows.filter(number=number).first()
    if row is None or str(place) not in row.corrections or not isinstance(row.cells[place], str):
        return 0
    return alike(batch.rows.exclude(pk=row.pk), place, row.cells[place]).count()


def correct_alike(batch_id: int, number: int, place: int, *, by: "User") -> int:
    """Let a worker correct every row with errors that has, at this place, the text that this row had in the file.

    They get the correction of this row, and are checked again (see `cleaning`). Returns how many there are. Raises
    NotAllowed, AlreadyDecided or BatchError.
    """
    with transaction.atomic():
        batch = _to_correct(batch_id, by)
        found = like(batch, number, place)
        if not found:
            raise BatchError("No other row with errors has the same value in this column.")
        row = batch.rows.get(number=number)
        before, text = row.cells[place], row.corrections[str(place)]
        _correct_by_worker(batch, found, by, place=place, before=before, text=text)
    return found


def _to_correct(batch_id: int, by: "User") -> Batch:
    batch = _mine(batch_id, by)
    if batch.state != State.CHECKED:
        raise BatchError("The file is being checked. Wait for the end of the check.")
    return batch


def _correct_by_worker(batch: Batch, count: int, by: "User", **asked: object) -> None:
    batch.cleaning = {**asked, "by": by.pk, "rows": count, "done": 0, "after": 0}
    batch.state = State.CHECKING
    batch.check_started_at, batch.check_started_row = timezone.now(), 0
    batch.save()
    wake_after_commit(Work.BATCHES)


def pause(batch_id: int, *, by: "User") -> Batch:
    """Stop the check, or the sending of what was approved, until somebody resumes. Raises NotAllowed or BatchError."""
    return _set_paused(batch_id, True, by)


def resume(batch_id: int, *, by: "User") -> Batch:
    """Let a paused batch go on where it stopped. Raises NotAllowed or BatchError."""
    return _set_paused(batch_id, False, by)


def discard(batch_id: int, *, by: "User") -> Batch:
    """Give up a file that was not submitted yet; the file itself is deleted. Raises NotAllowed or AlreadyDecided."""
    with transaction.atomic():
        batch = _mine(batch_id, by)
        batch.state = State.WITHDRAWN
        batch.lease_token = batch.lease_until = None
        name, batch.path, batch.file_until = batch.path, "", None
        batch.save()
        _record(batch, "batch.discarded", by, "Given up before it was submitted.")
        transaction.on_commit(lambda: uploads.forget(name))
    return batch


def finish_check(batch: Batch, token: uuid.UUID) -> None:
    """Note that the last row is checked. Does nothing where the lease `token` is lost."""
    with transaction.atomic():
        checking = Batch.objects.filter(pk=batch.pk, state=State.CHECKING)
        if leases.release(
            checking, token, state=State.CHECKED, checked_at=timezone.now(), cleaning=None, paused=False
        ):
            batch.refresh_from_db()
            counts = {name: getattr(batch, name) for name in ("good", "warned", "wrong", "done_before")}
            _record(batch, "batch.checked", None, f"{rows(batch.total_rows)} checked.", **counts)


def stop_check(batch: Batch, token: uuid.UUID, words: str) -> None:
    """The file turned out to be unreadable: nothing of it is taken. Does nothing where the lease is lost."""
    with transaction.atomic():
        if leases.release(Batch.objects.filter(pk=batch.pk, state=State.CHECKING), token):
            batch.refresh_from_db()
            batch.rows.all().delete()
            _start_over(batch)
            batch.state = State.UPLOADED
            batch.problem = words
            batch.save()
            _record(batch, "batch.unreadable", None, words)


def give_up_check(batch: Batch, token: uuid.UUID) -> None:
    """End the check of a file that no worker gets through. Does nothing where the lease is lost."""
    at = f"after row {batch.next_row - 1}" if batch.next_row else "before its first row"
    stop_check(
        batch,
        token,
        f"The check of this file failed {batch.failures} times {at}: the worker crashed or was killed each time. "
        "It is not tried again. Divide the file or save it as CSV, and ask an administrator for the worker's log.",
    )


def expire_files() -> int:
    """Delete the files whose time is over; their batches stay. Returns how many. Run by beat."""
    due = Batch.objects.filter(file_until__lte=timezone.now()).exclude(path="").exclude(state=State.CHECKING)
    count = 0
    for batch in due:
        uploads.forget(batch.path)
        with transaction.atomic():
            Batch.objects.filter(pk=batch.pk).update(path="", file_until=None)
            _record(batch, "batch.file_expired", None, "The uploaded file was deleted: its time was over.")
        count += 1
    return count


def unclear(batch: Batch, names: Sequence[str]) -> list[str]:
    """What must be corrected before the file can be read with these meanings of its columns."""
    layout = file_kind(batch.kind).layout
    if not columns.by_name(layout).keys() & set(names):
        row = batch.shape.get("header_row", 1)
        return [
            f"Row {row} names no column of this kind of file. Choose the header row, or say what the columns mean."
        ]
    return matching.problems(layout, batch.headers, names)


def _file(batch: Batch) -> Path:
    """The uploaded file. Raises BatchError where its time is over, whether beat has deleted it or not."""
    if not batch.path or (batch.file_until and batch.file_until <= timezone.now()):
        raise BatchError("The file is not kept any more. Upload it again.")
    return uploads.path_of(batch.path)


def place_of(batch: Batch, path: str) -> int:
    """The position in the file of the column whose findings have this path. Raises BatchError where none has."""
    by_path = {column.path: column.name for column in columns.by_name(file_kind(batch.kind).layout).values()}
    if by_path.get(path) not in batch.mapping:
        raise BatchError("The file has no column for this value. Correct it in the file and upload it again.")
    names: list[str] = batch.mapping
    return names.index(by_path[path])


def _start_over(batch: Batch) -> None:
    batch.problem = ""
    batch.cleaning = None
    batch.paused = False
    batch.failures = 0
    batch.lease_token = batch.lease_until = None
    batch.next_row = batch.total_rows = batch.check_started_row = 0
    batch.good = batch.warned = batch.wrong = batch.done_before = 0
    batch.amount = None
    batch.summary = {}
    batch.check_started_at = timezone.now()
    batch.checked_at = None


def _set_paused(batch_id: int, paused: bool, by: "User") -> Batch:
    with transaction.atomic():
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        checker = batch.state == State.APPROVED and decides(by, batch)
        if batch.made_by_id != by.pk and not checker:
            raise NotAllowed("Only the person who uploaded this file, or a checker of it, may do this.")
        if batch.state not in (State.CHECKING, State.APPROVED):
            raise BatchError(f"This batch is {batch.get_state_display().lower()}: there is nothing to pause.")
        if batch.paused == paused:
            return batch
        batch.paused = paused
        if not paused:
            batch.check_started_at, batch.check_started_row = timezone.now(), batch.rows_checked
            wake_after_commit(Work.BATCHES)
            wake_after_commit(Work.DELIVERIES)
        batch.save(update_fields=["paused", "check_started_at", "check_started_row"])
        Delivery.objects.filter(STILL_OPEN, change__batch=batch).update(paused=paused)
        _record(batch, "batch.paused" if paused else "batch.resumed", by, "Paused." if paused else "Resumed.")
    return batch


def _may_upload(person: "User") -> None:
    if not person.has_perm("changes.add_change"):
        raise NotAllowed("You may not propose changes.")


def _mine(batch_id: int, by: "User") -> Batch:
    """The batch, locked, while its uploader may still work on it."""
    _may_upload(by)
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    if batch.made_by_id != by.pk:
        raise NotAllowed("Only the person who uploaded this file may do this.")
    if batch.state not in BEFORE_SUBMISSION:
        raise AlreadyDecided(f"This batch is {batch.get_state_display().lower()} already.")
    return batch


def _record(batch: Batch, action: str, by: "User | None", text: str, **details: object) -> None:
    record(
        action,
        by=by,
        subject=batch.subject,
        text=f"Batch {batch.pk}, {file_kind(batch.kind).title.lower()}: {text}",
        details={"batch": batch.pk, "sha256": batch.sha256, **details},
    )
