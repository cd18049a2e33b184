"""What rows are about: a retail user, `GROUP/USER`, or another thing, as `basket:3`; and names, registered by rooms."""

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


def is_retail_user(subject: str) -> bool:
    """Whether something is about a retail user."""
    return "/" in subject and ":" not in subject


def words(subject: str) -> str:
    """A subject in words: `basket:3` is “Basket 3”. The id of a retail user stays as it is."""
    kind, colon, which = subject.partition(":")
    return f"{kind.capitalize()} {which}" if colon else subject
