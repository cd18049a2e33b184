"""Convert the cells of a row to the values of a message, by a plan made once for all rows of a file.

A code may be written as its meaning, and a date in any accepted shape, since each has one meaning. Everything
else stays unchanged for the rules to find. Damage by a spreadsheet is found here.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any

from django.conf import settings

from backoffice.batches.file.columns import BETWEEN, CLEAR, Column, by_name
from backoffice.batches.file.dates import DateShapes
from backoffice.batches.file.defaults import Defaults
from backoffice.batches.file.marks import MarkedRow
from backoffice.changes.files import Layout
from backoffice.kit.csv_files import unmarked
from backoffice.protocol.fields import Code, Date, Flags, Record, Records, Secret, SecretText, Text, Values
from backoffice.protocol.findings import Finding

#: A long number as Excel shows it: the last digits are lost.
_SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,][0-9]{1,20})?[Ee]\+[0-9]{1,3}")
_EXCEL_ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "####"})
_BETWEEN_CODES = re.compile(f"[{BETWEEN},|]")
#: Separates cells when a row is examined as one text. No accepted file contains it.
_SEAM = "\0"


@dataclass
class RowRead:
    """The values of a row's cells, and the findings on them."""

    values: Values = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class _Group:
    """The columns of one record: its place, the places of its columns and the names of its parts."""

    field: str
    number: int
    label: str
    first: str
    names: tuple[str, ...]
    pick: Callable[[list[Any]], tuple[Any, ...]]
    blank: dict[str, str]


class RowReader:
    """Reads rows of one file. `names` are the columns of the file in order; unknown ones are not read."""

    def __init__(self, layout: Layout, names: Sequence[str]) -> None:
        known = by_name(layout)
        self._layout = layout
        self._width = len(names)
        self._partial = layout.message.partial
        self._dates = DateShapes(settings.BATCH_DATE_SHAPES)
        columns = {place: known[name] for place, name in enumerate(names) if name in known}
        self._columns = dict(columns)
        self._defaults = Defaults(layout, columns, self._width)
        self._behind = [""] * len(self._defaults.behind)
        self.secret_places = [place for place, column in columns.items() if column.secret]
        self._converted = [
            (place, convert)
            for place, column in columns.items()
            if (convert := _converter(column, self._dates))
        ]
        self._dated = [(place, c) for place, c in columns.items() if isinstance(c.field, Date)]
        self.date_places = frozenset(place for place, _ in self._dated)
        self._digits = [
            (place, c, c.field.fixed)
            for place, c in columns.items()
            if isinstance(c.field, Text) and c.field.fixed
        ]
        columns |= self._defaults.behind
        scalars = {place: column for place, column in columns.items() if column.path == column.name}
        self._names = tuple(column.name for column in scalars.values())
        self._pick = _picker(list(scalars))
        self._groups = list(_groups(layout, columns))
        fields = layout.message.fields
        self._absent: Values = {name: f.initial or f.clean(None) for name, f in fields.items()}
        self._absent_lists = tuple(name for name, empty in self._absent.items() if empty == [])
        self._filled = {name: f.initial for name, f in fields.items() if name in self._names and f.initial}

    def read(self, cells: Sequence[str]) -> RowRead:
        """Return the values of a row and the findings on its cells. A marked cell has no value."""
        if isinstance(cells, MarkedRow):
            row = self.read(cells.read)
            row.findings[:0] = cells.findings(self._columns)
            return row
        if len(cells) != self._width:
            words = (
                f"This row has {len(cells)} cells, the header {self._width}. "
                "Is a separator missing, or one too many?"
            )
            return RowRead({}, [Finding("", words, rule="file.width")])
        joined = _SEAM.join(cells)
        texts: list[Any] = list(cells)
        if " " in (joined[:1], joined[-1:]) or f" {_SEAM}" in joined or f"{_SEAM} " in joined:
            texts = [text.strip(" ") for text in texts]
            for place in self.secret_places:
                texts[place] = cells[place]
        if "'" in joined:
            texts = self._unmarked(texts)
        found = list(self._damaged(texts)) if "E+" in joined or "e+" in joined or "#" in joined else []
        texts += self._behind
        emptied = self._emptied(texts) if CLEAR in joined else ()
        cleared = CLEAR in joined and self._clear(texts, found)
        for place, convert in self._converted:
            if texts[place]:
                texts[place] = convert(texts[place])
        found += self._other_dates(texts)
        found += self._lost_zeros(texts)
        beside = self._defaults.fill(texts, emptied)
        values = self._values(texts, cleared or ())
        values.update(beside)
        self._add_records(texts, values, found)
        return RowRead(values, found)

    def _unmarked(self, texts: list[Any]) -> list[Any]:
        """Remove the apostrophe with which the portal's result keeps a spreadsheet from reading a formula."""
        return [text if place in self.secret_places else unmarked(text) for place, text in enumerate(texts)]

    def _values(self, texts: list[Any], cleared: Sequence[str]) -> Values:
        given: Any = zip(self._names, self._pick(texts), strict=True)
        if self._partial:
            filled = {name: value for name, value in given if value}
            return {**filled, **{name: self._layout.message.fields[name].empty for name in cleared}}
        values: Values = {**self._absent, **dict(given)}
        for name, value in self._filled.items():
            if not values[name]:
                values[name] = value
        for name in self._absent_lists:
            if not values[name]:
                values[name] = []
        return values

    def _add_records(self, texts: list[Any], values: Values, found: list[Finding]) -> None:
        last: dict[str, int] = {}
        for group in self._groups:
            parts = group.pick(texts)
            if not any(parts):
                continue
            record = {**group.blank, **dict(zip(group.names, parts, strict=True))}
            if group.number < 0:
                values[group.field] = record
                continue
            if group.number != last.get(group.field, -1) + 1:
                words = f"{group.label} is filled in, and one before it is empty. Leave no gap."
                found.append(Finding(group.first, words, rule="file.gap"))
            last[group.field] = group.number
            if group.number == 0 or group.field not in values or not values[group.field]:
                values[group.field] = [record]
            else:
                values[group.field].append(record)  # type: ignore[union-attr, arg-type]  # a list of records

    def _emptied(self, texts: list[Any]) -> set[int]:
        """Empty the cells that leave out a default, and return their places."""
        if not self._defaults.names_one(texts):
            return set()
        places = {place for place in self._columns if texts[place] == CLEAR}
        for place in places:
            texts[place] = ""
        return places

    def _clear(self, texts: list[Any], found: list[Finding]) -> list[str]:
        """Empty the cells that say so, and name the emptied values. Only an update empties anything."""
        cleared = []
        for place, column in self._columns.items():
            if texts[place] != CLEAR:
                continue
            texts[place] = ""
            if not self._partial:
                words = f"{CLEAR} empties a value of an update; here there is none yet. Leave the cell empty."
                found.append(Finding(column.path, words, rule="file.clear"))
            elif column.path == column.name:
                cleared.append(column.name)
            elif not self._rest_of_record(texts, column):
                words = f"{column.label} cannot be emptied alone: an update sends the whole record. Fill in its rest."
                found.append(Finding(column.path, words, rule="file.clear"))
        return cleared

    def _rest_of_record(self, texts: list[Any], column: Column) -> bool:
        """Whether another cell of this column's record is filled."""
        record = column.path.rpartition(".")[0]
        return any(
            texts[place] not in ("", CLEAR)
            for place, other in self._columns.items()
            if other.path.rpartition(".")[0] == record
        )

    def _damaged(self, texts: list[Any]) -> Iterator[Finding]:
        for place, column in self._columns.items():
            text = texts[place]
            if column.secret or not text:
                continue
            if _SCIENTIFIC.fullmatch(text):
                words = (
                    f"{column.label} is {text}: Excel has shortened a long number, and its digits are lost. "
                    "Format the column as text and take the number from its source."
                )
                yield Finding(column.path, words, rule="file.number")
            elif text in _EXCEL_ERRORS:
                words = f"{column.label} is {text}: a formula failed in Excel. Correct it there, or type the value."
                yield Finding(column.path, words, rule="file.formula")

    def _other_dates(self, texts: list[Any]) -> Iterator[Finding]:
        for place, column in self._dated:
            text = texts[place]
            if not text or column.field.fits(text):  # type: ignore[attr-defined]  # a Date
                continue
            words, meant = self._dates.fault(column.label, text)
            if words:
                yield Finding(column.path, words, rule="file.date", cleaned=meant)

    def _lost_zeros(self, texts: list[Any]) -> Iterator[Finding]:
        for place, column, lengths in self._digits:
            text = texts[place]
            if text and len(text) not in lengths and len(text) < max(lengths) and text.isdecimal():
                expected = " or ".join(map(str, lengths))
                words = (
                    f"{column.label} has {len(text)} digits, not {expected}: "
                    "Excel may have dropped zeros at its start. Format the column as text and type them."
                )
                yield Finding(column.path, words, rule="file.zeros")


def _picker(places: list[int]) -> Callable[[list[Any]], tuple[Any, ...]]:
    """Return a function for the cells at these places that gives a tuple for any number of them."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda texts: tuple(texts[place] for place in places)


def _groups(layout: Layout, columns: dict[int, Column]) -> Iterator[_Group]:
    """Return the records of a row in order, numbered from 0; a single record has -1."""
    for name, declared in layout.fields.items():
        if not isinstance(declared, Records):
            continue
        numbers = sorted({_number(c) for c in columns.values() if c.path.split(".")[0] == name})
        for number in numbers:
            mine = {
                place: c
                for place, c in columns.items()
                if c.path.split(".")[0] == name and _number(c) == number
            }
            first = next(iter(mine.values()))
            yield _Group(
                name,
                -1 if isinstance(declared, Record) else number,
                f"{declared.record.noun} {number + 1}",
                first.path,
                tuple(c.path.rpartition(".")[2] for c in mine.values()),
                _picker(list(mine)),
                dict.fromkeys(declared.record.fields, ""),
            )


def _number(column: Column) -> int:
    parts = column.path.split(".")
    return int(parts[1]) if len(parts) == 3 else 0


def _converter(column: Column, dates: DateShapes) -> Callable[[str], Any] | None:
    """Return the function that converts cells of this column; None if the text is the value."""
    match column.field:
        case Secret():
            return SecretText
        case Date():
            return dates.canonical
        case Code() as declared:
            return _code(declared.labels)
        case Flags() as declared:
            return _codes(declared)
        case _:
            return None


def _code(labels: dict[str, str]) -> Callable[[str], str]:
    """Return the code for a code or its meaning, and any other text unchanged."""
    meanings = {label.casefold(): code for code, label in labels.items()}
    meanings |= {code.casefold(): code for code in labels}
    meanings |= {code: code for code in labels}

    def convert(text: str) -> str:
        return meanings.get(text) or meanings.get(text.casefold(), text)

    return convert


def _codes(declared: Flags) -> Callable[[str], list[str]]:
    """Return codes for codes or meanings, several in a cell, in the order of the declaration."""
    convert = _code(declared.labels)

    @lru_cache(maxsize=1024)
    def once(text: str) -> tuple[str, ...]:
        found: Any = declared.clean([convert(part.strip(" ")) for part in _BETWEEN_CODES.split(text)])
        return tuple(found)

    return lambda text: list(once(text))
