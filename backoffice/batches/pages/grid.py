"""The wrong rows of a checked file as a grid: the columns with errors of each row, to correct in place."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backoffice.batches.check import corrections
from backoffice.batches.check.correcting import mark
from backoffice.batches.file.columns import Column
from backoffice.batches.models import Batch, Row, RowState
from backoffice.batches.pages.rows import shown_cell
from backoffice.kit import names
from backoffice.protocol.fields import Code
from backoffice.protocol.findings import Severity
from backoffice.protocol.secret import MASK

#: Rows and columns of one page. Errors in other columns are named beside the row, with a link to all of it.
ROWS, COLUMNS = 25, 16
#: How many names of a master list a column offers.
NAMES = 500


@dataclass(frozen=True)
class Head:
    """A column of the grid, with the codes or names that it takes."""

    place: int
    column: Column
    codes: Sequence[tuple[str, str]]
    names: Sequence[tuple[str, str]]


@dataclass
class Cell:
    """A cell: its text, its findings, and a typed text that was not stored."""

    id: str
    head: Head
    text: str
    mark: str
    findings: list[dict[str, Any]]
    corrected: bool
    like: int = 0
    refused: bool = False

    @property
    def state(self) -> str:
        """error, warning or fine."""
        if self.refused or any(one["severity"] == Severity.ERROR for one in self.findings):
            return "error"
        return "warning" if self.findings else "fine"

    @property
    def choices(self) -> Sequence[tuple[str, str]]:
        """The codes to choose from, preceded by the text itself if it is not one of them."""
        codes = self.head.codes
        if not codes or any(code == self.text for code, _ in codes):
            return codes
        return [(self.text, self.text or "–"), *codes]


@dataclass
class Line:
    """A row of the grid: its cells, and findings on the rest of the row."""

    row: Row
    cells: list[Cell]
    others: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@dataclass
class Grid:
    """Lines under their heads. `more`: the number after which the next page begins, None at the end."""

    heads: list[Head]
    lines: list[Line]
    more: int | None = None


def page(batch: Batch, *, after: int, shows: bool) -> Grid:
    """Return the wrong rows after row `after`, in two queries."""
    wrong = batch.rows.filter(state=RowState.WRONG, number__gt=after).order_by("number")
    rows = list(wrong[: ROWS + 1])
    grid = of(batch, rows[:ROWS], shows=shows)
    grid.more = rows[ROWS - 1].number if len(rows) > ROWS else None
    return grid


def of(
    batch: Batch,
    rows: Sequence[Row],
    *,
    shows: bool,
    places: Iterable[int] | None = None,
    refused: Iterable[tuple[int, int]] = (),
) -> Grid:
    """Return these rows with the columns at `places`, otherwise with those that have errors or corrections."""
    columns = corrections.columns_of(batch)
    wanted = _faulty(columns, rows) if places is None else [place for place in places if place in columns]
    heads = [_head(place, columns[place]) for place in sorted(wanted)]
    lost = set(refused)
    return Grid(heads, [_line(row, heads, columns, shows, lost) for row in rows])


def _faulty(columns: Mapping[int, Column], rows: Sequence[Row]) -> list[int]:
    by_path = {column.path: place for place, column in columns.items()}
    found: Counter[int] = Counter()
    for row in rows:
        errors = {one["path"] for one in row.findings if one["severity"] == Severity.ERROR}
        found.update(by_path[path] for path in errors & by_path.keys())
        if row.state != RowState.WRONG:
            found.update(place for place in map(int, row.corrections) if place in columns)
    return [place for place, _ in found.most_common(COLUMNS)]


def _head(place: int, column: Column) -> Head:
    codes = column.codes if isinstance(column.field, Code) else []
    offered = names.offered(column.field.names)[:NAMES] if column.field.names else []
    if column.several:
        offered = [(words, words) for _, words in column.codes]
    return Head(place, column, codes, offered)


def _line(
    row: Row, heads: Sequence[Head], columns: Mapping[int, Column], shows: bool, refused: set[tuple[int, int]]
) -> Line:
    cells = [_cell(row, head, shows, refused) for head in heads if head.place < len(row.cells)]
    shown = {cell.head.column.path for cell in cells}
    labels = {column.path: column.label for column in columns.values()}
    others = [(labels.get(one["path"], ""), one) for one in row.findings if one["path"] not in shown]
    return Line(row, cells, others)


def _cell(row: Row, head: Head, shows: bool, refused: set[tuple[int, int]]) -> Cell:
    column, text = head.column, corrections.current(row, head.place)
    if column.secret:
        text = MASK if text else ""
    return Cell(
        id=f"{row.number}-{head.place}",
        head=head,
        text=shown_cell(column, text, shows) or "",
        mark=mark(row, head.place),
        findings=[one for one in row.findings if one["path"] == column.path],
        corrected=str(head.place) in row.corrections,
        refused=(row.number, head.place) in refused,
    )
