"""The form of a whole message: scalar fields, repeating groups and sub-forms, from values and back to values."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from django.http import QueryDict

from backoffice.kit.forms import FieldPart, field_parts, typed
from backoffice.protocol.fields import Code, Field, Record, Records, Secret, Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Request, clean
from backoffice.protocol.rules import Rule

#: A record's place in its group, as the names of its fields and addresses write it.
PLACE = re.compile("[0-9]{1,6}")

ByPath = Mapping[str, Sequence[Finding]]
#: The input of a form, by field name: not cleaned yet, with records at their places in the page.
Typed = dict[str, Any]


@dataclass(frozen=True)
class Card:
    """One record of a repeating group, or the one record of a sub-form."""

    path: str
    index: int
    parts: Mapping[str, FieldPart]
    findings: Sequence[Finding] = ()

    @property
    def number(self) -> int:
        """Its number for people, from 1."""
        return self.index + 1

    @property
    def is_default(self) -> bool:
        """Whether this record is the default one of its group."""
        part = self.parts.get("is_default")
        return part is not None and part.bound.value() in ("1", "Y")

    @property
    def default_codes(self) -> tuple[str, str]:
        """The values that mark this record as the default one, and not."""
        return default_codes(self.parts["is_default"].declared)


@dataclass(frozen=True)
class GroupPart:
    """A repeating group with its cards."""

    declared: Field
    path: str
    cards: Sequence[Card]
    findings: Sequence[Finding] = ()

    @property
    def id(self) -> str:
        return f"id_{self.path.replace('.', '-')}"


@dataclass(frozen=True)
class RecordPart:
    """A sub-form: the one record of its field."""

    declared: Field
    path: str
    card: Card
    findings: Sequence[Finding] = ()

    @property
    def id(self) -> str:
        return f"id_{self.path}"

    @property
    def parts(self) -> Mapping[str, FieldPart]:
        return self.card.parts


Part = FieldPart | GroupPart | RecordPart


@singledispatch
def form_part(field: Field, values: Typed, findings: ByPath, rules: Sequence[Rule]) -> Part:
    """A declared field on a page: one control, a repeating group, or a sub-form.

    `values` and `rules` are those of the whole message, since other fields decide what is needed.
    """
    return field_parts({field.name: field}, values, findings, rules)[field.name]


def record_card(group: Records, index: int, values: Mapping[str, Any], findings: ByPath) -> Card:
    """Return the card of one record of a group, by its place from 0."""
    path, record = f"{group.name}.{index}", group.record
    parts = field_parts(record.fields, values, findings, record.rules, path)
    return Card(path, index, parts, findings.get(path, ()))


@form_part.register(Records)
def _group(field: Records, values: Typed, findings: ByPath, rules: Sequence[Rule]) -> Part:
    rows = enumerate(values.get(field.name) or ())
    cards = [record_card(field, index, row, findings) for index, row in rows]
    return GroupPart(field, field.name, cards, findings.get(field.name, ()))


@form_part.register(Record)
def _record(field: Record, values: Typed, findings: ByPath, rules: Sequence[Rule]) -> Part:
    name = field.name
    parts = field_parts(field.record.fields, values.get(name) or {}, findings, field.record.rules, name)
    return RecordPart(field, name, Card(name, 0, parts), findings.get(name, ()))


@singledispatch
def read(field: Field, data: QueryDict) -> Any:
    """Return the input of a declared field, from a form that was sent."""
    return typed(field, data, field.name)


@read.register(Records)
def _read_group(field: Records, data: QueryDict) -> list[dict[str, Any]]:
    """Return all records in the order of their numbers, which may have gaps, since the script removes cards."""
    named = re.compile(f"{re.escape(field.name)}-({PLACE.pattern})-")
    numbers = sorted({int(found[1]) for key in data if (found := named.match(key))})
    return [
        {
            name: typed(part, data, f"{field.name}-{number}-{name}")
            for name, part in field.record.fields.items()
        }
        for number in numbers
    ]


@read.register(Record)
def _read_record(field: Record, data: QueryDict) -> dict[str, Any]:
    return {name: typed(part, data, f"{field.name}-{name}") for name, part in field.record.fields.items()}


def read_form(message: type[Request], data: QueryDict, kept: Values | None = None) -> Typed:
    """Return the input of a form, record by record; `clean` makes values of it.

    A secret cannot be shown again. An empty one means the `kept` one from before, unless the person asked to
    forget it.
    """
    raw = {name: read(field, data) for name, field in message.fields.items()}
    for name, field in message.fields.items():
        if isinstance(field, Secret) and not raw[name] and kept and not data.get(f"{name}-forget"):
            raw[name] = kept.get(name, "")
    return raw


def read_values(message: type[Request], data: QueryDict) -> Values:
    """The values in a form that was sent."""
    return clean(message, read_form(message, data))


class MessageForm:
    """A message being typed: its parts by name, with findings at their places."""

    def __init__(self, message: type[Request], values: Typed, findings: Iterable[Finding] = ()) -> None:
        self.message = message
        self.values = values
        self.findings = list(findings)
        by_path: defaultdict[str, list[Finding]] = defaultdict(list)
        for finding in self.findings:
            by_path[finding.path].append(finding)
        self.parts = {
            name: form_part(field, values, by_path, message.rules) for name, field in message.fields.items()
        }


def add_record(typed_in: Typed, name: str) -> Typed:
    """Return the input with one more, empty record in a group."""
    return {**typed_in, name: [*typed_in[name], {}]}


def remove_record(typed_in: Typed, name: str, index: int) -> Typed:
    """Return the input without one record of a group."""
    return {**typed_in, name: [record for at, record in enumerate(typed_in[name]) if at != index]}


def make_default(typed_in: Typed, field: Records, index: int) -> Typed:
    """Return the input with one record of a group as the only default."""
    yes, no = default_codes(field.record.fields["is_default"])
    records = typed_in[field.name]
    return {
        **typed_in,
        field.name: [{**row, "is_default": yes if at == index else no} for at, row in enumerate(records)],
    }


def default_codes(field: Field) -> tuple[str, str]:
    """Yes and no of a default flag: bank accounts write 1 and 0, demat accounts Y and N (U5)."""
    return ("Y", "N") if isinstance(field, Code) and "Y" in field.labels else ("1", "0")
