"""Templates of files to fill in and upload: the columns of a kind as an Excel workbook, and as CSV.

Excel turns an account number into 4.87E+12 and swaps day and month of a date if it takes them for numbers. So all
columns of the workbook are text. Its drop-down lists have the names of codes, which the reader of files takes.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.conf import settings

from backoffice.batches.file.columns import BETWEEN, Column, columns
from backoffice.changes.files import Layout
from backoffice.kit.csv_files import line
from backoffice.kit.forms import CHOSEN_UP_TO
from backoffice.kit.names import Offered, offered
from backoffice.protocol.fields import Date

if TYPE_CHECKING:
    import xlsxwriter

#: The sheet to fill in, and the hidden one with the lists: elsewhere Excel takes at most 255 characters of a list.
ROWS, LISTS = "Rows", "Lists"
#: Characters of the message beside a cell and of its title, as Excel allows them.
MESSAGE, TITLE = 255, 32
NARROWEST, WIDEST = 12, 40


def csv(layout: Layout) -> str:
    """Return a CSV file with the header and an example row. Values that the portal makes are empty."""
    shown = columns(layout)
    return line([column.name for column in shown]) + line([_example(layout, column) for column in shown])


def workbook(layout: Layout) -> BytesIO:
    """Return a workbook with the header, over columns of text with drop-down lists and a note on each column."""
    import xlsxwriter  # large: not at every start of a process

    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        text, optional = book.add_format({"num_format": "@"}), book.add_format({"bottom": 1})
        required = book.add_format({"bottom": 1, "bold": True, "bg_color": "#FFE699"})
        sheet, lists = book.add_worksheet(ROWS), _Lists(book)
        sheet.freeze_panes(1, 0)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        for place, column in enumerate(columns(layout)):
            name = column.name
            sheet.set_column(place, place, min(max(len(name) + 2, NARROWEST), WIDEST), text)
            sheet.write_string(0, place, name, required if column.required else optional)
            sheet.write_comment(0, place, _note(layout, column), {"x_scale": 2})
            if offers := _offers(column, lists):
                sheet.data_validation(1, place, settings.BATCH_MAX_ROWS, place, offers)
    file.seek(0)
    return file


class _Lists:
    """The hidden sheet, with each drop-down list once."""

    def __init__(self, book: "xlsxwriter.Workbook") -> None:
        self._sheet = book.add_worksheet(LISTS)
        self._sheet.hide()
        self._found: dict[tuple[str, ...], str] = {}

    def keep(self, texts: Sequence[str]) -> str:
        """Return the reference to a list of these texts."""
        from xlsxwriter.utility import xl_range_abs

        key = tuple(texts)
        if key not in self._found:
            place = len(self._found)
            self._sheet.write_column(0, place, texts)
            self._found[key] = f"={LISTS}!{xl_range_abs(0, place, len(texts) - 1, place)}"
        return self._found[key]


def _offers(column: Column, lists: _Lists) -> dict[str, Any]:
    """Return the data validation of a column for Excel; empty if people type freely."""
    names = _names(column)
    texts = [meaning for _, meaning in column.codes] or list(dict.fromkeys(code for code, _ in names))
    message = _message(column, names)
    beside = {"input_title": column.label[:TITLE], "input_message": message} if message else {}
    if not texts:
        return {"validate": "any", **beside} if beside else {}
    return {
        "validate": "list",
        "source": lists.keep(texts),
        "show_error": not column.several,  # Excel would refuse several of them
        "error_type": "warning",
        "error_title": column.label[:TITLE],
        "error_message": "This is not in the list. Check it before you keep it.",
        **beside,
    }


def _names(column: Column) -> Offered:
    """Return the names of a master list if it is short enough for forms to offer all of it."""
    found = offered(column.field.names) if column.field.names else ()
    return found if len(found) <= CHOSEN_UP_TO else ()


def _message(column: Column, names: Offered) -> str:
    """Return the note beside a cell, or ""."""
    if column.several:
        return f"One or several, with {BETWEEN} between."
    if isinstance(column.field, Date):
        return f"A date as {settings.BATCH_DATE_SHAPES[0]}."
    labels = "\n".join(dict.fromkeys(label for code, label in names if label != code))
    return labels if len(labels) <= MESSAGE else f"{labels[: MESSAGE - 1]}…"


def _note(layout: Layout, column: Column) -> str:
    """Return the note on a column, as in the guide on the page."""
    longest, example = column.max_length, _example(layout, column)
    said = [
        column.label,
        "Required." if column.required else f"Required {column.when}." if column.when else "",
        column.help,
        f"At most {longest} characters." if longest else "",
        f"Example: {example}" if example else "",
    ]
    return "\n".join(filter(None, said))


def _example(layout: Layout, column: Column) -> str:
    name, *number = column.path.split(".")[:2]
    first = not (number and number[0].isdecimal() and number != ["0"])
    made_here = column.name == "reference" or column.secret
    return column.example if first and not made_here and name not in layout.seldom else ""
