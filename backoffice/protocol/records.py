"""Fields made of sub-records: joined by `$` and `,`, or JSON (F6, F7)."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar

from backoffice.outside import quoted
from backoffice.protocol.field import Field, Value
from backoffice.protocol.findings import DeclarationError, DecodeError, EncodeError, Finding
from backoffice.protocol.scalars import Scalar

if TYPE_CHECKING:
    from backoffice.protocol.rules import Rule


class SubRecord:
    """A record inside a tag: its sub-fields as attributes, in wire order.

    `rules` are between its sub-fields. `noun` is its name for people; `key` names the sub-fields that
    identify it.
    """

    fields: ClassVar[dict[str, Field]] = {}
    rules: ClassVar[tuple["Rule", ...]] = ()
    noun: ClassVar[str] = "Record"
    key: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Field)}
        inherited = {name: field for name, field in cls.fields.items() if name not in own}
        cls.fields = {**own, **inherited}
        named = [*cls.key, *(name for rule in cls.rules for name in rule.fields)]
        if unknown := [name for name in named if name not in cls.fields]:
            raise DeclarationError(f"{cls.__name__}: there is no sub-field {unknown[0]}.")


def clean_record(record: type[SubRecord], raw: object) -> dict[str, str]:
    """Return all sub-fields as clean texts."""
    given: Mapping[str, object] = raw if isinstance(raw, Mapping) else {}
    return {name: str(field.clean(given.get(name))) for name, field in record.fields.items()}


def record_findings(record: type[SubRecord], value: object, path: str) -> Iterator[Finding]:
    """Return findings on the sub-fields of one record, without its rules."""
    if not isinstance(value, Mapping):
        yield Finding(path, f"{record.noun} must be a record.")
        return
    for name in value:
        if name not in record.fields:
            yield Finding(path, f"{record.noun} has no sub-field {quoted(name)}.")
    for name, field in record.fields.items():
        given = value.get(name, "")
        if given == "" or given is None:
            if field.required:
                yield Finding(f"{path}.{name}", f"{field.label} is missing. Enter it.", rule="mandatory")
        else:
            yield from field.findings(given, f"{path}.{name}")


def sound_record(record: type[SubRecord]) -> Callable[[Any], bool]:
    """Check the sub-fields of one record quickly, like `Field.sound`."""
    names = record.fields.keys()
    parts = [(name, field.sound, field.required) for name, field in record.fields.items()]

    def sound(item: Any) -> bool:
        if not item.keys() <= names:
            return False
        for name, fits, required in parts:
            given = item.get(name, "")
            if given:
                if not fits(given):
                    return False
            elif required or (given != "" and given is not None):
                return False
        return True

    return sound


class Records(Field):
    """Several records: sub-fields joined by commas, records by `$`.

    `splits`: if they are too long for one message, they go out as several (F7).
    """

    empty: Value = []

    def __init__(
        self, tag: int, label: str, record: type[SubRecord], *, splits: bool = False, **options: Any
    ) -> None:
        super().__init__(tag, label, **options)
        self.record = record
        self.splits = splits
        if len(record.fields) < 2:
            raise DeclarationError(f"{record.__name__}: a record has two sub-fields or more.")
        self._texts = itemgetter(*record.fields)

    def clean(self, raw: object) -> Value:
        """Return each record with all its sub-fields, without empty records."""
        given = raw if isinstance(raw, list) else []
        return [record for item in given if any((record := clean_record(self.record, item)).values())]

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """Return findings on each record, and on the total length."""
        if not isinstance(value, list):
            yield Finding(path, f"{self.label} must be a list of records.")
            return
        for place, item in enumerate(value):
            yield from record_findings(self.record, item, f"{path}.{place}")
        if (
            not self.splits
            and self.max_length is not None
            and (length := self.length(value)) > self.max_length
        ):
            words = (
                f"{self.label} has {length} characters in all; ODIN takes {self.max_length}. Take one out."
            )
            yield Finding(path, words, rule="F7")

    @cached_property
    def sound(self) -> Callable[[Any], object]:
        """Whether the records are sound, and not too long in total."""
        one = sound_record(self.record)
        longest = sys.maxsize if self.splits or self.max_length is None else self.max_length

        def sound(value: Any) -> bool:
            if not isinstance(value, list) or not all(map(one, value)):
                return False
            return longest == sys.maxsize or self.length(value) <= longest

        return sound

    def length(self, value: list[Any]) -> int:
        """Characters of the whole tag value."""
        if not value:
            return 0
        texts = chain.from_iterable(item.values() for item in value if isinstance(item, Mapping))
        return sum(map(len, map(str, texts))) + len(value) * len(self.record.fields) - 1

    @cached_property
    def fits(self) -> Callable[[str], object]:
        """Whether joined records fit the patterns of all their sub-fields."""
        one = ",".join(field.pattern for field in self.record.fields.values() if isinstance(field, Scalar))
        return re.compile(rf"(?:{one}(?:\${one})*)?").fullmatch

    def to_wire(self, value: Any) -> str:
        """Join the records.

        They are joined first and checked as a whole, which is quicker than value by value and as strict: an
        extra comma cannot match, and extra `$` are counted.
        """
        if not isinstance(value, list):
            raise EncodeError(f"{self.label} ({self.name}) is no list.")
        try:
            text = "$".join([",".join(self._texts(item)) for item in value])
        except (KeyError, TypeError):
            text = None
        if text is None or text.count("$") != max(len(value) - 1, 0) or not self.fits(text):
            text = "$".join([self.record_to_wire(item) for item in value])
        if self.max_length is not None and len(text) > self.max_length:
            raise EncodeError(f"{self.label} ({self.name}) is too long.")
        return text

    def record_to_wire(self, item: Any) -> str:
        """Encode one record sub-field by sub-field: if it lacks some, and to name a fault."""
        if not isinstance(item, Mapping) or not item.keys() <= self.record.fields.keys():
            raise EncodeError(f"{self.label} ({self.name}) has a record with something unknown in it.")
        return ",".join([field.to_wire(item.get(name, "")) for name, field in self.record.fields.items()])

    def from_wire(self, text: str) -> Value:
        """Return the records with all sub-fields."""
        return [self.record_from_wire(part) for part in text.split("$")] if text else []

    def record_from_wire(self, text: str) -> dict[str, str]:
        """One record."""
        texts = text.split(",")
        if len(texts) != len(self.record.fields):
            raise DecodeError(
                f"{self.label} has a record of {len(texts)} sub-fields, not {len(self.record.fields)}."
            )
        return dict(zip(self.record.fields, texts, strict=True))

    def words(self, value: object) -> str:
        """Each record in words, by semicolons."""
        if not isinstance(value, list):
            return str(value or "")
        return "; ".join(in_words(self.record, item) for item in value)

    def masked(self, value: object) -> str:
        """How many there are."""
        return f"{len(value)}" if isinstance(value, list) and value else ""


class Record(Records):
    """One record; {} is absent."""

    empty: Value = {}

    def clean(self, raw: object) -> Value:
        """Return all sub-fields, or {} if all are empty."""
        record = clean_record(self.record, raw)
        return record if any(record.values()) else {}

    def is_empty(self, value: object) -> bool:
        """Whether all sub-fields are empty."""
        return not value or (isinstance(value, Mapping) and not any(value.values()))

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """Return findings on the record, and on the total length."""
        yield from record_findings(self.record, value, path)
        if self.max_length is not None and (length := self.length([value])) > self.max_length:
            words = f"{self.label} has {length} characters in all; ODIN takes {self.max_length}. Shorten it."
            yield Finding(path, words, rule="F7")

    @cached_property
    def sound(self) -> Callable[[Any], object]:
        """Whether the sub-fields are sound, and not too long in total."""
        one, longest = sound_record(self.record), self.max_length or sys.maxsize
        return lambda value: one(value) and self.length([value]) <= longest

    def to_wire(self, value: Any) -> str:
        """The record joined; "" if there is nothing in it."""
        return "" if value == "" or self.is_empty(value) else super().to_wire([value])

    def from_wire(self, text: str) -> Value:
        """The record, all its sub-fields."""
        return self.record_from_wire(text) if text else {}

    def words(self, value: object) -> str:
        """The record in words."""
        return in_words(self.record, value) if isinstance(value, Mapping) else str(value or "")


class JsonRecords(Records):
    """Several records as a compact JSON array of objects, values as strings (F6, O7, O8)."""

    def __init__(self, tag: int, label: str, record: type[SubRecord], **options: Any) -> None:
        super().__init__(tag, label, record, **options)
        for field in record.fields.values():
            if not field.key:
                raise DeclarationError(f"{record.__name__}.{field.name}: a sub-field in JSON needs a key.")
            if isinstance(field, Scalar):
                field.in_json()
        self._names = {field.key: name for name, field in record.fields.items()}

    def to_wire(self, value: Any) -> str:
        """The array; "" if it is empty."""
        if not isinstance(value, list):
            raise EncodeError(f"{self.label} ({self.name}) is no list.")
        if not value:
            return ""
        return json.dumps([self._object(item) for item in value], separators=(",", ":"))

    def _object(self, item: Any) -> dict[str, str]:
        if not isinstance(item, Mapping) or not item.keys() <= self.record.fields.keys():
            raise EncodeError(f"{self.label} ({self.name}) has a record with something unknown in it.")
        return {field.key: field.to_wire(item.get(name, "")) for name, field in self.record.fields.items()}

    def from_wire(self, text: str) -> Value:
        """The records. Raises DecodeError on anything but an array of objects with known keys and text
        values.
        """
        if not text:
            return []
        try:
            rows = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DecodeError(f"{self.label} is not valid JSON.") from error
        if not isinstance(rows, list):
            raise DecodeError(f"{self.label} must be a JSON array.")
        return [self._record(row) for row in rows]

    def _record(self, row: object) -> dict[str, str]:
        if not isinstance(row, dict) or not row.keys() <= self._names.keys():
            raise DecodeError(
                f"{self.label}: each object has the keys {', '.join(self._names)} and no other."
            )
        if not all(isinstance(text, str) for text in row.values()):
            raise DecodeError(f"{self.label}: every value must be written as a string.")
        return {name: row.get(key, "") for key, name in self._names.items()}


def in_words(record: type[SubRecord], item: object) -> str:
    """The filled sub-fields of one record, with their labels."""
    if not isinstance(item, Mapping):
        return str(item)
    parts = (
        f"{field.label} {field.masked(item[name])}" for name, field in record.fields.items() if item.get(name)
    )
    return ", ".join(parts)
