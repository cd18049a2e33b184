"""A message in words for its approver: label, tag, value, meaning, old value, consequences."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from backoffice.protocol.field import Field, Values
from backoffice.protocol.message import Request
from backoffice.protocol.records import Record, Records
from backoffice.protocol.rules import codes
from backoffice.protocol.scalars import Flags, Secret
from backoffice.protocol.secret import MASK

Kind = Literal["changed", "repeated", "cleared", "new", "absent"]
#: Returns the words of a field's value; the last argument is whether personal data is shown.
InWords = Callable[[Field, Any, bool], str]


@dataclass(frozen=True)
class Line:
    """One field, or one sub-field of a record.

    `value`, `meaning` and `old` are for showing: secrets are dots.

    `kind`: changed from `old`; repeated unchanged; cleared; new, where nothing was known; absent, sent empty.
    `consequence`: the value's effect at ODIN, "" if it is plain.
    """

    tag: int
    name: str
    label: str
    value: str
    meaning: str
    old: str
    kind: Kind
    consequence: str = ""

    @property
    def shown(self) -> str:
        """The value in words, or as it is sent."""
        return self.meaning or self.value

    @property
    def code(self) -> str:
        """The value as it is sent, if its meaning is more than the value with digit grouping."""
        return "" if self.meaning.replace(",", "") in ("", self.value.replace(",", "")) else self.value


def _plainly(field: Field, value: Any, reveal: bool) -> str:
    return field.words(value) if reveal else field.masked(value)


def explain(
    message: type[Request],
    values: Mapping[str, Any],
    before: Values | None = None,
    reveal: bool = False,
    in_words: InWords = _plainly,
) -> list[Line]:
    """Return a line for every tag that the message will send, in order, and one for each sub-field of records.

    A value that stays in the portal has a line only if it is filled in.

    `before`: the values that ODIN last confirmed, by the same names. `reveal`: show personal data; secrets
    stay dots. `in_words` may say more about a value than its declaration.
    """
    lines: list[Line] = []
    for name, field in message.fields.items():
        if (message.partial or field.omit_empty) and name not in values:
            continue
        value = values.get(name, field.empty)
        if name not in message.sent and message.type and not value:
            continue
        known = None if before is None else before.get(name)
        if isinstance(field, Records):
            lines += _record_lines(field, value, known, reveal, in_words)
        else:
            kind = _kind(message, value, known)
            line = _line(field, field.label, field.tag, name, value, known, kind, reveal, in_words)
            back = _revived(field, value, before)
            if line.consequence and field.overwrites and before is not None:
                other = message.fields[field.overwrites]
                line = replace(line, consequence=_also_sets(other, value, before, reveal, in_words))
            lines.append(replace(line, consequence=f"Reactivates {back}.") if back else line)
    return lines


def _revived(field: Field, value: Any, before: Values | None) -> str:
    """Return the codes of a set that were out of force, in words."""
    if before is None or not isinstance(field, Flags) or not field.revives or not isinstance(value, list):
        return ""
    stopped = codes(before, field.revives)
    return field.words([code for code in value if code in stopped])


def _also_sets(other: Field, value: Any, before: Values, reveal: bool, in_words: InWords) -> str:
    """What a value does to the other field that ODIN sets with it; "" where that has this value already."""
    known = before.get(other.name)
    if known == value:
        return ""
    if not known:
        return f"ODIN sets {other.label} to this as well."
    return f"Overwrites {other.label} at ODIN, which is {in_words(other, known, reveal)}."


def _kind(message: type[Request], value: Any, known: Any) -> Kind:
    if not value:
        return "cleared" if known or (message.partial and known is None) else "absent"
    if not known:
        return "new"
    return "repeated" if value == known else "changed"


def _line(
    field: Field,
    label: str,
    tag: int,
    name: str,
    value: Any,
    known: Any,
    kind: Kind,
    reveal: bool,
    in_words: InWords,
) -> Line:
    if isinstance(field, Secret):
        dots = MASK if value else ""
        return Line(tag, name, label, dots, dots, "", kind)
    hidden = field.personal and not reveal
    meaning = in_words(field, value, reveal)
    text = meaning if hidden else ",".join(value) if isinstance(value, list) else str(value or "")
    old = in_words(field, known, reveal)
    return Line(tag, name, label, text, meaning, old, kind, _consequence(field, value, kind))


def _consequence(field: Field, value: Any, kind: Kind) -> str:
    """Return the declared consequence of this value, or of any value, unless it is in force already."""
    always = field.consequences.get("*", "")
    if kind == "cleared":
        return field.consequences.get("") or f"Clears {field.label}."
    if kind == "absent":
        return ""
    if kind == "repeated" or not isinstance(value, str):
        return always
    return field.consequences.get(value, always)


def _record_lines(field: Records, value: Any, known: Any, reveal: bool, in_words: InWords) -> Iterator[Line]:
    single = isinstance(field, Record)
    records = [value] if single else value
    if field.is_empty(value) or not isinstance(records, list):
        yield Line(field.tag, field.name, field.label, "", "", "", "cleared" if known else "absent")
        return
    old = [known] if single and known else known if isinstance(known, list) else []
    for place, record in enumerate(records):
        path = field.name if single else f"{field.name}.{place}"
        noun = field.record.noun if single else f"{field.record.noun} {place + 1}"
        said = field.consequences.get("*", "")
        for line in _sub_lines(field, record, _same(field, record, old), path, noun, reveal, in_words):
            # The first line of a record has the consequences of the whole record.
            yield line if not said else replace(line, consequence=line.consequence or said)
            said = ""


def _sub_lines(
    field: Records,
    record: Mapping[str, str],
    known: Mapping[str, str],
    path: str,
    noun: str,
    reveal: bool,
    in_words: InWords,
) -> Iterator[Line]:
    for name, part in field.record.fields.items():
        value, was = record.get(name, ""), known.get(name, "")
        if not value and not was:
            continue
        kind: Kind = (
            "cleared" if not value else "new" if not was else "repeated" if value == was else "changed"
        )
        label = f"{noun}: {lowered(part.label)}"
        line = _line(part, label, field.tag, f"{path}.{name}", value, was, kind, reveal, in_words)
        yield replace(line, consequence=part.consequences.get(value, ""))


def lowered(label: str) -> str:
    """Return a label for the middle of a sentence; abbreviations keep their capitals."""
    return label[0].lower() + label[1:] if label[1:2].islower() else label


def _same(field: Records, record: Mapping[str, str], old: list[Any]) -> Mapping[str, str]:
    """Return the confirmed record that matches: the only one, or the one with its key."""
    if isinstance(field, Record):
        return old[0] if old else {}
    key = field.record.key
    for candidate in old:
        if key and all(candidate.get(name) == record.get(name) for name in key):
            return candidate if isinstance(candidate, Mapping) else {}
    return {}
