"""Zip archives from outside, checked before anything in them is unpacked."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from backoffice.batches.errors import FileProblem

UNREADABLE = (
    "The workbook cannot be read: it is damaged, or no .xlsx file. Save it again as .xlsx, or as CSV."
)
#: Parts of a workbook; how much a part may grow when unpacked, above a size; bytes of the list of parts.
PARTS, RATIO, SMALL, DIRECTORY = 1_000, 100, 1_000_000, 1_000_000
#: The errors that a damaged archive raises.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, LookupError, ValueError)


class _Bounded(io.BufferedReader):
    """A file that lets an archive read only as much as its list of parts may have."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = DIRECTORY
        if size > DIRECTORY:
            raise zipfile.BadZipFile
        return super().read(size)


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open the archive, with a bounded list of parts in memory. Raises FileProblem."""
    with _Bounded(io.FileIO(path)) as file:
        try:
            archive = zipfile.ZipFile(file)
        except DAMAGE as error:
            raise FileProblem(UNREADABLE) from error
        with archive:
            yield archive


def look_before(archive: zipfile.ZipFile) -> None:
    """Refuse files that are not workbooks, encrypted, oddly packed, or too large when unpacked."""
    parts = archive.infolist()
    names = {part.filename.lower() for part in parts}
    if "[content_types].xml" not in names or len(parts) > PARTS or len(names) < len(parts):
        raise FileProblem(
            "This is a zip archive, but no Excel workbook. Unpack it and upload the file in it."
        )
    most = settings.BATCH_MAX_UNPACKED_MB * 1024 * 1024
    for part in parts:
        if part.flag_bits & 0x1 or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileProblem(
                "The workbook is encrypted or oddly packed. Save it as .xlsx without a password."
            )
        if part.file_size > SMALL and part.file_size > RATIO * max(part.compress_size, 1):
            raise FileProblem("The workbook unpacks to far more than a table of texts would. Save it as CSV.")
    if sum(part.file_size for part in parts) > most:
        raise FileProblem(
            f"The workbook unpacks to more than {settings.BATCH_MAX_UNPACKED_MB} MB. Save it as CSV, or divide it."
        )
