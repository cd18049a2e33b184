"""What pages show of an audit entry's values."""

from collections.abc import Mapping
from typing import Any

from backoffice.audit.models import Entry
from backoffice.kit import privacy

#: Name of a field, its value before and after.
Difference = tuple[str, Any, Any]


def differences(entry: Entry, shows: bool) -> list[Difference]:
    """The values that an entry changed. `shows`: whether personal data is shown."""
    was, now = entry.before or {}, entry.after or {}
    changed = _flat(was).keys() | _flat(now).keys()
    changed = {name for name in changed if _flat(was).get(name) != _flat(now).get(name)}
    if not shows:
        was, now = privacy.hide_values(was), privacy.hide_values(now)
    before, after = _flat(was), _flat(now)
    return [
        (name, before.get(name, ""), after.get(name, "")) for name in {**before, **after} if name in changed
    ]


def _flat(values: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    """Values by label; those of records one by one: "Banks 2: account no". What is empty is left out."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        label = f"{within}: {name.replace('_', ' ')}" if within else spaced(name)
        if isinstance(value, Mapping):
            found |= _flat(value, label)
        elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            for number, item in enumerate(value, 1):
                found |= _flat(item, f"{label} {number}")
        elif isinstance(value, list):
            found[label] = ", ".join(map(str, value))
        elif value not in ("", None):
            found[label] = value
    return found


def spaced(name: str) -> str:
    """A field's name as a label."""
    return name.replace("_", " ").capitalize()
