"""Why something cannot be done with a batch, in the words of the person who reads them."""

from backoffice.changes.errors import AlreadyDecided, ChangeError, NotAllowed, ReasonMissing, Stale

__all__ = [
    "AlreadyDecided",
    "BatchError",
    "FileProblem",
    "LeaseLost",
    "NotAllowed",
    "ReasonMissing",
    "Stale",
]

#: A batch is a change of many records: what can go wrong with it are the same things.
BatchError = ChangeError


class FileProblem(Exception):
    """A file that cannot be read or checked as a whole; `words` say why and what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class LeaseLost(Exception):
    """Another worker has taken over the check of this batch."""
