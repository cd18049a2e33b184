"""CSV files for spreadsheets: streamed, and no cell can become a formula.

`block` writes every CSV file that leaves the portal, and `unmarked` reads a file that comes back.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import cast

from django.http import StreamingHttpResponse

#: What spreadsheets take for a formula (OWASP ASVS 1.2.10): these signs, also wide and small ones, after any
#: invisible characters; and a tab or a line end at the beginning.
_FORMULA = re.compile(
    "[\\s\u200b-\u200f\u2060\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]|[\t\r\n]"
)
#: Any such cell among many that are joined by NUL; finds too many if a cell contains NUL.
_AMONG = re.compile(f"\0(?:{_FORMULA.pattern})")
_NUMBER = re.compile(r"[+-](?:[0-9]+\.?[0-9]*|\.[0-9]+)")
#: Makes a spreadsheet treat the cell as text; the spreadsheet does not show it.
MARK = "'"
#: Rows of a download written at a time.
AT_ONCE = 1000
YES_NO = {True: "Yes", False: "No"}


def safe(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula. Plain numbers, also negative ones, stay as they are."""
    text = _text(cell)
    return f"{MARK}{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _text(cell: object) -> str:
    """Return a cell as text; true and false are the words of pages."""
    if isinstance(cell, bool):
        return YES_NO[cell]
    return "" if cell is None else str(cell)


def unmarked(cell: str) -> str:
    """Return a cell as it was before `safe`."""
    return cell[1:] if cell.startswith(MARK) and _FORMULA.match(cell, 1) else cell


def cells(text: Iterable[str]) -> Iterator[list[str]]:
    """The cells of a file that `lines` wrote, row by row, as they were before `safe`."""
    return ([unmarked(cell) for cell in row] for row in csv.reader(text))


def line(cells: Sequence[object]) -> str:
    """One line of a file, with its end."""
    return block([cells])


def block(rows: Iterable[Sequence[object]]) -> str:
    """Return the lines of many rows of one length, with their ends."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(zip(*map(_safe_column, zip(*rows, strict=True)), strict=True))
    return written.getvalue()


def _safe_column(cells: Sequence[object]) -> Sequence[str]:
    """Return what `safe` makes of each of these cells. All are searched together: formulas are rare."""
    only_texts = set(map(type, cells)) == {str}
    texts = cast("Sequence[str]", cells) if only_texts else list(map(_text, cells))
    return list(map(safe, texts)) if _AMONG.search("\0" + "\0".join(texts)) else texts


def lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of the file, with a byte order mark so that spreadsheets read it as UTF-8."""
    yield "\ufeff"
    yield line(header)
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        yield block(some)


def download(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """The file as a streamed download. `name` is ours, without quotes."""
    return StreamingHttpResponse(
        lines(header, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
