"""What pages show of an audit entry's values."""

from typing import Any

from backoffice.audit.models import Entry
from backoffice.screens import privacy

#: Name of a field, its value before and after.
Difference = tuple[str, Any, Any]


def differences(entry: Entry, shows: bool) -> list[Difference]:
    """The values that an entry changed. `shows`: whether personal data is shown."""
    before, after = entry.before or {}, entry.after or {}
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not shows:
        before, after = privacy.hide_values(before), privacy.hide_values(after)
    return [(spaced(name), before.get(name, ""), after.get(name, "")) for name in changed]


def spaced(name: str) -> str:
    """A field's name as a label."""
    return name.replace("_", " ").capitalize()
