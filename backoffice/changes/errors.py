"""Why a change could not be made, submitted or decided, in words for people."""

from backoffice.protocol.findings import Finding


class ChangeError(Exception):
    """The request cannot be carried out; `words` say why and what to do next."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class NotAllowed(ChangeError):
    """This person may not do this."""


class AlreadyDecided(ChangeError):
    """Another person was first."""


class Stale(ChangeError):
    """The record, or the change itself, differs from what the person saw."""


class ReasonMissing(ChangeError):
    """The reason is missing or too long."""


def field_of(error: ChangeError, action: str) -> str:
    """Return the id of the field that mends an error of this action of a page; "" if none does."""
    return f"{action}-reason" if isinstance(error, ReasonMissing) else ""


class HasErrors(ChangeError):
    """The proposed values have errors."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(f"There are {len(findings)} errors in the proposed values.")
        self.findings = findings
