"""Fill the empty cells of a row from the set of defaults that one of its cells names.

Columns that the file does not have are treated as if they followed the others, empty in each row. So a file
with few columns is read as a complete one, and records of a list combine cells of both.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from backoffice.batches.file.columns import Column, by_name
from backoffice.changes.files import Layout
from backoffice.protocol.fields import Values


class Defaults:
    """The sets of defaults of a layout, by the places of the cells that they fill.

    `columns` are those of the file by place, `width` is how many it has. `behind` are the added columns, by
    the places that they get.
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
        """Fill the empty cells of a row, except at these places. Returns values without a column."""
        if self._place is None or not self.names_one(texts):
            return {}
        cells, beside = self._sets[str(texts[self._place]).casefold()]
        for place, cell in cells.items():
            if not texts[place] and place not in but_not:
                texts[place] = list(cell) if isinstance(cell, list) else cell
        return beside


def _cells(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Return a value as cells, by the paths of their columns; a set of codes is one cell."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        for number, record in enumerate(value):
            yield from ((f"{name}.{number}.{part}", text) for part, text in record.items() if text)
    else:
        yield name, value
