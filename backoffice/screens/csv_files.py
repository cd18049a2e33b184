"""CSV files for people with spreadsheets: streamed, and no cell can become a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

#: A cell that begins with one of these is taken for a formula by spreadsheets (OWASP ASVS 1.2.10).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula. A plain number, negative ones too, stays as it is."""
    text = "" if cell is None else str(cell)
    digits = text[1:].replace(".", "", 1)
    number = text[:1] in ("+", "-") and digits.isascii() and digits.isdigit()
    return f"'{text}" if text.startswith(FORMULA) and not number else text


class _Line:
    """A file for csv.writer that gives each line back."""

    def write(self, line: str) -> str:
        return line


def line(cells: Sequence[object]) -> str:
    """One line of a file, with its end."""
    return str(csv.writer(_Line()).writerow([safe(cell) for cell in cells]))


def lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of the file, with a byte order mark so that spreadsheets read it as UTF-8."""
    writer = csv.writer(_Line())
    yield "\ufeff"
    yield writer.writerow([safe(cell) for cell in header])
    for row in rows:
        yield writer.writerow([safe(cell) for cell in row])


def download(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """The file as a streamed download. `name` is ours, without quotes."""
    return StreamingHttpResponse(
        lines(header, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
