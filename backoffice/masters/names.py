"""What forms offer for a field that takes a name, and a warning for a name that no list has."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from django.core.cache import caches

from backoffice.masters.models import Name
from backoffice.protocol.fields import Field, Record, Records
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.message import Request

Offered = Sequence[tuple[str, str]]
Grouped = Mapping[str, Offered]

#: Lists change seldom and a form asks for the same one card by card; another process sees a change this much later.
KEPT_SECONDS = 10

#: Lists that are not kept by hand, by their name.
_SOURCES: dict[str, Callable[[], Offered]] = {}


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


def forget(list_name: str) -> None:
    """Read the list anew the next time: it has changed."""
    caches["process"].delete(f"names:{list_name}")


def _read(list_name: str) -> Grouped:
    if source := _SOURCES.get(list_name):
        pairs = list(source())
        return {"": pairs} if pairs else {}
    found: dict[str, list[tuple[str, str]]] = {}
    for name in Name.objects.filter(list=list_name, active=True):
        found.setdefault(name.within, []).append((name.code, str(name)))
    return found


def unlisted(message: type[Request], values: Mapping[str, Any]) -> list[Finding]:
    """A warning for each name that is not in its list. A list that nobody keeps says nothing."""
    return list(_unlisted(message, values))


def _unlisted(message: type[Request], values: Mapping[str, Any]) -> Iterator[Finding]:
    for name, field in message.fields.items():
        value = values.get(name)
        if isinstance(field, Record):
            yield from _in_record(field, value, name)
        elif isinstance(field, Records):
            for place, row in enumerate(value if isinstance(value, list) else []):
                yield from _in_record(field, row, f"{name}.{place}")
        else:
            yield from _judged(field, values, name)


def _in_record(field: Records, row: object, path: str) -> Iterator[Finding]:
    if isinstance(row, Mapping):
        for name, part in field.record.fields.items():
            yield from _judged(part, row, f"{path}.{name}")


def _judged(field: Field, values: Mapping[str, Any], path: str) -> Iterator[Finding]:
    value = values.get(field.name)
    if not field.names or not value or not isinstance(value, str):
        return
    if field.names_by:
        groups = grouped(field.names)
        fitting = [*groups.get("", ()), *groups.get(str(values.get(field.names_by.name, "")), ())]
    else:
        fitting = [*offered(field.names)]
    codes = {code for code, _ in fitting}
    if codes and value not in codes:
        words = (
            f"{value!a} is not in the portal's list. Check it, or ask an admin to add it to the master list."
        )
        yield Finding(path, words, Severity.WARNING, rule="portal.names")
