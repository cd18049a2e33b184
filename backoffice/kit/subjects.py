"""Subjects of rows: a retail user, `GROUP/USER`, or another thing, as `basket:3`; and names, registered by rooms."""

from collections.abc import Callable, Collection, Mapping

Names = Callable[[Collection[str]], Mapping[str, str]]
_rooms: list[Names] = []


def register(names: Names) -> None:
    """Register a room's function that returns names of its subjects, in one query. Use it in `AppConfig.ready`."""
    _rooms.append(names)


def names_of(lanes: Collection[str]) -> dict[str, str]:
    """Return names by `GROUP/USER`, one query for each room. Unknown subjects are missing."""
    found: dict[str, str] = {}
    for names in _rooms:
        found |= names(lanes)
    return found


def is_retail_user(subject: str) -> bool:
    """Whether a subject is a retail user."""
    return "/" in subject and ":" not in subject


def words(subject: str) -> str:
    """Return a subject in words: `basket:3` is “Basket 3”. The id of a retail user stays unchanged."""
    kind, colon, which = subject.partition(":")
    return f"{kind.capitalize()} {which}" if colon else subject
