"""What a master list holds, and a warning for a name that no list has."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from backoffice.kit.names import Grouped, grouped, offered
from backoffice.masters.models import Name
from backoffice.outside import quoted
from backoffice.protocol.fields import Field, Record, Records
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.message import Request


def kept(list_name: str) -> Grouped:
    """The active codes of a master list with their labels, by what they belong to."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in Name.objects.filter(list=list_name, active=True):
        found.setdefault(name.within, []).append((name.code, str(name)))
    return found


class _Names:
    """The codes that a field may take of its list."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.codes = frozenset(code for code, _ in pairs)

    @cached_property
    def spelled(self) -> Mapping[str, str]:
        """The codes by what they are without case."""
        return {code.casefold(): code for code in self.codes}


@dataclass(frozen=True)
class _Taking:
    """A field that takes a name of a kept list. `within`: the field beside it that narrows the list, "" for none."""

    name: str
    within: str
    names: Mapping[str, _Names]

    def finding(self, values: Mapping[str, Any], path: str) -> Finding | None:
        """A warning where the value is not in the list; where the list has it in another case, that is offered."""
        value = values.get(self.name)
        if not value or not isinstance(value, str):
            return None
        names = self.names.get(str(values.get(self.within, "")) if self.within else "") or self.names.get("")
        if names is None or value in names.codes:
            return None
        words = f"{quoted(value)} is not in the portal's list. Check it, or ask an admin to add it to the master list."
        return Finding(path, words, Severity.WARNING, "portal.names", names.spelled.get(value.casefold()))


class Unlisted:
    """Finds names that are not in their lists. The lists of a message are read once, for as many values as come."""

    def __init__(self, message: type[Request]) -> None:
        self._single = list(_taking(message.fields))
        self._records = [
            (name, isinstance(field, Record), parts)
            for name, field in message.fields.items()
            if isinstance(field, Records) and (parts := list(_taking(field.record.fields)))
        ]

    def findings(self, values: Mapping[str, Any]) -> list[Finding]:
        """Return a warning for each name that is not in its list. An empty list gives no warnings."""
        places = [(values, "", self._single)] if self._single else []
        for name, alone, parts in self._records:
            given = values.get(name)
            if alone and isinstance(given, Mapping):
                places.append((given, f"{name}.", parts))
            elif isinstance(given, list):
                places += [
                    (row, f"{name}.{place}.", parts)
                    for place, row in enumerate(given)
                    if isinstance(row, Mapping)
                ]
        return [
            finding
            for row, path, fields in places
            for field in fields
            if (finding := field.finding(row, f"{path}{field.name}"))
        ]


def _taking(fields: Mapping[str, Field]) -> Iterator[_Taking]:
    for name, field in fields.items():
        groups = grouped(field.names) if field.names else {}
        if not groups:
            continue
        if field.names_by is None:
            yield _Taking(name, "", {"": _Names(offered(field.names))})
        else:
            general = groups.get("", ())
            names = {within: _Names([*general, *pairs]) for within, pairs in groups.items()}
            yield _Taking(name, field.names_by.name, names)
