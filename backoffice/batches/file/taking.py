"""Accept an uploaded file: store it, and read its headers with their known meanings."""

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
    """A row that keeps an uploaded file for a time: a batch, a reconciliation."""

    path: str
    file_until: datetime | None


@contextmanager
def taken_in(
    chunks: Iterable[bytes], file_name: str, kind: str, layout: Layout, by: "User"
) -> Iterator[dict[str, Any]]:
    """Store a file and return the columns of its row; if that row is not made, the file is deleted.

    `kind` is the key for remembered meanings of columns. Raises FileProblem if the file cannot be read.
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
    """Return the uploaded file. Raises BatchError if it has expired, even if beat has not deleted it yet."""
    if not row.path or (row.file_until and row.file_until <= timezone.now()):
        raise BatchError("The file is not kept any more. Upload it again.")
    return uploads.path_of(row.path)
