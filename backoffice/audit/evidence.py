"""The parts that rooms add to an evidence pack, and its scope. Compliance makes the pack."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from backoffice.kit.formats import midnight

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Scope:
    """The scope of a pack: a retail user (GROUP/USER), days in India, or both. The last day is included.

    `change`: the number of a single change, which is then the whole scope; `subject` is its subject.
    """

    subject: str = ""
    since: date | None = None
    until: date | None = None
    change: int | None = None

    @property
    def begins(self) -> datetime | None:
        """The first moment."""
        return midnight(self.since) if self.since else None

    @property
    def ends(self) -> datetime | None:
        """The first moment after it."""
        return midnight(self.until + timedelta(days=1)) if self.until else None

    @property
    def words(self) -> str:
        """The scope in words."""
        if self.change:
            return f"C-{self.change}"
        since = f"from {self.since:%d-%m-%Y}" if self.since else ""
        until = f"to {self.until:%d-%m-%Y}" if self.until else ""
        return " ".join(part for part in (self.subject or "All retail users and staff", since, until) if part)

    def during(self, rows: "QuerySet[Any]", begins: str, ends: str = "") -> "QuerySet[Any]":
        """Keep the `rows` whose time, from column `begins` to column `ends`, overlaps the scope's."""
        if self.ends:
            rows = rows.filter(**{f"{begins}__lt": self.ends})
        if self.begins and ends:
            return rows.exclude(**{f"{ends}__lt": self.begins})
        return rows.filter(**{f"{begins}__gte": self.begins}) if self.begins else rows


@dataclass(frozen=True)
class Part:
    """A room's part of a pack: the file `NAME.json`, and a section of the page, each row by `template`.

    `of_change`: the room has records of a single change.
    """

    name: str
    title: str
    permission: str
    template: str
    rows: Callable[[Scope], Iterable[Row]]
    of_change: bool = False


PARTS: dict[str, Part] = {}


def register(part: Part) -> None:
    """Add a part to all packs. Call it from `AppConfig.ready`."""
    PARTS[part.name] = part
