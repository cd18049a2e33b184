"""Findings from reading a file, on single cells or a row: passed with the cells to the check and stored.

A marked cell has no value: the check ignores its text, and the row cannot be sent as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backoffice.batches.file.columns import Column
from backoffice.protocol.findings import Finding

#: Rules of findings that come from reading, not from the value: of a cell and of a row.
CELL, HIDDEN = "sheet.cell", "sheet.hidden"
#: The place of findings on the row as a whole.
ROW = -1

HIDDEN_WORDS = (
    "This row is hidden in the sheet. Include the hidden rows or leave them out, on the page of this file."
)


@dataclass(frozen=True)
class Mark:
    """A cell whose shown text is not its value.

    `words` follow the name of the column. `cleaned` is offered as the intended value. Secrets have neither.
    """

    text: str
    words: str
    cleaned: str | None = None


class MarkedRow(list[str]):
    """The cells of a row, some of them marked, by place."""

    def __init__(self, cells: Sequence[str], marks: Mapping[int, Mark]) -> None:
        super().__init__(cells)
        self.marks = dict(marks)

    @property
    def read(self) -> list[str]:
        """Return the cells without the texts of marked ones."""
        return ["" if place in self.marks else text for place, text in enumerate(self)]

    def findings(self, columns: Mapping[int, Column]) -> list[Finding]:
        """Return the marks as findings on the columns that are read."""
        found = []
        for place, mark in sorted(self.marks.items()):
            if place == ROW:
                found.append(Finding("", mark.words, rule=HIDDEN))
            elif column := columns.get(place):
                found.append(_finding(column, mark))
        return found


def restored(
    cells: Sequence[str], places: Mapping[str, int], findings: Sequence[Mapping[str, str]]
) -> list[str]:
    """Return the cells of a stored row with the marks in its findings; `places` are those of the marks by path."""
    marks = {
        places[one["path"]]: one
        for one in findings
        if one["rule"] in (CELL, HIDDEN) and one["path"] in places
    }
    if not marks:
        return list(cells)
    return MarkedRow(cells, {place: _Kept("", one["text"], one["cleaned"]) for place, one in marks.items()})


class _Kept(Mark):
    """A mark whose words are a complete finding."""


def _finding(column: Column, mark: Mark) -> Finding:
    if isinstance(mark, _Kept):
        return Finding(column.path, mark.words, rule=CELL, cleaned=mark.cleaned)
    if column.secret:
        words = f"{column.label} is not stored as it is shown. Format the column as text, and type it again."
        return Finding(column.path, words, rule=CELL)
    return Finding(column.path, f"{column.label} {mark.words}", rule=CELL, cleaned=mark.cleaned)
