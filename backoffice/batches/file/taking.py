"""Taking an uploaded file in: stored, its headers read, with what they mean as far as that is known."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings
from django.utils import timezone

from backoffice.batches.errors import BatchError
from backoffice.batches.file import matching, meanings, reading, uploads
from backoffice.changes.files import Layout

if TYPE_CHECKING:
    from backoffice.logins.models import User


class Kept(Protocol):
    """What keeps an uploaded file for a time: a batch, a reconciliation."""

    path: str
    file_until: datetime | None


@contextmanager
def taken_in(
    chunks: Iterable[bytes], file_name: str, kind: str, layout: Layout, by: "User"
) -> Iterator[dict[str, Any]]:
    """Store a file and give the columns of the row that keeps it; where that row is not made, the file goes again.

    `kind` is that by which the meaning of columns is remembered. Raises FileProblem where the file cannot be read.
    """
    stored = uploads.store(chunks)
    try:
        name = uploads.clean_name(file_name)
        found = reading.inspect(uploads.path_of(stored.name), name, knows=matching.knows(layout))
        mapping, unconfirmed = meanings.meaning(kind, layout, found, by)
        yield {
            "file_name": name,
            "path": stored.name,
            "file_until": timezone.now() + timedelta(days=settings.BATCH_FILE_DAYS),
            "sha256": stored.sha256,
            "size": stored.size,
            "shape": found.shape,
            "headers": found.headers,
            "mapping": mapping,
            "unconfirmed": unconfirmed,
        }
    except BaseException:
        uploads.forget(stored.name)
        raise


def kept(row: Kept) -> Path:
    """The uploaded file. Raises BatchError where its time is over, whether beat has deleted it or not."""
    if not row.path or (row.file_until and row.file_until <= timezone.now()):
        raise BatchError("The file is not kept any more. Upload it again.")
    return uploads.path_of(row.path)
