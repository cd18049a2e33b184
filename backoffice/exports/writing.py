"""Writing the file of an export, piece by piece, by the one worker that holds its lease.

A worker that gives the lease back leaves the file for the next to go on with. One that was killed, or lost its lease,
leaves it in an unknown state: who takes over begins a file of their own, so that two can never write into one.
"""

import hashlib
import logging
import os
import time
import uuid
from datetime import timedelta
from typing import Any, BinaryIO

from django.db.models import QuerySet
from django.utils import timezone

from backoffice import leases
from backoffice.exports.kinds import KINDS, Unreadable
from backoffice.exports.models import Export, State
from backoffice.exports.operations import FILES, ready_until
from backoffice.kit import csv_files, privacy

logger = logging.getLogger(__name__)

#: The worker is given back after this many seconds, so that deliveries get their turn beside a long export.
WORK_SECONDS = 15.0
LEASE = timedelta(seconds=60)
BOM = "\ufeff".encode()


class LeaseLost(Exception):
    """Another worker has taken over, or the export was deleted."""


def work_due() -> int:
    """Write at the oldest export that is due, for a while. Returns on how many there was work: 0 or 1."""
    for export in due():
        if token := take(export):
            _work(Export.objects.select_related("asked_by").get(pk=export.pk), token)
            return 1
    return 0


def due() -> QuerySet[Export]:
    """Exports to be written that nobody writes, the oldest first."""
    return Export.objects.filter(leases.free(), state=State.WRITING).order_by("pk")


def take(export: Export) -> uuid.UUID | None:
    """Take the lease; None when another was quicker. Begins again where the last worker did not give it back."""
    changed: dict[str, Any] = {}
    if export.lease_token or not export.path:
        changed = {"path": FILES.new_name(), "position": None, "done": 0, "size": 0, "total": None}
    same = due().filter(pk=export.pk, lease_token=export.lease_token, path=export.path)
    lease = leases.take(same, LEASE, **changed)
    if lease is None:
        return None
    if export.path and changed:
        FILES.forget(export.path)
    return lease.token


def _work(export: Export, token: uuid.UUID) -> None:
    asker = export.asked_by
    may = asker.is_active and asker.has_perm(KINDS[export.kind].permission)
    if not may or (export.whole and not privacy.sees(asker)):
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
    kind = KINDS[export.kind]
    if export.total is None:
        export.total = kind.count(export.parameters, None)
        export.started_at = timezone.now()
        _keep(export, token, "total", "started_at")
    end = time.monotonic() + WORK_SECONDS
    with FILES.open(export.path, "r+b" if export.size else "wb") as file:
        if not export.size:
            _append(file, export, [csv_files.line(kind.header)], BOM)
        file.seek(export.size)
        file.truncate()
        while rows := kind.rows(export.parameters, export.whole, export.position):
            _append(file, export, [csv_files.line(cells) for _, cells in rows])
            export.position = rows[-1][0]
            export.done += len(rows)
            _keep(export, token, "position", "done", "size")
            if time.monotonic() >= end:
                break
        file.flush()
        os.fsync(file.fileno())
    if rows:
        leases.release(_writing(export), token)
    else:
        _finish(export, token)


def _append(file: BinaryIO, export: Export, lines: list[str], before: bytes = b"") -> None:
    text = before + "".join(lines).encode()
    file.write(text)
    export.size += len(text)


def _finish(export: Export, token: uuid.UUID) -> None:
    with FILES.path_of(export.path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    now = timezone.now()
    done = leases.release(
        _writing(export),
        token,
        state=State.READY,
        sha256=digest,
        total=export.done,
        ended_at=now,
        file_until=now + ready_until(),
    )
    if not done:
        raise LeaseLost


def _fail(export: Export, token: uuid.UUID, words: str) -> None:
    leases.release(
        _writing(export), token, state=State.FAILED, problem=words, ended_at=timezone.now(), path=""
    )
    FILES.forget(export.path)


def _keep(export: Export, token: uuid.UUID, *names: str) -> None:
    """Write down how far it is and make the lease last longer. Raises LeaseLost."""
    changed = {name: getattr(export, name) for name in names}
    if not leases.extend(_writing(export), token, LEASE, **changed):
        raise LeaseLost


def _writing(export: Export) -> QuerySet[Export]:
    return Export.objects.filter(pk=export.pk, state=State.WRITING)
