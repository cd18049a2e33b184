"""Arrange the lines of a message for reading: changes first and in sections, the rest folded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from backoffice.kit import names
from backoffice.protocol import explanation
from backoffice.protocol.explanation import Line
from backoffice.protocol.fields import Field, Values
from backoffice.protocol.message import Request

#: Marks differences in texts of at least, and at most, this many characters.
MARKED_FROM, MARKED_TO = 6, 500
#: Texts that share less than this are two different texts, without marks.
ALIKE = 0.5
#: This many common characters are a shared piece, in numbers and in texts of several words; fewer are chance.
SHORTEST_PIECE, SHORTEST_WORDS = 2, 4

#: Every message has its own, so a different one means nothing.
REFERENCE = "reference"

#: The sections of a form: the title of each, and the names of its fields.
Sections = Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True)
class Group:
    """Lines under a heading, which is empty if there is only one group."""

    title: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Sheet:
    """New records of one kind as a table: a row for each, with its noun and number, and its value under each head."""

    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[tuple[str, str]]]]


@dataclass(frozen=True)
class Arranged:
    """`groups` show what the message changes; `repeated` is sent unchanged, `empty` is sent without a value.

    `sheets` are the new records of a change that stays in the portal. The reference belongs to none of these: it
    changes nothing.
    """

    groups: Sequence[Group]
    sheets: Sequence[Sheet]
    repeated: Sequence[Line]
    empty: Sequence[Line]
    reference: Line | None


def explain(
    message: type[Request], values: Mapping[str, Any], before: Values | None = None, *, reveal: bool = False
) -> list[Line]:
    """Return the lines of a message, with the names of master-list codes."""
    return explanation.explain(message, values, before, reveal, _in_words)


def _in_words(field: Field, value: Any, reveal: bool) -> str:
    return names.in_words(field, value, reveal=reveal)


def arrange(lines: Sequence[Line], sections: Sections = ()) -> Arranged:
    """Return the lines of a message, in the order and under the headings of these sections."""
    reference = next((line for line in lines if line.name == REFERENCE), None)
    lines = [line for line in lines if line is not reference]
    by_field = _new_records(lines)
    sheets = [_sheet(found) for found in by_field.values()]
    in_sheets = {line.name for found in by_field.values() for line in found}
    matter = [line for line in lines if _matters(line) and line.name not in in_sheets]
    place = {name: title for title, fields in sections for name in fields}
    by_title: dict[str, list[Line]] = {title: [] for title, _ in sections}
    for line in matter:
        by_title.setdefault(place.get(line.name.partition(".")[0], "Other"), []).append(line)
    groups = [Group(title, found) for title, found in by_title.items() if found]
    if len(groups) == 1:
        groups = [Group("", groups[0].lines)]
    rest = [line for line in lines if not _matters(line)]
    return Arranged(
        groups,
        sheets,
        [line for line in rest if line.kind != "absent"],
        [line for line in rest if line.kind == "absent"],
        reference,
    )


def _new_records(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Return the lines of records that have no tag and no earlier value, by their field."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        name, _, rest = line.name.partition(".")
        if "." in rest and not line.tag:
            found.setdefault(name, []).append(line)
    return {name: own for name, own in found.items() if all(line.kind == "new" for line in own)}


def _sheet(lines: Sequence[Line]) -> Sheet:
    records: dict[str, dict[str, str]] = {}
    heads: dict[str, None] = {}
    for line in lines:
        record, _, part = line.label.partition(": ")
        head = f"{part[:1].upper()}{part[1:]}"
        heads[head] = None
        records.setdefault(record, {})[head] = line.shown
    rows = [(name, [(head, own.get(head, "")) for head in heads]) for name, own in records.items()]
    return Sheet(list(heads), rows)


def _matters(line: Line) -> bool:
    return bool(line.consequence) or line.kind in ("changed", "new", "cleared")


#: A text in pieces, each with whether the other text lacks it.
Pieces = Sequence[tuple[str, bool]]


def pieces(before: str, after: str) -> tuple[Pieces, Pieces]:
    """Return two texts in pieces, to mark the characters that differ.

    Nothing is marked in short texts, nor in two that have little in common.
    """
    plain = [(before, False)], [(after, False)]
    if before == after or not all(MARKED_FROM <= len(text) <= MARKED_TO for text in (before, after)):
        return plain
    least = SHORTEST_WORDS if " " in before + after else SHORTEST_PIECE
    compared = SequenceMatcher(None, before, after, autojunk=False)
    same = [block for block in compared.get_matching_blocks() if block.size >= least]
    if 2 * sum(block.size for block in same) < ALIKE * len(before + after):
        return plain
    return (
        _marked(before, [(block.a, block.size) for block in same]),
        _marked(after, [(block.b, block.size) for block in same]),
    )


def _marked(text: str, same: Sequence[tuple[int, int]]) -> Pieces:
    found, at = [], 0
    for start, size in [*same, (len(text), 0)]:
        found += [(text[at:start], True), (text[start : start + size], False)]
        at = start + size
    return [(piece, differs) for piece, differs in found if piece]
