"""An uploaded file as numbered rows of texts, whatever it is: nothing about it is trusted, and little of it is kept.

A row's number is the one that a person sees in a spreadsheet: the header is row 1, and a line break inside quotation
marks begins no new row. What kind of file it is, its content decides and not its name.
"""

import codecs
import csv
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from backoffice.batches.errors import FileProblem
from backoffice.batches.workbook import open_workbook, sheet_of, sheet_rows

Shape = dict[str, Any]
NumberedRow = tuple[int, list[str]]
Rows = Generator[NumberedRow, None, None]

SEPARATORS = ",;\t|"
SPOKEN = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
#: Characters of one cell: what a spreadsheet holds. Of one row: four times the longest that could mean anything.
CELL, ROW = 32_767, 65_536
#: Rows by which the separator is told.
SAMPLE = 10

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_BOM = b"\xef\xbb\xbf"
_OTHERS = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a compressed file",
    b"7z\xbc\xaf": "a compressed file",
    b"Rar!": "a compressed file",
    b"{\\rtf": "a text document",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
}
#: Bytes that mean nothing in Windows-1252.
_NOT_WESTERN = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))


@dataclass(frozen=True)
class Inspected:
    """How a file is read, as JSON can keep it, and its headers. `shape["rows"]` estimates its rows."""

    shape: Shape = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)


def inspect(path: Path, file_name: str) -> Inspected:
    """What kind of file it is, and its headers. Raises FileProblem on one that cannot be read."""
    if not path.stat().st_size:
        raise FileProblem(f"{file_name} is empty. Choose a file with a header and at least one row.")
    with path.open("rb") as file:
        beginning = file.read(16)
    shape = _workbook_shape(path) if beginning.startswith(_ZIP) else _text_shape(path, beginning)
    rows = _records(path, shape)
    headers = _headers(rows)
    rows.close()
    return Inspected(shape, headers)


def open_rows(path: Path, shape: Shape, width: int, after: int = 1) -> Rows:
    """The rows below the header that have anything in them, from the one after `after`.

    Empty cells at the end are dropped down to `width`; what is left is for the caller to compare with it. Raises
    FileProblem underway on what cannot be read, and at more rows than the settings allow.
    """
    for number, cells in _records(path, shape):
        if number > settings.BATCH_MAX_ROWS + 1:
            raise FileProblem(
                f"The file has more than {settings.BATCH_MAX_ROWS} rows. Divide it into several files."
            )
        if number <= after:
            continue
        if len(cells) > width:
            cells = _without_empty_end(cells, width)
        elif shape["format"] == "xlsx":  # a sheet does not store the empty cells at the end of a row
            cells += [""] * (width - len(cells))
        if any(cells):
            yield number, cells


def _records(path: Path, shape: Shape) -> Rows:
    return sheet_rows(path) if shape["format"] == "xlsx" else _text_rows(path, shape)


def _headers(rows: Iterator[NumberedRow]) -> list[str]:
    number, cells = next(rows, (1, []))
    headers = [cell.strip() for cell in _without_empty_end(cells, 0)]
    if number != 1 or not headers:
        raise FileProblem("The first row is empty. It must name the columns.")
    if len(headers) > settings.BATCH_MAX_COLUMNS:
        raise FileProblem(
            f"The file has {len(headers)} columns; at most {settings.BATCH_MAX_COLUMNS} are read. "
            "Leave out those that are not needed."
        )
    if any(not header.isprintable() for header in headers):
        raise FileProblem(
            "The first row has characters that no header has: this is no table, or its first row is not the header."
        )
    if next(rows, None) is None:
        raise FileProblem("The file has a header and no rows.")
    return headers


def _without_empty_end(cells: list[str], width: int) -> list[str]:
    end = len(cells)
    while end > width and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _workbook_shape(path: Path) -> Shape:
    with open_workbook(path) as book:
        sheet = sheet_of(book)
        return {"format": "xlsx", "sheet": sheet.title, "rows": sheet.max_row or 0}


def _text_shape(path: Path, beginning: bytes) -> Shape:
    for signature, words in _OTHERS.items():
        if beginning.startswith(signature):
            raise FileProblem(f"This is {words}, whatever its name says. Save the table as CSV or as .xlsx.")
    if beginning.startswith(_OLE):
        raise FileProblem(
            "This is an old Excel file, or one that is protected by a password. "
            "Save it as .xlsx without a password, or as CSV."
        )
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileProblem("The file is written in UTF-16. Save it as CSV UTF-8.")
    encoding, lines = _encoding(path, beginning)
    shape: Shape = {"format": "csv", "encoding": encoding, "rows": max(lines - 1, 0)}
    return {**shape, "separator": _separator(path, encoding)}


def _encoding(path: Path, beginning: bytes) -> tuple[str, int]:
    """The encoding in which the whole file can be read, and how many lines it has."""
    utf8, western, lines, last = True, True, 0, b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            if b"\0" in block:
                raise FileProblem("The file has NUL bytes in it: it is no text. Save the table as CSV again.")
            utf8 = utf8 and _decodes(decoder, block)
            western = western and len(block.translate(None, _NOT_WESTERN)) == len(block)
            lines += block.count(b"\n") or block.count(b"\r")
            last = block[-1:]
    lines += last not in (b"\n", b"\r")
    if utf8 and _decodes(decoder, b"", final=True):
        return "utf-8-sig" if beginning.startswith(_BOM) else "utf-8", lines
    if western:
        return "cp1252", lines
    raise FileProblem("The file is neither UTF-8 nor Windows-1252. Save it as CSV UTF-8.")


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _separator(path: Path, encoding: str) -> str:
    """The separator that gives the header the most columns; the rows below decide between equals."""

    def columns(separator: str) -> tuple[int, int]:
        rows = _text_rows(path, {"encoding": encoding, "separator": separator})
        widths = []
        try:
            for _, cells in rows:
                widths.append(len(cells))
                if len(widths) == SAMPLE:
                    break
        except FileProblem:
            pass
        finally:
            rows.close()
        return (widths[0], sum(width == widths[0] for width in widths)) if widths else (0, 0)

    return max(SEPARATORS, key=columns)


def _text_rows(path: Path, shape: Shape) -> Rows:
    """The records of a CSV file. One that breaks the rules of quoting cannot be told apart from damage."""
    csv.field_size_limit(CELL)
    number = 0
    with path.open(encoding=shape["encoding"], newline="") as file:
        reader = csv.reader(file, delimiter=shape["separator"], strict=True)
        try:
            for number, cells in enumerate(reader, 1):
                if sum(map(len, cells)) > ROW:
                    raise FileProblem(
                        f"Row {number} is longer than {ROW} characters. Is a separator missing?"
                    )
                yield number, cells
        except csv.Error as error:
            raise FileProblem(_quoting(number + 1, str(error))) from None
        except UnicodeDecodeError:
            raise FileProblem(
                f"The file changed after it was uploaded: row {number + 1} cannot be read."
            ) from None


def _quoting(number: int, error: str) -> str:
    if "field larger" in error:
        return f"Row {number} has a cell longer than {CELL} characters. Is a quotation mark not closed there?"
    return (
        f'Row {number} cannot be read: a quotation mark (") is not closed, or stands in the middle of a cell.'
    )
