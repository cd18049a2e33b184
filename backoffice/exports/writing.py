"""Write the file of an export, piece by piece, by the worker that holds its lease.

Another worker continues after the last finished piece, and a digest tells whether everything before it is
there. A worker that released its lease leaves its file for that. A worker that was killed or lost its lease
may still write, so its successor continues in a copy: two workers never write to one file.
"""

import hashlib
import logging
import os
import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from django.db.models import QuerySet
from django.utils import timezone

from backoffice import leases
from backoffice.audit.operations import record
from backoffice.exports import workbooks
from backoffice.exports.kinds import Kind, Unreadable
from backoffice.exports.lists import kind_of
from backoffice.exports.models import Export, Format, State
from backoffice.exports.operations import FILES, may_have, ready_until
from backoffice.kit import csv_files, privacy

if TYPE_CHECKING:
    from hashlib import _Hash

logger = logging.getLogger(__name__)

#: The worker is released after this many seconds, so that deliveries get their turn beside a long export.
WORK_SECONDS = 15.0
LEASE = timedelta(seconds=60)
BOM = "\ufeff".encode()
GIVEN_UP = (
    f"It was not written: {leases.MOST_FAILURES} workers in a row crashed or were killed at it. Choose fewer rows, and "
    "ask an administrator for the worker's log."
)
#: Bytes copied at a time.
BLOCK = 1_000_000


class LeaseLost(Exception):
    """Another worker has taken over, or the export was deleted."""


def work_due() -> int:
    """Work on the oldest export that is due, for a while. Returns the number of exports: 0 or 1."""
    for export in due():
        if token := take(export):
            taken = Export.objects.select_related("asked_by").get(pk=export.pk)
            if taken.failures >= leases.MOST_FAILURES:
                _fail(taken, token, GIVEN_UP)
            else:
                _work(taken, token)
            return 1
    return 0


def due() -> QuerySet[Export]:
    """Return exports that no worker writes, oldest first."""
    return Export.objects.filter(leases.free(), state=State.WRITING).order_by("pk")


def take(export: Export) -> uuid.UUID | None:
    """Take the lease; None if another worker was quicker. A worker that did not release it is lost: copy the file."""
    changed: dict[str, Any] = _file_of_ones_own(export) if export.lease_token or not export.path else {}
    same = due().filter(pk=export.pk, lease_token=export.lease_token, path=export.path, done=export.done)
    lost = leases.if_lost(measured_at=timezone.now(), measured_done=changed.get("done", export.done))
    lease = leases.take(same, LEASE, **changed, **lost)
    if changed and (forgotten := export.path if lease else changed["path"]):
        FILES.forget(forgotten)
    return lease.token if lease else None


def _file_of_ones_own(export: Export) -> dict[str, Any]:
    """Return a new file with everything finished, or an empty one if that is no longer complete."""
    name = FILES.new_name()
    if export.path and export.size and _copied(export, name):
        return {"path": name}
    return {"path": name, "position": None, "done": 0, "size": 0, "sha256": "", "total": None}


def _copied(export: Export, name: str) -> bool:
    try:
        with FILES.open(export.path, "rb") as old, FILES.open(name, "wb") as new:
            digest = _digest(old, export.size, new)
    except OSError:
        return False
    return digest.hexdigest() == export.sha256


def _digest(file: BinaryIO, size: int, into: BinaryIO | None = None) -> "_Hash":
    """Return the digest of this many bytes of a file, and copy them if asked."""
    digest = hashlib.sha256()
    while size and (block := file.read(min(size, BLOCK))):
        digest.update(block)
        if into:
            into.write(block)
        size -= len(block)
    return digest


def _work(export: Export, token: uuid.UUID) -> None:
    asker = export.asked_by
    if not (asker.is_active and may_have(export, asker)) or (export.whole and not privacy.sees(asker)):
        _fail(export, token, "Who asked for it may no longer export this.")
        return
    try:
        _write(export, token)
    except LeaseLost:
        FILES.forget(export.path)
    except Unreadable as error:
        _fail(export, token, f"Nothing was exported. {error}")
    except OSError as error:
        logger.error("The file of export %s cannot be written.", export.pk, exc_info=error)
        _fail(export, token, "The file could not be written. Tell an administrator: the disk may be full.")


def _write(export: Export, token: uuid.UUID) -> None:
    kind = kind_of(export.kind, export.parameters, export.asked_by)
    if export.total is None:
        export.total = kind.count(export.parameters, None)
        export.started_at = export.measured_at = timezone.now()
        _keep(export, token, "total", "started_at", "measured_at")
    end = time.monotonic() + WORK_SECONDS
    with FILES.open(export.path, "r+b" if export.size else "w+b") as file:
        digest = _digest(file, export.size)
        file.truncate()
        if not export.size:
            _append(file, digest, export, csv_files.line(kind.header), BOM)
        while (piece := kind.rows(export.parameters, export.whole, export.position)).rows:
            _append(file, digest, export, csv_files.block(piece.rows))
            export.position = piece.end
            export.done += len(piece.rows)
            file.flush()
            export.sha256 = digest.hexdigest()
            _keep(export, token, "position", "done", "size", "sha256")
            if time.monotonic() >= end:
                break
        file.flush()
        os.fsync(file.fileno())
    if piece.rows:
        leases.release(_writing(export), token)
    else:
        export.sha256 = digest.hexdigest()
        _finish(export, token, kind)


def _append(file: BinaryIO, digest: "_Hash", export: Export, lines: str, before: bytes = b"") -> None:
    text = before + lines.encode()
    file.write(text)
    digest.update(text)
    export.size += len(text)


def _finish(export: Export, token: uuid.UUID, kind: Kind) -> None:
    """Give the complete file to its asker, as a workbook if one was asked for."""
    written = export.path
    if export.file_format == Format.EXCEL:
        _make_workbook(export, token, kind)
    now = timezone.now()
    done = leases.release(
        _writing(export),
        token,
        state=State.READY,
        path=export.path,
        size=export.size,
        sha256=export.sha256,
        total=export.done,
        ended_at=now,
        file_until=now + ready_until(),
    )
    if written != export.path:
        FILES.forget(written)
    if not done:
        raise LeaseLost
    record(
        "export.written",
        by=None,
        subject="",
        text=f"Export {export.pk} written: {export.title}, {export.done} rows.",
        details={"export": export.pk, "rows": export.done, "sha256": export.sha256},
    )


def _make_workbook(export: Export, token: uuid.UUID, kind: Kind) -> None:
    if export.done > workbooks.MOST_ROWS:
        raise Unreadable(
            f"A sheet of Excel has at most {workbooks.MOST_ROWS} rows, and these are {export.done}. Download CSV."
        )
    name = FILES.new_name()
    try:
        with (
            FILES.path_of(export.path).open(newline="", encoding="utf-8-sig") as text,
            FILES.open(name, "w+b") as book,
        ):
            workbooks.write(book, csv_files.cells(text), kind.numbers, beat=lambda: _keep(export, token))
            book.seek(0, os.SEEK_END)
            size = book.tell()
            book.seek(0)
            export.path, export.size, export.sha256 = name, size, _digest(book, size).hexdigest()
    except BaseException:
        FILES.forget(name)
        raise


def _fail(export: Export, token: uuid.UUID, words: str) -> None:
    leases.release(
        _writing(export), token, state=State.FAILED, problem=words, ended_at=timezone.now(), path=""
    )
    FILES.forget(export.path)


def _keep(export: Export, token: uuid.UUID, *names: str) -> None:
    """Record the progress and extend the lease. Raises LeaseLost."""
    changed = {name: getattr(export, name) for name in names}
    if "done" in names:
        changed["failures"] = 0
    if not leases.extend(_writing(export), token, LEASE, **changed):
        raise LeaseLost


def _writing(export: Export) -> QuerySet[Export]:
    return Export.objects.filter(pk=export.pk, state=State.WRITING)
