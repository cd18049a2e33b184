"""Results of what is done with many things at once."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """The result for one of many: whether it was done, and in words."""

    number: int
    done: bool
    words: str
