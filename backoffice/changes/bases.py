"""What a form was filled from: the record as it was then, which goes with the form and with its draft.

The record may move on while somebody types. What the form shows of it is then old, and must not be proposed as if it
were wanted: `moved_to` gives the form its present values, with what was typed otherwise.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backoffice.changes import kinds
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.examination import Known
from backoffice.changes.staleness import Moved, differences
from backoffice.protocol.fields import Field, Flags, Record, SecretText, Value, Values
from backoffice.seal import SealError, seal, unseal


@dataclass(frozen=True)
class MovedOn:
    """What moved in the record since, for its form: `dropped` are labels of what must be typed again."""

    lines: Sequence[Moved]
    dropped: Sequence[str]


def sealed(form: EntryForm) -> str:
    """The record as the form was filled from it, for a hidden field; "" where it was filled from none.

    Sealed, since it holds more than a form of a part shows, and nobody may give it back altered.
    """
    known = form.known
    return seal(SecretText(json.dumps([known.version, known.values]))) if known.version else ""


def opened(text: str) -> Known | None:
    """The record that a form came back with; None where it brought none, or none of ours."""
    try:
        version, values = json.loads(unseal(text).reveal())
    except (SealError, ValueError):
        return None
    return Known(version, values)


def moved_to(form: EntryForm, typed: Values, base: Values | None) -> tuple[Values, MovedOn | None]:
    """What the form shows now: the present values, with what was typed otherwise than the record was then (`base`).

    With it what moved, None where that is nothing that the form has.
    Of accounts that moved the present ones win: typed ones would bring back what is gone, and delete what is new.
    """
    known = form.known.values or {}
    start, now, was = form.starting(), form.begun(known), form.begun(base or {})
    values, changed, dropped = {**start, **typed}, set(), []
    for name, value in typed.items():
        then, present = was.get(name), now.get(name)
        if name not in start or not alike(start[name], present):
            changed.add(name)  # the form does not start with it
        elif alike(value, present) or alike(value, then):
            values[name] = start[name]
        elif name in form.groups and not alike(present, then):
            values[name] = start[name]
            dropped.append(form.message.fields[name].label)
        else:
            values[name] = _joined(form.message.fields[name], value, then, present)
            changed.add(name)
    message = kinds.kind(form.kind).message
    lines = differences(message, base or {}, known, changed, reveal=True)
    return {**values, **form.fixed}, MovedOn(lines, dropped) if lines else None


def _joined(field: Field, typed: Value, then: Any, present: Any) -> Value:
    """A set or a record of several values, of which some were typed and others moved on."""
    if isinstance(field, Flags) and isinstance(typed, list):
        old, codes = {*(then or ())}, {*typed}
        wanted = {*(present or ())} - (old - codes) | (codes - old)
        return [code for code in field.labels if code in wanted]
    if isinstance(field, Record) and isinstance(typed, dict) and typed and isinstance(present, Mapping):
        before = then or {}
        return {
            name: present.get(name, "") if value == before.get(name, "") else value
            for name, value in typed.items()
        }
    return typed


def alike(one: object, other: object) -> bool:
    """Whether two values say the same: what is empty in a record is as good as not there."""
    return _filled(one) == _filled(other)


def _filled(value: object) -> object:
    if isinstance(value, dict):
        return {name: part for name, part in value.items() if part}
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return value or None
