"""The names of those whom rows are about, by `GROUP/USER`, registered by the rooms that keep them."""

from collections.abc import Callable, Collection, Mapping

Names = Callable[[Collection[str]], Mapping[str, str]]
_rooms: list[Names] = []


def register(names: Names) -> None:
    """Add a room: it gives the names of those whom it knows, in one query. Called from `AppConfig.ready`."""
    _rooms.append(names)


def names_of(lanes: Collection[str]) -> dict[str, str]:
    """Names by `GROUP/USER`, a query a room. Whom no room knows is not in it."""
    found: dict[str, str] = {}
    for names in _rooms:
        found |= names(lanes)
    return found
