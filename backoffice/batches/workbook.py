"""Excel workbooks (.xlsx), read row by row and as texts. A workbook is a zip archive from outside: it is looked at
before anything in it is unpacked.
"""

import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.conf import settings
from openpyxl import load_workbook

from backoffice.batches.errors import FileProblem

#: Parts of a workbook; times that a part may grow when it is unpacked, from a size on; the table of texts, which is
#: kept in memory while the sheet is read.
PARTS, RATIO, SMALL, TEXTS = 1_000, 100, 1_000_000, 32_000_000
#: From here on Excel keeps no more digits than it shows.
EXACT = 10**15

UNREADABLE = (
    "The workbook cannot be read: it is damaged, or no .xlsx file. Save it again as .xlsx, or as CSV."
)


@contextmanager
def open_workbook(path: Path) -> Iterator[Any]:
    """The workbook, read-only, with the values that formulas last had. Raises FileProblem."""
    _look_before(path)
    with _reading():
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        yield book
    finally:
        book.close()


@contextmanager
def _reading() -> Iterator[None]:
    """Around the library: what a hostile workbook makes it raise is without limit, and means the same each time."""
    try:
        yield
    except FileProblem:
        raise
    except Exception as error:
        raise FileProblem(UNREADABLE) from error


def _look_before(path: Path) -> None:
    """Refuse what is encrypted, oddly packed, or would not stay small when unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileProblem(UNREADABLE) from error
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or len(parts) > PARTS or len(names) < len(parts):
        raise FileProblem(
            "This is a zip archive, but no Excel workbook. Unpack it and upload the file in it."
        )
    most = settings.BATCH_MAX_UNPACKED_MB * 1024 * 1024
    total = sum(part.file_size for part in parts)
    for part in parts:
        if part.flag_bits & 0x1 or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileProblem(
                "The workbook is encrypted or oddly packed. Save it as .xlsx without a password."
            )
        if part.file_size > SMALL and part.file_size > RATIO * max(part.compress_size, 1):
            raise FileProblem("The workbook unpacks to far more than a table of texts would. Save it as CSV.")
        if part.filename.lower().endswith("sharedstrings.xml") and part.file_size > TEXTS:
            raise FileProblem("The workbook holds too much text to be read as .xlsx. Save it as CSV.")
    if total > most:
        raise FileProblem(
            f"The workbook unpacks to more than {settings.BATCH_MAX_UNPACKED_MB} MB. Save it as CSV, or divide it."
        )


def sheet_of(book: Any) -> Any:
    """The first sheet that is not hidden. Raises FileProblem where there is none."""
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            return sheet
    raise FileProblem("The workbook has no visible sheet with cells.")


def sheet_rows(path: Path) -> Generator[tuple[int, list[str]], None, None]:
    """The rows of the sheet as texts, numbered as Excel numbers them."""
    with open_workbook(path) as book:
        sheet = sheet_of(book)
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        rows = sheet.iter_rows(values_only=True)
        number = 0
        while True:
            number += 1
            with _reading():
                row = next(rows, None)
                if row is None:
                    return
                cells = [as_text(value) for value in row]
            yield number, cells


def as_text(value: object) -> str:
    """A cell as the sheet shows it. A number with more digits than Excel keeps is written as Excel writes it."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(value)
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def _number(value: float) -> str:
    if abs(value) >= EXACT:
        return f"{value:.6E}"
    return str(int(value)) if value == int(value) else f"{value:.15g}"
