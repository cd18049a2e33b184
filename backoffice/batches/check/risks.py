"""What a checker should look at in a file of thousands: rows whose values have unexpected consequences."""

from collections.abc import Mapping
from typing import Any

from backoffice.protocol.fields import Field, Record, Records, Values
from backoffice.protocol.message import Request

#: Consequences of any value, and so of every row: they point to none.
ANY = "*"


class Risks:
    """Return the consequences that a message declares for single values."""

    def __init__(self, message: type[Request]) -> None:
        self._values = [(name, words) for name, f in message.fields.items() if (words := _said(f))]
        self._parts = [
            (name, part, words)
            for name, f in message.fields.items()
            if isinstance(f, Records) and not isinstance(f, Record)
            for part, declared in f.record.fields.items()
            if (words := _said(declared))
        ]

    def of(self, values: Values, known: Values | None) -> list[str]:
        """Return the consequences in words, each once, except those that the record already has."""
        before: Mapping[str, Any] = known or {}
        found = []
        for name, words in self._values:
            value = values.get(name)
            if isinstance(value, str) and value in words and value != (before.get(name) or ""):
                found.append(words[value])
        for name, part, words in self._parts:
            records: Any = values.get(name)
            found += [words[record[part]] for record in records or () if record.get(part) in words]
        return list(dict.fromkeys(found))


def _said(declared: Field) -> dict[str, str]:
    return {value: words for value, words in declared.consequences.items() if value != ANY}
