"""Read an uploaded file of any format as numbered rows of texts, with no trust in it and bounded memory.

Row numbers are those of the spreadsheet, and a line break inside quotation marks does not start a row. The
content decides the format, not the name. Sheet and header row are guessed, and a person can choose others.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from django.conf import settings

from backoffice.batches.errors import FileProblem
from backoffice.batches.file.delimited import Shape, is_directive, text_records, text_shape
from backoffice.batches.file.other_formats import BEGINNING, ZIP, refuse_other
from backoffice.batches.file.sheet import LAST_COLUMN, Choice, Rows
from backoffice.batches.file.workbook import Sheet, Workbook, open_workbook
from backoffice.outside import quoted

#: Rows in which the header is searched, and the unpacked bytes of a sheet that contain them.
HEADER_WITHIN, SAMPLED = 30, 8_000_000
#: Unpacked bytes of a sheet that are examined to choose among the sheets.
GLANCE = 2_000_000
#: How many sheets are searched for a header, and how many can be chosen.
SHEETS = 20

NumberedRow = tuple[int, list[str]]
#: Whether a header names a column; how many cells of a row do.
Knows = Callable[[str], bool]
Count = Callable[[Sequence[str]], int]

#: Invisible characters of headers: zero-width ones, marks of direction, soft hyphens.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
)


@dataclass(frozen=True)
class Inspected:
    """How a file is read, as JSON can store it, and its headers.

    In `shape`, "rows" estimates its rows, "header_row" is the number of the header row, "sheet" the one that
    is read, "sheets" those to choose from, "hidden_columns" the places of hidden columns.
    """

    shape: Shape = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)


def inspect(
    path: Path,
    file_name: str,
    *,
    knows: Knows = lambda header: False,
    sheet: str = "",
    header_row: int = 0,
) -> Inspected:
    """Return the format of a file and its headers, in the requested sheet and row or the likeliest ones.

    Raises FileProblem if it cannot be read.
    """
    if not path.stat().st_size:
        raise FileProblem(f"{file_name} is empty. Choose a file with a header and at least one row.")
    with path.open("rb") as file:
        beginning = file.read(BEGINNING)
    refuse_other(path, beginning)

    def count(cells: Sequence[str]) -> int:
        return sum(map(knows, cells))

    if beginning.startswith(ZIP):
        with open_workbook(path) as book:
            return _of_workbook(book, count, sheet, header_row)
    shape = text_shape(path, beginning, count)
    with closing(_lines(path, shape)) as lines:
        return _inspected(shape, lines, count, header_row)


def open_rows(
    path: Path,
    shape: Shape,
    width: int,
    after: int = 0,
    *,
    dates: Collection[int] = range(LAST_COLUMN),
    beat: Callable[[], object] = lambda: None,
) -> Rows:
    """Return the non-empty rows below the header, from the one after `after`.

    `dates` are the places of columns that take a date; `beat` is called regularly while no row comes. Empty
    cells at the end are dropped down to `width`; the caller compares the rest with it. Raises FileProblem if
    the file cannot be read further, and for more rows than the settings allow.
    """
    header_row = int(shape.get("header_row", 1))
    after = max(after, header_row)
    for number, cells in _rows(path, shape, Choice(after, shape.get("hidden", ""), width, dates), beat):
        if number <= after:
            continue
        if len(cells) > width:
            _drop_empty_end(cells, width)
        elif shape["format"] == "xlsx":  # a sheet does not store the empty cells at the end of a row
            cells += [""] * (width - len(cells))
        if not any(map(str.strip, cells)) and type(cells) is list:
            continue
        if number > settings.BATCH_MAX_ROWS + header_row:
            raise FileProblem(
                f"The file has more than {settings.BATCH_MAX_ROWS} rows: there is one with the number {number}. "
                "Divide it into several files."
            )
        yield number, cells


def _rows(path: Path, shape: Shape, choice: Choice, beat: Callable[[], object]) -> Rows:
    if shape["format"] != "xlsx":
        yield from text_records(path, shape)
        return
    with open_workbook(path) as book:
        for sheet in book.sheets:
            if sheet.title == shape["sheet"]:
                yield from book.rows(sheet, choice, beat=beat)
                return
    raise FileProblem(
        f"The workbook has no visible sheet {quoted(shape['sheet'])} any more. Upload it again."
    )


def _lines(path: Path, shape: Shape) -> Rows:
    """Return the records of a text file without Excel's line that names the separator."""
    for number, cells in text_records(path, shape):
        if number > 1 or not is_directive(cells, shape["separator"]):
            yield number, cells


def _of_workbook(book: Workbook, count: Count, wanted: str, header_row: int) -> Inspected:
    """Return the requested sheet, or the first of those whose likeliest header names most columns."""
    titles = [sheet.title for sheet in book.sheets[:SHEETS]]
    if wanted and wanted not in titles:
        raise FileProblem(f"The workbook has no visible sheet {quoted(wanted)}. Choose one of its sheets.")
    among = [sheet for sheet in book.sheets[:SHEETS] if not wanted or sheet.title == wanted]
    sheet = among[0] if len(among) == 1 else max(among, key=lambda one: _names(book, one, count))
    before = book.preamble(sheet)
    shape: Shape = {"format": "xlsx", "sheet": sheet.title, "sheets": titles, "rows": before.last_row}
    with closing(book.rows(sheet, Choice(), most=SAMPLED)) as rows:
        found = _inspected(shape, rows, count, header_row)
    hidden = [place for place in range(len(found.headers)) if before.hides(place)]
    return Inspected({**found.shape, "hidden_columns": hidden}, found.headers)


def _names(book: Workbook, sheet: Sheet, count: Count) -> int:
    """Return how many columns the likeliest header of a sheet names; -1 if the sheet is empty."""
    with closing(book.rows(sheet, Choice(), most=GLANCE)) as rows:
        return max((count(cells) for _, cells in islice(rows, HEADER_WITHIN)), default=-1)


def _inspected(shape: Shape, rows: Iterator[NumberedRow], count: Count, header_row: int) -> Inspected:
    """Return the headers in the requested row, or in the row near the top that names most columns."""
    rows = (row for row in rows if any(map(str.strip, row[1])))
    beginning = list(islice(rows, HEADER_WITHIN))
    if not beginning:
        raise FileProblem("There is no text in the file. It must have a row that names the columns.")
    if header_row:
        found = next((row for row in chain(beginning, rows) if row[0] >= header_row), None)
        if found is None or found[0] != header_row:
            raise FileProblem(f"Row {header_row} is empty. Choose the row that names the columns.")
    else:
        found = max(beginning, key=lambda row: (count(row[1]), -row[0]))
    number = found[0]
    if beginning[-1][0] <= number and next(rows, None) is None:
        raise FileProblem("The file has a header and no rows.")
    below = min(max(shape["rows"] - number, 0), settings.BATCH_MAX_ROWS)
    return Inspected({**shape, "header_row": number, "rows": below}, _headers(found))


def _headers(row: NumberedRow) -> list[str]:
    number, cells = row
    headers = [_INVISIBLE.sub("", " ".join(cell.split())) for cell in cells]
    _drop_empty_end(headers, 0)
    if len(headers) > settings.BATCH_MAX_COLUMNS:
        raise FileProblem(
            f"The file has {len(headers)} columns; at most {settings.BATCH_MAX_COLUMNS} are read. "
            "Leave out those that are not needed."
        )
    if any(not header.isprintable() for header in headers):
        raise FileProblem(
            f"Row {number} has characters that no header has: this is no table, or this row is not its header."
        )
    return headers


def _drop_empty_end(cells: list[str], width: int) -> None:
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
