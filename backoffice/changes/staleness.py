"""What has changed in a record since a change of it was submitted, and whether that affects the change."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from backoffice.changes.kinds import kind
from backoffice.changes.models import Change
from backoffice.kit.message_words import REFERENCE, explain
from backoffice.protocol.fields import Records
from backoffice.protocol.message import Request


@dataclass(frozen=True)
class Moved:
    """One value of the record: at submission and now. `touched`: the change sets it too."""

    label: str
    old: str
    new: str
    touched: bool


def moved_on(change: Change) -> bool:
    """Whether the record has changed since the change was made."""
    return kind(change.kind).known(change.subject).version != change.record_version


def moved(change: Change, *, reveal: bool) -> list[Moved]:
    """Return each value that differs, in words. `reveal`: show personal data unmasked."""
    message = kind(change.kind).message
    now: Mapping[str, Any] = kind(change.kind).known(change.subject).values or {}
    set_here = {
        name
        for stored in change.messages
        for name, value in stored["values"].items()
        if value or message.partial
    }
    return differences(message, change.before or {}, now, set_here, reveal=reveal)


def differences(
    message: type[Request],
    before: Mapping[str, Any],
    now: Mapping[str, Any],
    set_here: Collection[str],
    *,
    reveal: bool,
) -> list[Moved]:
    """Return each value of a record that differs now, in words. `set_here`: fields that the proposal sets too."""
    present = {name: now.get(name, field.empty) for name, field in message.fields.items()}
    found = [
        Moved(line.label, line.old or "–", line.meaning or "–", line.name.partition(".")[0] in set_here)
        for line in explain(message, present, dict(before), reveal=reveal)
        if line.kind in ("changed", "new", "cleared") and line.name != REFERENCE
    ]
    for name, field in message.fields.items():
        was, is_now = before.get(name), now.get(name)
        if isinstance(field, Records) and isinstance(was, list) and len(was) > len(is_now or []):
            words = f"{field.label}: how many"
            found.append(Moved(words, str(len(was)), str(len(is_now or [])), name in set_here))
    return found
