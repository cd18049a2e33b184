"""Excel workbooks, written row by row: constant memory, and every text stays a text."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import BinaryIO

#: The media type of a workbook.
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Rows of a sheet below its header.
MOST_ROWS = 1_048_575
#: `beat` is called after this many rows, so that the caller can keep its lease.
BEAT = 10_000
#: Numbers that Excel keeps to the last digit.
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?", re.ASCII)
WIDTH = 18


def write(
    file: BinaryIO,
    rows: Iterable[Sequence[object]],
    numbers: Collection[int] = (),
    *,
    beat: Callable[[], object] = lambda: None,
) -> None:
    """Write a workbook of these rows, the header first. `numbers` are the places of columns that hold numbers."""
    import xlsxwriter  # large: not at every start of a process

    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        head, plain = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for at, cells in enumerate(rows):
            if not at:
                sheet.set_column(0, max(len(cells) - 1, 0), WIDTH)
            for place, cell in enumerate(cells):
                said = "" if cell is None else str(cell)
                if at and place in numbers and _NUMBER.fullmatch(said):
                    sheet.write_number(at, place, float(said))
                else:
                    sheet.write_string(at, place, said, plain if at else head)
            if at % BEAT == 0:
                beat()
