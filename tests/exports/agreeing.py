"""Whether the file of a list says what its page draws, cell by cell."""

import re
from html import unescape

from django_tables2 import BooleanColumn

from backoffice.compliance.tables import PersonColumn
from backoffice.delivery.tables import WaitingColumn
from backoffice.exports import lists
from backoffice.kit.file_cells import text
from backoffice.kit.tables_base import SubjectColumn

#: Values that a page shortens and shows completely in the hint: a time, a digest, the names of segments.
SHORTENED = re.compile(r'<(?:span class="(?:nowrap|mono)"|time[^>]*?) title="([^"]*?)(?: IST)?"')
#: Beside these the page says more than a file, which has one thing in a cell.
LONGER = (PersonColumn, SubjectColumn, WaitingColumn)


def assert_agrees(path, person, query=""):
    """Compare every column, also those that are hidden until somebody wants them. Returns the rows of the file."""
    opened = lists.OpenedList(path, query, person)
    table = opened.view.get_table_class()(data=list(opened.rows))
    table.request = opened.view.request
    every = [column.name for column in table.columns.iterall() if not column.column.exclude_from_export]
    chosen = lists.parameters(path, f"{query}&columns={','.join(every)}", person)
    found = list(lists.kind_of("list", chosen, person).all_rows(chosen, whole=True))
    assert sorted(chosen["columns"]) == sorted(every)
    assert len(found) == len(table.rows)
    for row, cells in zip(table.rows, found, strict=True):
        for name, cell in zip(chosen["columns"], cells, strict=True):
            drawn = drawn_text(row.get_cell(name))
            assert says_the_same(table.columns[name].column, drawn, cell), (path, name, drawn, cell)
    return found


def drawn_text(cell):
    """What a cell of a page says to who reads all of it."""
    whole = SHORTENED.search(str(cell))
    return unescape(whole[1]) if whole else str(text(cell))


def says_the_same(column, drawn, cell):
    """Whether a cell of a file (`cell`) says what the page does. Numbers have no digits grouped in a file."""
    if isinstance(column, BooleanColumn):
        return drawn == ("yes" if cell == "True" else "no")
    if isinstance(column, LONGER):
        return str(cell) in re.split(r"(?<=\S) ", drawn) or drawn.startswith(str(cell))
    plain = drawn.replace(",", "")
    return str(cell) == drawn or str(cell) == plain or (plain.endswith(".00") and f"{cell:.2f}" == plain)
