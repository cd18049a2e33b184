"""Remember which row of a file had a value first, in a file, so that memory does not grow with the rows."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from backoffice.changes.files import Unique
from backoffice.protocol.fields import Field, Records, Text, Values
from backoffice.protocol.findings import Finding

RULE = "file.twice"
#: Kilobytes kept in memory.
CACHE = 8192

#: A digest of a value that must be unique, and the path for findings on it.
Key = tuple[int, Unique, str]


class Seen:
    """Digests of 64 bits with the numbers of the rows that had them first; collisions are negligible.

    Spellings that the shapes of `fields` treat as equal have one digest.
    """

    def __init__(self, uniques: Iterable[Unique], fields: Mapping[str, Field] | None = None) -> None:
        self._uniques = [
            (at, unique, list(_spelled(unique, fields or {}))) for at, unique in enumerate(uniques)
        ]
        self._rows = sqlite3.connect("", isolation_level=None)  # a temporary file, gone when it is closed
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE}"):
            self._rows.execute(f"PRAGMA {pragma}")
        self._rows.execute("CREATE TABLE seen (digest INTEGER PRIMARY KEY, number INTEGER NOT NULL)")

    def close(self) -> None:
        """Forget all rows."""
        self._rows.close()

    def add(self, numbered: Iterable[tuple[int, Values]]) -> None:
        """Remember rows that need no findings: number and values."""
        self._insert((digest, number) for number, values in numbered for digest, _, _ in self._keys(values))

    @property
    def fields(self) -> list[str]:
        """The values that must be unique."""
        names = (name for _, unique, _ in self._uniques for name in (unique.each, *unique.fields) if name)
        return list(dict.fromkeys(names))

    def digests(self, values: Any) -> set[int]:
        """Return the row's unique values as digests, which only this process can compute."""
        return {digest for digest, _, _ in self._keys(values)}

    def findings(self, rows: Mapping[int, Values]) -> dict[int, list[Finding]]:
        """Return what other rows had before these, by row number; then remember these."""
        keys = [
            (digest, number, unique, path)
            for number, values in rows.items()
            for digest, unique, path in self._keys(values)
        ]
        if self._insert((digest, number) for digest, number, _, _ in keys) == len(keys):
            return {}
        found: dict[int, list[Finding]] = {}
        for digest, number, unique, path in keys:
            first = self._first(digest)
            if first != number:
                finding = Finding(path, f"Row {first} {unique.words}", unique.severity, RULE)
                found.setdefault(number, []).append(finding)
        return found

    def _insert(self, rows: Iterable[tuple[int, int]]) -> int:
        """Store new digests, and return how many there were."""
        before = self._rows.total_changes
        self._rows.execute("BEGIN")
        self._rows.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)
        self._rows.execute("COMMIT")
        return self._rows.total_changes - before

    def _first(self, digest: int) -> int:
        row: tuple[int] = self._rows.execute("SELECT number FROM seen WHERE digest = ?", (digest,)).fetchone()
        return row[0]

    def _keys(self, values: Values) -> Iterator[Key]:
        for at, unique, spelled in self._uniques:
            if not unique.each:
                texts: list[Any] = [values.get(name) or "" for name in unique.fields]
                if texts[-1] or any(texts[2:]):
                    for part, key in spelled:
                        texts[part] = key(texts[part])
                    yield hash((at, *texts)), unique, unique.fields[-1]
                continue
            for place, record in enumerate(_records(values, unique.each)):
                texts = [record.get(name) or values.get(name) or "" for name in unique.fields]
                if texts[-1]:
                    for part, key in spelled:
                        texts[part] = key(texts[part])
                    yield hash((at, *texts)), unique, f"{unique.each}.{place}.{unique.fields[-1]}"


def _spelled(unique: Unique, fields: Mapping[str, Field]) -> Iterator[tuple[int, Callable[[str], str]]]:
    """Return the places of fields with several spellings, each with a function that makes spellings equal."""
    each = fields.get(unique.each)
    known = {**fields, **(each.record.fields if isinstance(each, Records) else {})}
    for place, name in enumerate(unique.fields):
        field = known.get(name)
        if isinstance(field, Text) and field.shape:
            yield place, field.shape.key


def _records(values: Values, name: str) -> list[dict[str, Any]]:
    found = values.get(name)
    return [record for record in found if isinstance(record, dict)] if isinstance(found, list) else []
