"""Why a change could not be made, submitted or decided, in the words of the person who reads them."""

from backoffice.protocol.findings import Finding


class ChangeError(Exception):
    """What was asked cannot be done; `words` say why and what to do next."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class NotAllowed(ChangeError):
    """This person may not do this."""


class AlreadyDecided(ChangeError):
    """Somebody else was first."""


class Stale(ChangeError):
    """The record, or the change itself, is not what the person saw."""


class ReasonMissing(ChangeError):
    """A reason must be given, and be short enough to be kept."""


class HasErrors(ChangeError):
    """The proposed values have findings that are errors."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(f"There are {len(findings)} errors in the proposed values.")
        self.findings = findings
