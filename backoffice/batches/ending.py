"""The end of a check, by its worker, and of an uploaded file, by beat."""

import uuid

from django.db import transaction
from django.utils import timezone

from backoffice import leases
from backoffice.batches.counts import rows
from backoffice.batches.file import uploads
from backoffice.batches.models import Batch, State
from backoffice.batches.trail import note
from backoffice.batches.uploader import start_over


def finish_check(batch: Batch, token: uuid.UUID) -> None:
    """Note that the last row is checked. Does nothing if the lease `token` is lost."""
    with transaction.atomic():
        checking = Batch.objects.filter(pk=batch.pk, state=State.CHECKING)
        if leases.release(
            checking, token, state=State.CHECKED, checked_at=timezone.now(), cleaning=None, paused=False
        ):
            batch.refresh_from_db()
            counts = {name: getattr(batch, name) for name in ("good", "warned", "wrong", "done_before")}
            note(batch, "batch.checked", None, f"{rows(batch.total_rows)} checked.", **counts)


def stop_check(batch: Batch, token: uuid.UUID, words: str) -> None:
    """Reject an unreadable file: no row of it is stored. Does nothing if the lease is lost."""
    with transaction.atomic():
        if leases.release(Batch.objects.filter(pk=batch.pk, state=State.CHECKING), token):
            batch.refresh_from_db()
            batch.rows.all().delete()
            start_over(batch)
            batch.state = State.UPLOADED
            batch.problem = words
            batch.save()
            note(batch, "batch.unreadable", None, words)


def give_up_check(batch: Batch, token: uuid.UUID) -> None:
    """End the check of a file that workers repeatedly fail on. Does nothing if the lease is lost."""
    at = f"after row {batch.next_row - 1}" if batch.next_row else "before its first row"
    stop_check(
        batch,
        token,
        f"The check of this file failed {batch.failures} times {at}: the worker crashed or was killed each time. "
        "It is not tried again. Divide the file or save it as CSV, and ask an administrator for the worker's log.",
    )


def pause_applying(batch: Batch, token: uuid.UUID) -> None:
    """Pause an approved file that workers repeatedly fail to apply. Does nothing if the lease is lost.

    It is approved, so that it is not rejected: a person looks, and resumes it.
    """
    with transaction.atomic():
        if leases.release(Batch.objects.filter(pk=batch.pk, state=State.APPROVED), token, paused=True):
            words = (
                f"Paused after row {batch.next_row}: {batch.failures} workers in a row crashed or were killed while "
                "they applied it. Ask an administrator for the worker's log, then resume it."
            )
            note(batch, "batch.paused", None, words)


def expire_files() -> int:
    """Delete expired files; their batches stay. Returns how many. Run by beat."""
    due = Batch.objects.filter(file_until__lte=timezone.now()).exclude(path="").exclude(state=State.CHECKING)
    count = 0
    for batch in due:
        uploads.forget(batch.path)
        with transaction.atomic():
            Batch.objects.filter(pk=batch.pk).update(path="", file_until=None)
            note(batch, "batch.file_expired", None, "The uploaded file was deleted: its time was over.")
        count += 1
    return count
