"""Rules between fields, as data: each has its name in docs/protocol.md and its fields.

Rules get values as people typed them. A rule reads texts with `text` and records with `rows`, and ignores
faults of a single value, which the field reports.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from backoffice.protocol.context import Context
from backoffice.protocol.findings import Finding, Severity

Given = Mapping[str, Any]
Found = Iterator[Finding]
Row = tuple[int, Mapping[str, str]]


def text(values: Given, name: str) -> str:
    """Return the text of a scalar; "" if there is none."""
    value = values.get(name)
    return value if isinstance(value, str) else ""


def number(values: Given, name: str) -> Decimal | None:
    """Return the number in a text; None if there is none."""
    try:
        found = Decimal(text(values, name))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def codes(values: Given, name: str) -> list[str]:
    """Return the codes of a set; [] if there is none."""
    value = values.get(name)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def rows(values: Given, name: str) -> list[Row]:
    """Return the records of a list with their places."""
    value = values.get(name)
    if not isinstance(value, list):
        return []
    return [(place, _only_texts(item)) for place, item in enumerate(value) if isinstance(item, RECORD)]


#: The possible types of a record; the first is the most frequent, and quicker to check.
RECORD = (dict, Mapping)
#: The types of values in a record with nothing but texts.
_TEXT = {str}


def _only_texts(record: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the texts of a record: mostly the record itself."""
    if set(map(type, record.values())) == _TEXT:
        return record
    return {name: part for name, part in record.items() if isinstance(part, str)}


def row(values: Given, name: str) -> Mapping[str, str]:
    """Return the single record of a field; {} if there is none."""
    value = values.get(name)
    return _only_texts(value) if isinstance(value, RECORD) else {}


def warning(path: str, words: str, rule: str = "U16") -> Finding:
    """Return a finding that does not forbid sending."""
    return Finding(path, words, Severity.WARNING, rule)


class Rule(Protocol):
    """The base of all rules. `fields` are checked against the message when it is declared."""

    @property
    def rule(self) -> str:
        """Its name, as in `U3`."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it reads or reports on."""

    def findings(self, values: Given, context: Context) -> Found:
        """Return its findings."""


class Condition(Protocol):
    """A condition on values."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it reads."""

    def holds(self, values: Given) -> bool:
        """Whether it is met."""


@dataclass(frozen=True)
class AnyOf:
    """A code, or one of a set of codes, is among `values`."""

    field: str
    values: frozenset[str] | set[str]

    @property
    def fields(self) -> tuple[str, ...]:
        """The field it reads."""
        return (self.field,)

    def holds(self, values: Given) -> bool:
        """Whether one is there."""
        value = values.get(self.field)
        if isinstance(value, str):
            return value in self.values
        return not self.values.isdisjoint(codes(values, self.field))


@dataclass(frozen=True)
class NotAnyOf:
    """No code of a field is among `values`; an empty field has none."""

    field: str
    values: frozenset[str] | set[str]

    @property
    def fields(self) -> tuple[str, ...]:
        """The field it reads."""
        return (self.field,)

    def holds(self, values: Given) -> bool:
        """Whether none is there."""
        return not AnyOf(self.field, self.values).holds(values)


@dataclass(frozen=True)
class Filled:
    """At least one of these fields is filled."""

    fields: tuple[str, ...]

    def __init__(self, *fields: str) -> None:
        object.__setattr__(self, "fields", fields)

    def holds(self, values: Given) -> bool:
        """Whether one is filled."""
        return any(filled(values.get(name)) for name in self.fields)


def filled(value: object) -> bool:
    """Whether a value is filled; a record of empty texts is not."""
    if not value or isinstance(value, _PLAIN):
        return bool(value)
    return any(value.values()) if isinstance(value, Mapping) else True


_PLAIN = (str, list)


@dataclass(frozen=True)
class RequiredWhen:
    """`field` is mandatory while a condition is met. `because` explains it to people."""

    field: str
    when: Condition
    because: str
    rule: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The field, and the fields of the condition."""
        return (self.field, *self.when.fields)

    def findings(self, values: Given, context: Context) -> Found:
        """Return a finding if the field is empty nevertheless."""
        if not filled(values.get(self.field)) and self.when.holds(values):
            yield Finding(self.field, f"This is needed because {self.because}. Enter it.", rule=self.rule)


@dataclass(frozen=True)
class OneOf:
    """At least one of these fields is filled; the finding is on the first."""

    fields: tuple[str, ...]
    words: str
    rule: str

    def findings(self, values: Given, context: Context) -> Found:
        """Return a finding if none is."""
        if not Filled(*self.fields).holds(values):
            yield Finding(self.fields[0], self.words, rule=self.rule)


@dataclass(frozen=True)
class NoTwoAlike:
    """No two records of a list have equal texts in `key` (if all of them are filled)."""

    field: str
    key: tuple[str, ...]
    words: str
    rule: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The list."""
        return (self.field,)

    def findings(self, values: Given, context: Context) -> Found:
        """Return a finding for each record that repeats an earlier one."""
        seen: dict[tuple[str, ...], int] = {}
        for place, record in rows(values, self.field):
            key = tuple(record.get(name, "") for name in self.key)
            if not all(key):
                continue
            if key in seen:
                path = f"{self.field}.{place}.{self.key[-1]}"
                yield Finding(
                    path, f"{self.words} Records {seen[key] + 1} and {place + 1} do.", rule=self.rule
                )
            seen.setdefault(key, place)


@dataclass(frozen=True)
class Check:
    """A rule written as a function of values and context."""

    rule: str
    fields: tuple[str, ...]
    function: Callable[[Given, Context], Found]

    def findings(self, values: Given, context: Context) -> Found:
        """Return the function's findings."""
        return self.function(values, context)


def check(rule: str, *fields: str) -> Callable[[Callable[[Given, Context], Found]], Check]:
    """Make a function a rule with this name and these fields."""
    return lambda function: Check(rule, fields, function)
