"""Findings on values, and the two errors of the codec."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """An ERROR violates the document; a WARNING marks an implausible value (U16)."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One finding, on the field at `path` ("pan", "banks.0.account_no", "" is the whole message).

    `cleaned` is a value that the person may accept instead; None if there is none to offer.
    """

    path: str
    text: str
    severity: Severity = Severity.ERROR
    rule: str = ""
    cleaned: str | None = None


def restored(stored: Mapping[str, Any]) -> Finding:
    """Return a finding that was stored as JSON, with the names of its fields."""
    return Finding(**{**stored, "severity": Severity(stored["severity"])})


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Return those that forbid sending."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


class ProtocolError(Exception):
    """Base of the codec's errors. Their texts never contain a secret."""


class EncodeError(ProtocolError):
    """Values that must not be written into a message: a separator, a bad length, a form that is not canonical."""


class DecodeError(ProtocolError):
    """A text that is not the expected message."""


class DeclarationError(ProtocolError):
    """A wrong declaration of a message. Raised at import."""
