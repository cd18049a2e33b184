"""Stream the rows of a workbook's sheet: cells, hidden rows and columns, merged cells."""

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from backoffice.batches.errors import FileProblem
from backoffice.batches.file.archive import UNREADABLE
from backoffice.batches.file.cell_texts import Shower
from backoffice.batches.file.marks import HIDDEN_WORDS, ROW, Mark, MarkedRow
from backoffice.batches.file.xml_stream import CHUNK, Enough, feed, parser

Rows = Generator[tuple[int, list[str]], None, None]

#: Rows and columns of a sheet, and characters of a cell and of a row, at most.
LAST_ROW, LAST_COLUMN, CELL, LONGEST = 1_048_576, 16_384, 32_767, 65_536
#: How many merged ranges are read, and bytes before the first row.
MERGED, PREAMBLE = 20_000, 4_000_000

_CELL = re.compile("([A-Z]{1,3})([0-9]{1,7})")
_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_LOCAL = ("c", "v", "t", "f", "row", "is", "rPh", "col", "sheetView", "sheetData", "mergeCell", "dimension")
#: Names of elements as the parser gives them.
_NAMES = {f"{space} {name}": name for space in _NAMESPACES for name in _LOCAL}
_YES = ("1", "true", "on")


@dataclass(frozen=True)
class Choice:
    """How a sheet is read: the rows after `after`, `width` columns of them; `dates` are those that take a date.

    `hidden` decides about hidden rows: "include", "leave_out", or "" while undecided: they are marked.
    """

    after: int = 0
    hidden: str = ""
    width: int = LAST_COLUMN
    dates: Collection[int] = range(LAST_COLUMN)


@dataclass(frozen=True)
class Range:
    """A rectangle of cells. Rows count from 1, columns from 0."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def first(self) -> str:
        """The name of its first cell, such as B2."""
        return f"{letters(self.left)}{self.top}"


@dataclass
class Preamble:
    """What a sheet declares before its rows: the last one, which may be wrong, and hidden columns."""

    last_row: int = 0
    hidden: list[range] = field(default_factory=list)

    def hides(self, place: int) -> bool:
        """Whether the column at a place is hidden. Asked of each: the file says how long its ranges are."""
        return any(place in columns for columns in self.hidden)


def preamble(open_part: Callable[[], Any]) -> Preamble:
    """Read what precedes the rows of a sheet. Raises FileProblem."""
    found = Preamble()

    def start(name: str, attributes: dict[str, str]) -> None:
        match _NAMES.get(name):
            case "dimension":
                found.last_row = _position(attributes["ref"].rpartition(":")[2])[1]
            case "col" if attributes.get("hidden") in _YES or attributes.get("width") == "0":
                if len(found.hidden) == LAST_COLUMN:
                    raise FileProblem(UNREADABLE)
                found.hidden.append(range(int(attributes["min"]) - 1, int(attributes["max"])))
            case "sheetData":
                raise Enough

    with open_part() as stream:
        for _ in feed(parser(start, lambda name: None), stream, PREAMBLE):
            pass
    return found


class SheetReader:
    """Reads one sheet. `shower` decides the text of a cell."""

    def __init__(
        self, shower: Shower, choice: Choice, open_part: Callable[[], Any], most: int | None
    ) -> None:
        self._shower, self._choice, self._open, self._most = shower, choice, open_part, most
        self._parser: Any = None
        self._out: list[tuple[int, list[str]]] = []
        self._places: dict[str, int] = {}
        self._number = 0
        self._skips = self._zeros = True
        self._hidden = self._reading = self._formula = False
        self._cells: list[str] = []
        self._marks: dict[int, Mark] = {}
        self._size = self._place = self._style = 0
        self._kind = "n"
        self._pieces: list[str] = []
        self._merged: _Merged | None = None

    def rows(self, beat: Callable[[], object]) -> Rows:
        """Return the non-empty rows, by the numbers that the spreadsheet shows."""
        most = settings.BATCH_MAX_UNPACKED_MB * 1024 * 1024
        if self._most is None:
            self._merged = _Merged(merged_ranges(self._open, most, beat), self._choice.width)
        self._parser = parser(self._start, self._end)
        read = 0
        with self._open() as stream:
            for _ in feed(self._parser, stream, most):
                beat()
                yield from self._out
                self._out.clear()
                if sum(map(len, self._pieces)) > LONGEST + CHUNK:
                    raise FileProblem(_too_long(self._number))
                read += CHUNK
                if self._most is not None and read > self._most:
                    return

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match _NAMES.get(name):
            case "c" if not self._skips:
                self._start_cell(attributes)
            case "v" | "t" if not self._skips and not self._reading:
                self._parser.CharacterDataHandler = self._pieces.append
            case "f":
                self._formula = True
            case "row":
                self._start_row(attributes)
            case "rPh":
                self._reading = True
            case "sheetView":
                self._zeros = attributes.get("showZeros", "1") in _YES

    def _end(self, name: str) -> None:
        match _NAMES.get(name):
            case "v" | "t":
                self._parser.CharacterDataHandler = None
            case "c" if not self._skips:
                self._end_cell()
            case "row" if not self._skips:
                self._end_row()
            case "rPh":
                self._reading = False
            case "sheetData":
                raise Enough

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = int(attributes["r"]) if "r" in attributes else self._number + 1
        if not self._number < number <= LAST_ROW:
            raise FileProblem(UNREADABLE)
        self._number = number
        self._hidden = attributes.get("hidden") in _YES or attributes.get("ht") == "0"
        self._skips = number <= self._choice.after or (self._hidden and self._choice.hidden == "leave_out")
        self._cells, self._marks = [], {}
        self._place, self._size = -1, 0

    def _start_cell(self, attributes: dict[str, str]) -> None:
        name = attributes.get("r")
        self._place = self._place + 1 if name is None else self._column(name)
        if self._place >= LAST_COLUMN:
            raise FileProblem(UNREADABLE)
        self._style = int(attributes.get("s", 0))
        self._kind = attributes.get("t", "n")
        self._formula = False
        self._pieces.clear()

    def _column(self, name: str) -> int:
        """Return the column of a cell's name, such as AB12."""
        head = name.rstrip("0123456789")
        place = self._places.get(head)
        if place is None:
            place = self._places[head] = place_of(head)
        return place

    def _end_cell(self) -> None:
        raw = "".join(self._pieces)
        if not raw and not self._formula:
            return
        if len(raw) > CELL:
            raise FileProblem(_too_long(self._number))
        text = self._shower.text(self._place, self._kind, self._style, raw, self._formula, self._zeros)
        cells, place = self._cells, self._place
        self._size += len(raw) + len(text if isinstance(text, str) else text.text)
        if self._size > 2 * LONGEST:
            raise FileProblem(f"Row {self._number} is longer than {LONGEST} characters. Is this a table?")
        if isinstance(text, Mark):
            if place < self._choice.width:
                self._marks[place] = text
            text = text.text
        elif not text:
            return
        if place == len(cells):
            cells.append(text)
            return
        cells += [""] * (place + 1 - len(cells))
        cells[place] = text

    def _end_row(self) -> None:
        cells, marks, number = self._cells, self._marks, self._number
        if not marks and not any(map(str.strip, cells)):
            return
        if self._merged is not None:
            for merged in self._merged.at(number):
                for place in self._merged.columns(merged):
                    if (number, place) != (merged.top, merged.left):
                        cells += [""] * (place + 1 - len(cells))
                        words = f"is merged with the cell {merged.first}. Split the merged cells, and fill in each."
                        marks[place] = Mark(cells[place], words)
        if self._hidden and not self._choice.hidden:
            marks[ROW] = Mark("", HIDDEN_WORDS)
        self._out.append((number, MarkedRow(cells, marks) if marks else cells))


def _too_long(number: int) -> str:
    return f"Row {number} has a cell longer than {CELL} characters. Shorten it, or leave its column out."


class _Merged:
    """Merged ranges among the first `width` columns, queried row by row downwards."""

    def __init__(self, ranges: Collection[Range], width: int) -> None:
        self._width = width
        self._ranges = sorted((one for one in ranges if one.left < width), key=lambda one: one.top)
        self._tops = [one.top for one in self._ranges]
        self._next = 0
        self._open: list[Range] = []

    def at(self, number: int) -> list[Range]:
        """Return those that cover this row."""
        if self._next == len(self._tops) and not self._open:
            return self._open
        until = bisect_right(self._tops, number)
        self._open = [one for one in (*self._open, *self._ranges[self._next : until]) if one.bottom >= number]
        self._next = until
        if sum(len(self.columns(one)) for one in self._open) > self._width:
            raise FileProblem(UNREADABLE)  # they overlap, which no program writes
        return self._open

    def columns(self, merged: Range) -> range:
        """The places of the columns that a range reaches over, as far as they are read."""
        return range(merged.left, min(merged.right + 1, self._width))


def merged_ranges(open_part: Callable[[], Any], most: int, beat: Callable[[], object]) -> list[Range]:
    """Return the merged ranges of a sheet. They follow its rows, so this reads the sheet once just for them."""
    if not _mentions_merging(open_part, most, beat):
        return []
    found: list[Range] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if _NAMES.get(name) == "mergeCell":
            first, _, last = attributes["ref"].partition(":")
            (left, top), (right, bottom) = _position(first), _position(last or first)
            found.append(Range(top, left, bottom, right))
            if len(found) > MERGED:
                raise FileProblem(
                    f"The sheet has more than {MERGED} merged cells. Split them, and upload it again."
                )

    with open_part() as stream:
        for _ in feed(parser(start, lambda name: None), stream, most):
            beat()
    return found


def _mentions_merging(open_part: Callable[[], Any], most: int, beat: Callable[[], object]) -> bool:
    """Whether the bytes of the sheet name a merged cell: most sheets have none and need no parser.

    A sheet in UTF-16 counts as one that does.
    """
    before = b""
    with open_part() as stream:
        while chunk := stream.read(1 << 18):
            if b"mergeCell" in before + chunk or b"\0" in chunk:
                return True
            before = chunk[-10:]
            beat()
    return False


def letters(place: int) -> str:
    """Return the name of a column, such as AB."""
    name = ""
    while place >= 0:
        place, rest = divmod(place, 26)
        name = chr(ord("A") + rest) + name
        place -= 1
    return name


def place_of(name: str) -> int:
    """Return the place of a column, from 0, by its name. Raises FileProblem."""
    if not (1 <= len(name) <= 3 and name.isascii() and name.isalpha() and name.isupper()):
        raise FileProblem(UNREADABLE)
    place = 0
    for letter in name:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _position(cell: str) -> tuple[int, int]:
    """Return column from 0 and row from 1 of a cell's name. Raises FileProblem."""
    found = _CELL.fullmatch(cell.replace("$", ""))
    if not found or not 1 <= int(found[2]) <= LAST_ROW:
        raise FileProblem(UNREADABLE)
    return place_of(found[1]), int(found[2])
