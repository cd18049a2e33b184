"""The kinds of change, registered by the rooms whose records they change."""

from collections.abc import Callable
from dataclasses import dataclass

from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Request


@dataclass(frozen=True)
class Known:
    """What the portal knows of a record: its version and its confirmed values. Version 0 and None: no such record."""

    version: int = 0
    values: Values | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of change: its name, the message it becomes, and what its room knows about the record."""

    slug: str
    title: str
    message: type[Request]
    known: Callable[[str], Known]
    findings: Callable[[Values], list[Finding]]


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known. Called from `AppConfig.ready` of the room that keeps the record."""
    KINDS[kind.slug] = kind


def kind(slug: str) -> Kind:
    """The kind of this name. Raises KeyError for an unknown one."""
    return KINDS[slug]
