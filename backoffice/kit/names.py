"""The lists of names that forms offer, by the name of the list that a field declares.

Master lists keep most of them; a room may fill one itself.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from django.core.cache import caches

from backoffice.protocol.fields import Field

Offered = Sequence[tuple[str, str]]
Grouped = Mapping[str, Offered]
#: Reads the codes of a list with their labels, by what they belong to.
Reader = Callable[[str], Grouped]

#: Lists change seldom and a form asks for the same one card by card; another process sees a change this much later.
KEPT_SECONDS = 10

#: Lists that a room fills itself, by their name.
_SOURCES: dict[str, Callable[[], Offered]] = {}
_readers: list[Reader] = []


def kept_by(reader: Reader) -> None:
    """Read all other lists with this function. Called from `AppConfig.ready` of the room that keeps them."""
    _readers[:] = [reader]


def register(list_name: str, source: Callable[[], Offered]) -> None:
    """Make a list known that a room fills itself. Called from `AppConfig.ready`."""
    _SOURCES[list_name] = source


def grouped(list_name: str) -> Grouped:
    """The codes of a list with their labels, by what they belong to; "" for those that belong to all of it."""
    return cast(
        Grouped, caches["process"].get_or_set(f"names:{list_name}", lambda: _read(list_name), KEPT_SECONDS)
    )


def offered(list_name: str) -> Offered:
    """All codes of a list with their labels, in order; empty where nobody keeps it yet."""
    return [pair for pairs in grouped(list_name).values() for pair in pairs]


def meaning(list_name: str, code: str) -> str:
    """What a list calls a code, without the code itself; "" where it does not have it or has no other name."""
    label = dict(offered(list_name)).get(code, "")
    return "" if label == code else label.removeprefix(f"{code} – ").removesuffix(f" ({code})")


def in_words(field: Field, value: Any, *, reveal: bool = True) -> str:
    """A value by the name that its list has for it, or as its field says it. `reveal`: personal data is shown whole."""
    named = meaning(field.names, value) if field.names and value and isinstance(value, str) else ""
    return named or (field.words if reveal else field.masked)(value)


def forget(list_name: str) -> None:
    """Read the list again the next time: it has changed."""
    caches["process"].delete(f"names:{list_name}")


def _read(list_name: str) -> Grouped:
    if source := _SOURCES.get(list_name):
        pairs = list(source())
        return {"": pairs} if pairs else {}
    (reader,) = _readers
    return reader(list_name)
