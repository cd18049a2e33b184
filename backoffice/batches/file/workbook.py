"""Excel workbooks (.xlsx): a zip archive from outside, checked before it is unpacked, and its parts.

The needed parts are read as streams, each with a bound of its own: the list of sheets, the number formats,
the table of texts, the rows of a sheet. With a library that builds the workbook in memory, its sender would
decide how much memory that is.
"""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

from backoffice.batches.errors import FileProblem
from backoffice.batches.file.archive import DAMAGE, UNREADABLE, look_before, open_zip
from backoffice.batches.file.cell_texts import Shower, unescaped
from backoffice.batches.file.number_formats import BUILT_IN
from backoffice.batches.file.sheet import Choice, Preamble, Rows, SheetReader, preamble
from backoffice.batches.file.xml_stream import CHUNK, Enough, feed, parser

#: Unpacked bytes that are read at most: of the table of texts, which is in memory while the sheet is read; of
#: the formats, which are mostly dropped; of the parts that list the contents.
TEXTS, FORMATS, LISTS = 32_000_000, 32_000_000, 1_000_000
#: How many formats of cells, and sheets, are read; Excel allows 65,490 formats.
MOST_FORMATS, MOST_SHEETS = 70_000, 200
#: Characters of one text, as a cell may have.
CELL = 32_767

_ID = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id",
)
_YES = ("1", "true", "on")


@dataclass(frozen=True)
class Sheet:
    """A visible sheet: its title and the part that contains it."""

    title: str
    part: str


@contextmanager
def open_workbook(path: Path) -> Iterator["Workbook"]:
    """Open the workbook without reading its parts. Raises FileProblem."""
    with open_zip(path) as archive:
        look_before(archive)
        yield Workbook(archive)


@dataclass
class _Book:
    """What the workbook's own part declares."""

    sheets: list[tuple[str, str]] = field(default_factory=list)
    date1904: bool = False
    recalculates: bool = False


class Workbook:
    """The parts of an open archive, each read on demand."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {part.filename.lower(): part.filename for part in archive.infolist()}
        self._part = next(iter(self._related("", "officeDocument").values()), "xl/workbook.xml")

    @cached_property
    def sheets(self) -> list[Sheet]:
        """Return the visible sheets. Raises FileProblem if there are none."""
        parts = self._related(self._part, "worksheet")
        found = [Sheet(title, parts[key]) for title, key in self._book.sheets if key in parts]
        if not found:
            raise FileProblem("The workbook has no visible sheet with cells.")
        return found[:MOST_SHEETS]

    def rows(
        self,
        sheet: Sheet,
        choice: Choice,
        *,
        beat: Callable[[], object] = lambda: None,
        most: int | None = None,
    ) -> Rows:
        """Return the rows of a sheet, numbered as in the spreadsheet; `beat` is called regularly.

        With `most`, it reads at most that many bytes. Raises FileProblem.
        """
        shower = Shower(
            self._formats, self._texts, self._book.date1904, self._book.recalculates, choice.dates
        )
        reader = SheetReader(shower, choice, lambda: self._open(sheet.part), most)
        return reader.rows(beat)

    def preamble(self, sheet: Sheet) -> Preamble:
        """Return what a sheet declares before its rows."""
        return preamble(lambda: self._open(sheet.part))

    @cached_property
    def _book(self) -> _Book:
        book = _Book()

        def start(name: str, attributes: dict[str, str]) -> None:
            match _local(name):
                case "sheet" if attributes.get("state", "visible") == "visible":
                    key = next((attributes[id_] for id_ in _ID if id_ in attributes), "")
                    book.sheets.append((attributes.get("name", ""), key))
                case "workbookPr":
                    book.date1904 = attributes.get("date1904", "") in _YES
                case "calcPr":
                    book.recalculates = attributes.get("fullCalcOnLoad", "") in _YES

        self._read(self._part, start, lambda name: None, LISTS)
        return book

    @cached_property
    def _formats(self) -> list[str | None]:
        """Return the number format of each style of a cell; None if it is named but not declared."""
        declared: dict[int, str] = dict(BUILT_IN)
        styles: list[int] = []
        within = ""

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal within
            match _local(name):
                case "numFmt" if within == "numFmts" and len(declared) < MOST_FORMATS:
                    declared[int(attributes["numFmtId"])] = attributes["formatCode"]
                case "xf" if within == "cellXfs":
                    styles.append(int(attributes.get("numFmtId", 0)))
                    if len(styles) > MOST_FORMATS:
                        raise FileProblem(UNREADABLE)
                case "numFmts" | "cellXfs" as part:
                    within = part

        def end(name: str) -> None:
            nonlocal within
            if _local(name) == within:
                if within == "cellXfs":
                    raise Enough
                within = ""

        for part in self._related(self._part, "styles").values():
            self._read(part, start, end, FORMATS)
        return [declared.get(number) for number in styles] or ["General"]

    @cached_property
    def _texts(self) -> Sequence[str]:
        """Return the table of texts, without readings (furigana)."""
        texts: list[str] = []
        pieces: list[str] = []
        made: Any = None
        reading = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal reading
            match _local(name):
                case "t" if not reading:
                    made.CharacterDataHandler = pieces.append
                case "rPh":
                    reading = True

        def end(name: str) -> None:
            nonlocal reading
            match _local(name):
                case "t":
                    made.CharacterDataHandler = None
                case "rPh":
                    reading = False
                case "si":
                    texts.append(unescaped("".join(pieces)))
                    pieces.clear()

        for part in self._related(self._part, "sharedStrings").values():
            made = parser(start, end)
            with self._open(part) as stream:
                for _ in feed(made, stream, TEXTS):
                    if sum(map(len, pieces)) > 2 * CELL + CHUNK:
                        raise FileProblem(
                            "The workbook has a text longer than a cell can hold. Save it as CSV."
                        )
        return texts

    def _related(self, part: str, kind: str) -> dict[str, str]:
        """Return the related parts of a part, by the key of the relation."""
        folder = dirname(part)
        found = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            if (
                attributes.get("Type", "").endswith(f"/{kind}")
                and attributes.get("TargetMode") != "External"
                and "Target" in attributes
            ):
                target = attributes["Target"]
                found[attributes.get("Id", "")] = normpath(join("/", folder, target)).lstrip("/")

        relations = join(folder, "_rels", f"{part.rpartition('/')[2]}.rels")
        if relations.lower() in self._names:
            self._read(relations, start, lambda name: None, LISTS)
        return found

    def _read(self, part: str, start: Any, end: Any, most: int) -> None:
        with self._open(part) as stream:
            for _ in feed(parser(start, end), stream, most):
                pass

    def _open(self, part: str) -> Any:
        if part.lower() not in self._names:
            raise FileProblem(UNREADABLE)
        try:
            return self._archive.open(self._names[part.lower()])
        except DAMAGE as error:
            raise FileProblem(UNREADABLE) from error


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
