"""The record that a form was filled from, which stays with the form and its draft.

The record may change while somebody types. Old values in the form must not be proposed as if they were
wanted: `moved_to` puts the present values into the form and keeps what was typed.
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
    """What has changed in the record since, for its form: `dropped` are labels of fields that must be typed again."""

    lines: Sequence[Moved]
    dropped: Sequence[str]


def sealed(form: EntryForm) -> str:
    """Return the record that filled the form, for a hidden field; "" if there was none.

    Sealed, since it has more than the form of a part shows, and must not come back altered.
    """
    known = form.known
    return seal(SecretText(json.dumps([known.version, known.values]))) if known.version else ""


def opened(text: str) -> Known | None:
    """Return the record that came back with a form; None if there was none, or it is not authentic."""
    try:
        version, values = json.loads(unseal(text).reveal())
    except (SealError, ValueError):
        return None
    return Known(version, values)


def moved_to(form: EntryForm, typed: Values, base: Values | None) -> tuple[Values, MovedOn | None]:
    """Return what the form shows now: the present values, with typed values that differ from the old record (`base`).

    Also returns what has changed, None if that is nothing on the form. Of changed accounts the present ones
    win: typed ones would bring back deleted accounts, and delete new ones.
    """
    known = form.known.values or {}
    start, now, was = form.starting(), form.begun(known), form.begun(base or {})
    values, changed, dropped = {**start, **typed}, set(), []
    for name, value in typed.items():
        then, present = was.get(name), now.get(name)
        if name not in start or not alike(start[name], present):
            changed.add(name)  # the form starts without it
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
    """Merge a set, or a record of several values, some typed and others changed in the record."""
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
    """Whether two values are equal; empty and missing values are."""
    return _filled(one) == _filled(other)


def _filled(value: object) -> object:
    if isinstance(value, dict):
        return {name: part for name, part in value.items() if part}
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return value or None
