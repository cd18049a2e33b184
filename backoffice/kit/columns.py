"""The columns of a table that its reader chose, in order. In the address: `columns=a,b,c`."""

from collections.abc import Sequence
from typing import Any

#: The name of the choice in addresses.
CHOSEN = "columns"


def names(text: str) -> list[str]:
    """The columns that an address names, in its order."""
    return [name for name in text.split(",") if name]


def offered(table: Any) -> list[Any]:
    """Return the columns to choose from and the fixed ones: all except the boxes that select rows."""
    return [column for column in table.columns.iterall() if column.name not in table.picks]


def shown(table: Any) -> list[Any]:
    """Return the columns that a list shows to this request, in order, without the boxes that select rows.

    The file of a list has the same columns.
    """
    return [column for column in table.columns if column.name not in table.picks]


def choose(table: Any, wanted: Sequence[str]) -> None:
    """Show only these columns, in this order, after the fixed first one. Unknown names are ignored.

    If none is known, the columns stay as declared.
    """
    known = [column.name for column in offered(table)]
    chosen = [name for name in dict.fromkeys(wanted) if name in known]
    if not chosen:
        return
    chosen = [table.first, *(name for name in chosen if name != table.first)]
    for name in known:
        (table.columns.show if name in chosen else table.columns.hide)(name)
    table.sequence = [*table.picks, *chosen, "..."]
