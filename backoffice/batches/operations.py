"""What the uploader does with a file before it is proposed: upload, say what the columns mean, check, correct."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.batches import columns, matching, offers, reading, uploads
from backoffice.batches.deciders import decides
from backoffice.batches.errors import AlreadyDecided, BatchError, NotAllowed
from backoffice.batches.kinds import BATCH_KINDS, batch_kind
from backoffice.batches.models import Batch, Mapping, State
from backoffice.batches.summary import with_finding
from backoffice.batches.wakeup import wake_after_commit
from backoffice.batches.words import rows
from backoffice.delivery.models import STILL_OPEN, Delivery
from backoffice.delivery.wakeup import wake_after_commit as wake_sending_after_commit

if TYPE_CHECKING:
    from backoffice.staff.models import User

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
    kind: str, chunks: Iterable[bytes], file_name: str, *, by: "User", token: uuid.UUID | None = None
) -> Uploaded:
    """Take a file in. The same token a second time (a double click) gives the first batch back.

    Nothing of it is checked yet. Raises NotAllowed, BatchError for an unknown kind, or FileProblem where the file
    cannot be read; nothing is kept then.
    """
    _may_upload(by)
    if kind not in BATCH_KINDS:
        raise BatchError(
            f"There is no kind of file {kind!r}. Choose one of {', '.join(sorted(BATCH_KINDS))}."
        )
    token = token or uuid.uuid4()
    if done := Batch.objects.filter(token=token, made_by=by).first():
        return Uploaded(done, earlier(done))
    stored = uploads.store(chunks)
    try:
        name = uploads.clean_name(file_name)
        inspected = reading.inspect(uploads.path_of(stored.name), name)
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
                mapping=remembered(kind, inspected.headers)
                or matching.match(batch_kind(kind).layout, inspected.headers),
                made_by=by,
            )
            _record(batch, "batch.uploaded", by, f"{name} uploaded, {stored.size} bytes.")
    except IntegrityError:  # the second of two clicks at the same moment
        uploads.forget(stored.name)
        batch = Batch.objects.get(token=token, made_by=by)
    except BaseException:
        uploads.forget(stored.name)
        raise
    return Uploaded(batch, earlier(batch))


def earlier(batch: Batch) -> list[Batch]:
    """Uploads before this one with the same bytes, newest first."""
    same = Batch.objects.filter(sha256=batch.sha256, pk__lt=batch.pk).select_related("made_by")
    return list(same.order_by("-pk")[:5])


def problems(batch: Batch) -> Sequence[str]:
    """What must be put right about the columns before the file can be checked."""
    return matching.problems(batch_kind(batch.kind).layout, batch.headers, batch.mapping)


def check(batch_id: int, *, by: "User", names: Sequence[str] | None = None) -> Batch:
    """Begin to check a file, with another meaning of its columns if `names` are given; those are remembered.

    What an earlier check found is thrown away. Raises NotAllowed, AlreadyDecided, or ColumnsUnclear.
    """
    with transaction.atomic():
        batch = _mine(batch_id, by)
        if not batch.path:
            raise BatchError("The file is not kept any more. Upload it again.")
        wanted = list(names) if names is not None else batch.mapping
        if unclear := matching.problems(batch_kind(batch.kind).layout, batch.headers, wanted):
            raise ColumnsUnclear(unclear)
        if names is not None and wanted != batch.mapping:
            _remember(batch, wanted, by)
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
        )
        wake_after_commit()
    return batch


def accept_cleaned(batch_id: int, *, path: str, rule: str, seen: str, by: "User") -> int:
    """Let a worker take the cleaned value that the rule offers for this field, in every row of a checked batch.

    `seen` is the check whose offers the person looked at (see `offers.seen`). Returns how many rows there are. They are
    checked again (see `cleaning`). Raises NotAllowed, AlreadyDecided or BatchError.
    """
    with transaction.atomic():
        batch = _mine(batch_id, by)
        if batch.state != State.CHECKED:
            raise BatchError("The file is being checked. Wait for the end of the check.")
        if seen != offers.seen(batch):
            raise BatchError(
                "The file was checked again. Look at the cleaned values once more, then accept them."
            )
        rows_with_it = with_finding(batch.rows.all(), path, rule, offered=True).count()
        if not rows_with_it:
            raise BatchError("No cleaned value is offered for this.")
        asked = {"path": path, "rule": rule, "place": place_of(batch, path), "by": by.pk}
        batch.cleaning = {**asked, "rows": rows_with_it, "done": 0, "after": 0}
        batch.state = State.CHECKING
        batch.check_started_at, batch.check_started_row = timezone.now(), 0
        batch.save()
        wake_after_commit()
    return rows_with_it


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
        held = Batch.objects.filter(pk=batch.pk, lease_token=token, state=State.CHECKING)
        if held.update(
            state=State.CHECKED,
            checked_at=timezone.now(),
            cleaning=None,
            lease_token=None,
            lease_until=None,
            paused=False,
        ):
            batch.refresh_from_db()
            counts = {name: getattr(batch, name) for name in ("good", "warned", "wrong", "done_before")}
            _record(batch, "batch.checked", None, f"{rows(batch.total_rows)} checked.", **counts)


def stop_check(batch: Batch, token: uuid.UUID, words: str) -> None:
    """The file turned out to be unreadable: nothing of it is taken. Does nothing where the lease is lost."""
    with transaction.atomic():
        held = Batch.objects.filter(pk=batch.pk, lease_token=token, state=State.CHECKING)
        if held.update(lease_until=timezone.now()):
            batch.refresh_from_db()
            batch.rows.all().delete()
            _start_over(batch)
            batch.state = State.UPLOADED
            batch.problem = words
            batch.save()
            _record(batch, "batch.unreadable", None, words)


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


def remembered(kind: str, headers: Sequence[str]) -> list[str] | None:
    """What somebody said these very headers mean, if anybody did."""
    found = Mapping.objects.filter(kind=kind, headers_hash=_headers_hash(headers)).first()
    return list(found.names) if found and len(found.names) == len(headers) else None


def place_of(batch: Batch, path: str) -> int:
    """The position in the file of the column whose findings have this path. Raises BatchError where none has."""
    by_path = {column.path: column.name for column in columns.by_name(batch_kind(batch.kind).layout).values()}
    if by_path.get(path) not in batch.mapping:
        raise BatchError("The file has no column for this value. Correct it in the file and upload it again.")
    names: list[str] = batch.mapping
    return names.index(by_path[path])


def _remember(batch: Batch, names: Sequence[str], by: "User") -> None:
    Mapping.objects.update_or_create(
        kind=batch.kind,
        headers_hash=_headers_hash(batch.headers),
        defaults={"names": list(names), "set_by": by},
    )


def _headers_hash(headers: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(headers)).encode("ascii")).hexdigest()


def _start_over(batch: Batch) -> None:
    batch.problem = ""
    batch.cleaning = None
    batch.paused = False
    batch.lease_token = batch.lease_until = None
    batch.next_row = batch.total_rows = batch.check_started_row = 0
    batch.good = batch.warned = batch.wrong = batch.done_before = 0
    batch.amount = None
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
            wake_after_commit()
            wake_sending_after_commit()
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
        text=f"Batch {batch.pk}, {batch_kind(batch.kind).title.lower()}: {text}",
        details={"batch": batch.pk, "sha256": batch.sha256, **details},
    )
