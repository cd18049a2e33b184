"""What is wrong with values, and the two errors of the codec."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An ERROR is what the document requires; a WARNING is what good sense requires (U16)."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, on the field at `path` ("pan", "banks.0.account_no", "" is the whole message).

    `cleaned` is a value that the person may accept in place of the one given; None if there is none to
    offer.
    """

    path: str
    text: str
    severity: Severity = Severity.ERROR
    rule: str = ""
    cleaned: str | None = None


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Only those that forbid sending."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


class ProtocolError(Exception):
    """Base of the codec's errors. Their texts never hold a secret."""


class EncodeError(ProtocolError):
    """Values that must not be written into a message: a separator, a bad length, a form that is not
    canonical.
    """


class DecodeError(ProtocolError):
    """A text that is not the message it should be."""


class DeclarationError(ProtocolError):
    """A message that is declared wrongly. Raised at import."""
