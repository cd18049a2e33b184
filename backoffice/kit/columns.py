"""Which columns of a table its reader chose, and in which order. The address says it: `columns=a,b,c`."""

from collections.abc import Sequence
from typing import Any

#: The name of the choice in addresses.
CHOSEN = "columns"


def names(text: str) -> list[str]:
    """The columns that an address names, in its order."""
    return [name for name in text.split(",") if name]


def offered(table: Any) -> list[Any]:
    """The columns that a reader may choose from, those that stay among them: all but the boxes that choose rows."""
    return [column for column in table.columns.iterall() if column.name not in table.picks]


def shown(table: Any) -> list[Any]:
    """The columns that a list shows to this request, in their order, without the boxes that choose rows.

    A list that goes elsewhere, such as into a file, has the same ones.
    """
    return [column for column in table.columns if column.name not in table.picks]


def choose(table: Any, wanted: Sequence[str]) -> None:
    """Show these columns alone, in this order, behind the first one, which stays. Unknown names are left out.

    Where none is known, the columns stay as the table declares them.
    """
    known = [column.name for column in offered(table)]
    chosen = [name for name in dict.fromkeys(wanted) if name in known]
    if not chosen:
        return
    chosen = [table.first, *(name for name in chosen if name != table.first)]
    for name in known:
        (table.columns.show if name in chosen else table.columns.hide)(name)
    table.sequence = [*table.picks, *chosen, "..."]
