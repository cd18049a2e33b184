"""The columns of a file, derived entirely from the protocol's declarations.

A value of the message is a column under its own name. Records of a list are numbered (`bank_2_account_no`),
those of a single record have its name as a prefix (`mf_ucc_holding_mode`). If each row of a file is one
record, columns have the names of its parts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from backoffice.changes.files import Layout
from backoffice.protocol.fields import Code, Field, Flags, Record, Records, Secret, SubRecord
from backoffice.protocol.message import Request
from backoffice.protocol.rules import RequiredWhen

#: Separates several codes in one cell.
BETWEEN = ";"
#: Joins the words of a noun into one name of a column.
_NO_WORD = re.compile("[^a-z]+")
#: Empties a value of an update, in which an empty cell leaves it unchanged.
CLEAR = "(clear)"
#: How many numbered records a template shows, a person may choose, and a file may have.
SHOWN, OFFERED, MOST = 2, 9, 99


@dataclass(frozen=True)
class Column:
    """One column. `path` is the path of findings on it, such as `banks.0.account_no`.

    `required`: a file without it is refused. `when`: when a row must fill it, in words; "" for never.
    """

    name: str
    path: str
    label: str
    tag: int
    field: Field
    required: bool
    when: str
    help: str

    @property
    def max_length(self) -> int | None:
        """The number of characters that ODIN takes; None for codes and numbers."""
        return self.field.max_length

    @cached_property
    def codes(self) -> list[tuple[str, str]]:
        """The codes with their meanings; a cell may contain either."""
        field = self.field
        return list(field.labels.items()) if isinstance(field, Code | Flags) else []

    @property
    def several(self) -> bool:
        """Whether a cell may contain several codes."""
        return isinstance(self.field, Flags)

    @property
    def secret(self) -> bool:
        """Whether its cells are sealed before they are stored."""
        return isinstance(self.field, Secret)

    @property
    def example(self) -> str:
        """A plainly fictional example."""
        found = self.field.example
        if isinstance(self.field, Flags) and isinstance(found, list):
            return BETWEEN.join(self.field.labels[str(code)] for code in found)
        return found if isinstance(found, str) else ""


@cache
def columns(layout: Layout) -> tuple[Column, ...]:
    """Return the columns of the template in order; the action of the row comes first."""
    return _ordered(layout, SHOWN)


@cache
def offered(layout: Layout) -> tuple[Column, ...]:
    """Return the columns to choose from; further numbered records follow the same pattern."""
    return _ordered(layout, OFFERED)


@cache
def by_name(layout: Layout) -> dict[str, Column]:
    """Return every column that a file may have, by name; more records than the template shows."""
    return {column.name: column for column in _ordered(layout, MOST)}


def _ordered(layout: Layout, records: int) -> tuple[Column, ...]:
    found = list(_all(layout, records))
    return tuple(sorted(found, key=lambda column: column.name != "action"))


def _all(layout: Layout, records: int) -> Iterator[Column]:
    for name, field in layout.fields.items():
        if name == layout.single and isinstance(field, Records):
            yield from _parts(field, f"{name}.0", "", "")
        elif isinstance(field, Record):
            yield from _parts(field, name, f"{name}_", field.record.noun)
        elif isinstance(field, Records):
            prefix = _NO_WORD.sub("_", field.record.noun.lower())
            for number in range(1, records + 1):
                title = f"{field.record.noun} {number}"
                yield from _parts(field, f"{name}.{number - 1}", f"{prefix}_{number}_", title)
        else:
            required = name in layout.needed or (
                field.required and (not field.initial or layout.message.partial) and name not in layout.filled
            )
            when = "always" if required else _when(layout.message, name)
            yield Column(name, name, field.label, field.tag, field, required, when, _help(layout, field))


def _parts(field: Records, path: str, prefix: str, title: str) -> Iterator[Column]:
    """Return the columns of one record. If a row is one record, its required parts are required columns."""
    for name, part in field.record.fields.items():
        default = name == "action" and bool(title)
        required = part.required and not title
        when = _when(field.record, name)
        if part.required and not default:
            when = "always" if required else f"for every {field.record.noun}"
        help_text = part.help or "Empty is insert or modify." if default else part.help
        label = f"{title}: {part.label}" if title else part.label
        yield Column(f"{prefix}{name}", f"{path}.{name}", label, field.tag, part, required, when, help_text)


def _when(declared: type[Request] | type[SubRecord], name: str) -> str:
    because = [
        f"when {rule.because}"
        for rule in declared.rules
        if isinstance(rule, RequiredWhen) and rule.field == name
    ]
    return "; ".join(because)


def _help(layout: Layout, field: Field) -> str:
    """Return the help of a column: its declaration, and the meaning of an empty cell."""
    words = [field.help] if field.help else []
    if field.name in layout.filled:
        words.append("Blank: the current or a generated value.")
    elif isinstance(field.initial, str) and field.initial and not layout.message.partial:
        words.append(f"Empty is {field.initial} ({field.words(field.initial)}).")
    return " ".join(words)
