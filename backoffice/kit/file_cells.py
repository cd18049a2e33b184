"""The cells of a column in a file, made of values instead of records.

A page draws a few rows, cell by cell. A file has up to a million: their values are read from the database
without records, and a column makes the texts of many rows at once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from backoffice.kit.formats import RUPEE


@dataclass(frozen=True)
class FileCells:
    """Where the cells of a column come from.

    `paths` are values of a row, as a query names them (`retail_user__name`). `say` takes a list of the values
    of each path, all of one length, and returns as many cells.
    """

    paths: tuple[str, ...]
    say: Callable[..., Iterable[object]]


def of_value(bound: Any, say: Callable[[Any], object]) -> FileCells:
    """The cells of a column that shows one value; empty if there is none."""
    empty = bound.column.empty_values
    return FileCells(
        (path_of(bound),), lambda values: ["" if value in empty else say(value) for value in values]
    )


def of_values(*paths: str, say: Callable[..., object]) -> FileCells:
    """The cells of a column, each made of these values of its row."""
    return FileCells(paths, lambda *values: map(say, *values))


def path_of(bound: Any) -> str:
    """Return the path of a column's value in a query."""
    return str(bound.accessor)


def text(value: Any) -> object:
    """Return the text of a page's cell, without markup and with plain spaces. Numbers stay numbers."""
    if isinstance(value, SafeString):
        value = " ".join(unescape(strip_tags(value.replace("<br>", " "))).split())
    elif isinstance(value, str):
        value = value.replace(RUPEE, "₹ ")
    return "" if value in (None, "–", "—") else value
