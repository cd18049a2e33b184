"""What the empty cells of a row take from the set of defaults that one of its cells names.

A column that the file does not have is read as if it stood behind the others, empty in each row. So a file with few
columns is read as a whole one, and records of a list are put together from cells of both.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from backoffice.batches.file.columns import Column, by_name
from backoffice.changes.files import Layout
from backoffice.protocol.fields import Values


class Defaults:
    """The sets of defaults of a layout, by the places of the cells that they fill.

    `columns` are those of the file by place, `width` is how many it has. `behind` are the columns that it does not
    have, by the places that they are given.
    """

    def __init__(self, layout: Layout, columns: Mapping[int, Column], width: int) -> None:
        places = {column.path: place for place, column in columns.items()}
        self._place = places.get(layout.named_by)
        self.behind: dict[int, Column] = {}
        self._sets: dict[str, tuple[dict[int, Any], Values]] = {}
        if self._place is None:
            return
        known = {column.path: column for column in by_name(layout).values()}
        for key, values in layout.defaults().items():
            cells: dict[int, Any] = {}
            beside: Values = {}
            for name, value in values.items():
                if name == layout.named_by or name not in layout.fields:
                    beside[name] = value
                    continue
                for path, cell in _cells(name, value):
                    if path not in places:
                        places[path] = width + len(self.behind)
                        self.behind[places[path]] = known[path]
                    cells[places[path]] = cell
            self._sets[key] = cells, beside

    def names_one(self, texts: list[Any]) -> bool:
        """Whether a row names a set of defaults."""
        return self._place is not None and str(texts[self._place]).casefold() in self._sets

    def fill(self, texts: list[Any], but_not: Collection[int]) -> Values:
        """Fill the empty cells of a row, except at these places. Gives what has no column."""
        if self._place is None or not self.names_one(texts):
            return {}
        cells, beside = self._sets[str(texts[self._place]).casefold()]
        for place, cell in cells.items():
            if not texts[place] and place not in but_not:
                texts[place] = list(cell) if isinstance(cell, list) else cell
        return beside


def _cells(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A value as cells, by the paths of their columns: that of a set of codes is one of them."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        for number, record in enumerate(value):
            yield from ((f"{name}.{number}.{part}", text) for part, text in record.items() if text)
    else:
        yield name, value
