"""The lists of names that forms offer, by the name of the list that a field declares.

Master lists keep most of them; a room may fill one itself.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from django.core.cache import caches

from backoffice.protocol.fields import Field

Offered = Sequence[tuple[str, str]]
Grouped = Mapping[str, Offered]
#: Returns the codes of a list with their labels, by what they belong to.
Reader = Callable[[str], Grouped]

#: Lists change rarely and a form asks for one card by card; other processes see a change this much later.
KEPT_SECONDS = 10

#: Lists that a room fills itself, by name.
_SOURCES: dict[str, Callable[[], Offered]] = {}
_readers: list[Reader] = []


def kept_by(reader: Reader) -> None:
    """Register the function that reads all other lists. Call it from `AppConfig.ready` of its room."""
    _readers[:] = [reader]


def register(list_name: str, source: Callable[[], Offered]) -> None:
    """Register a list that a room fills itself. Call it from `AppConfig.ready`."""
    _SOURCES[list_name] = source


def grouped(list_name: str) -> Grouped:
    """Return the codes of a list with their labels, by what they belong to; "" for those that belong to all of it."""
    return cast(
        Grouped, caches["process"].get_or_set(f"names:{list_name}", lambda: _read(list_name), KEPT_SECONDS)
    )


def offered(list_name: str) -> Offered:
    """Return all codes of a list with their labels, in order; empty if it is not filled."""
    return [pair for pairs in grouped(list_name).values() for pair in pairs]


def meaning(list_name: str, code: str) -> str:
    """Return a code's label without the code itself; "" if the list does not have it or has no label."""
    label = dict(offered(list_name)).get(code, "")
    return "" if label == code else label.removeprefix(f"{code} – ").removesuffix(f" ({code})")


def in_words(field: Field, value: Any, *, reveal: bool = True) -> str:
    """Return a value by its label in the list, or as its field shows it. `reveal`: show personal data unmasked."""
    named = meaning(field.names, value) if field.names and value and isinstance(value, str) else ""
    return named or (field.words if reveal else field.masked)(value)


def forget(list_name: str) -> None:
    """Drop the cached list, which has changed."""
    caches["process"].delete(f"names:{list_name}")


def _read(list_name: str) -> Grouped:
    if source := _SOURCES.get(list_name):
        pairs = list(source())
        return {"": pairs} if pairs else {}
    (reader,) = _readers
    return reader(list_name)
