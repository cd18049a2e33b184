"""Why an operation on a batch is not possible, in words for people."""

from backoffice.changes.errors import AlreadyDecided, ChangeError, NotAllowed, ReasonMissing, Stale, field_of

__all__ = [
    "AlreadyDecided",
    "BatchError",
    "FileProblem",
    "LeaseLost",
    "NotAllowed",
    "ReasonMissing",
    "Stale",
    "field_of",
]

#: A batch is a change of many records, and has the errors of a change.
BatchError = ChangeError


class FileProblem(Exception):
    """A file that cannot be read or checked as a whole; `words` say why and what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class LeaseLost(Exception):
    """Another worker has taken over the check of this batch."""
