"""The names of those whom changes are about, registered by the rooms that keep them."""

from collections.abc import Callable, Collection, Iterable, Mapping

from backoffice.changes.models import Change

_rooms: list[Callable[[Collection[str]], Mapping[str, str]]] = []


def register(names: Callable[[Collection[str]], Mapping[str, str]]) -> None:
    """Add a room: it gives the names of the subjects that it knows, in one query. Called from `AppConfig.ready`."""
    _rooms.append(names)


def names_of(changes: Iterable[Change]) -> dict[str, str]:
    """Names by subject. One who is not here yet has the name that a change proposes."""
    found: dict[str, str] = {}
    for change in changes:
        for part in change.messages:
            if name := part["values"].get("name"):
                found[change.subject] = str(name)
    subjects = {change.subject for change in changes}
    for names in _rooms:
        found |= names(subjects)
    return found
