"""What the maker of a change may do next with it: go on with a draft, or start again from what came to nothing."""

from dataclasses import dataclass
from typing import Any

from backoffice.changes.deciders import may_propose
from backoffice.changes.kinds import KINDS
from backoffice.changes.models import Change, State
from backoffice.changes.results import Result


@dataclass(frozen=True)
class Step:
    """A button: its label, and the address of the form."""

    label: str
    url: str


def next_step(change: Change, person: Any) -> Step | None:
    """What this person does next with a change of their own; None where there is nothing.

    A new change starts with the values of the old one, names it, and has a reference of its own.
    """
    kind = KINDS.get(change.kind)
    if kind is None or change.made_by_id != person.pk or not may_propose(person, kind):
        return None
    page = kind.page(change.subject)
    if change.state == State.DRAFT:
        return Step("Edit draft", f"{page}?draft={change.token}")
    if not change.came_to_nothing:
        return None
    label = "Correct and resubmit" if change.result == Result.REFUSED else "Start again"
    return Step(label, f"{page}?again={change.pk}")
