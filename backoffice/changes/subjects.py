"""The names of the subjects of changes."""

from collections.abc import Iterable

from backoffice.changes.models import Change
from backoffice.kit import subjects


def names_of(changes: Iterable[Change]) -> dict[str, str]:
    """Return names by subject. One who does not exist yet has the name that a change proposes."""
    found: dict[str, str] = {}
    for change in changes:
        for part in change.messages:
            if name := part["values"].get("name"):
                found[change.subject] = str(name)
    return found | subjects.names_of({change.subject for change in changes})
