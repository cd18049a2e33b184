"""The steps of something on its way, for `components/stepper.html`: what was done, by whom and when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Stage = Literal["done", "now", "next", "doubt", "bad"]
#: The state of a step in words, for people who do not see its colour.
WORDS: dict[Stage, str] = {
    "done": "done",
    "now": "now",
    "next": "not yet",
    "doubt": "not settled",
    "bad": "ended here",
}
#: Stages after which nothing follows: it is unknown whether it was applied, or it was not.
ENDS: tuple[Stage, ...] = ("doubt", "bad")
ICONS: dict[Stage, str] = {
    "done": "check",
    "now": "clock",
    "next": "dot",
    "doubt": "question",
    "bad": "close",
}


@dataclass(frozen=True)
class Step:
    """One step. `people` are who took it and when, possibly several; a name may be empty, a time None."""

    label: str
    stage: Stage
    people: Sequence[tuple[str, datetime | None]] = ()
    note: str = ""

    @property
    def words(self) -> str:
        """Its state in words."""
        return WORDS[self.stage]

    @property
    def icon(self) -> str:
        """Its state as a symbol."""
        return ICONS[self.stage]


def ended(steps: Iterable[Step]) -> list[Step]:
    """Return the steps up to one that ended other than applied: nothing follows it."""
    kept: list[Step] = []
    for step in steps:
        kept.append(step)
        if step.stage in ENDS:
            break
    return kept
