"""The next step that a change's maker can take: edit a draft, start again, or correct a refused message."""

from dataclasses import dataclass
from typing import Any

from backoffice.changes.corrections import Corrected, correction_of, may_correct, refused_parts
from backoffice.changes.deciders import may_propose
from backoffice.changes.kinds import KINDS, ChangeKind, kind_of_part
from backoffice.changes.models import Change, State
from backoffice.delivery.models import Delivery


@dataclass(frozen=True)
class Step:
    """A button: its label, and the address of the form."""

    label: str
    url: str


def next_step(change: Change, person: Any) -> Step | None:
    """Return the maker's next step with a whole change of their own; None if there is none.

    A new change starts with the values of the old one, names it, and has a reference of its own.
    """
    kind = KINDS.get(change.kind)
    if kind is None or not _is_theirs(change, kind, person):
        return None
    if change.state == State.DRAFT:
        return _draft(kind, change)
    label = "Correct and resubmit" if change.state == State.APPROVED else "Start again"
    return _correction(kind, change, Corrected(change), label)


def step_of_part(change: Change, delivery: Delivery, person: Any) -> Step | None:
    """Return how its maker corrects this refused message separately; None if that is not possible."""
    kind = kind_of_part(change.kind, delivery.message_type)
    if kind is None or delivery.own_values is not None or not _is_theirs(change, kind, person):
        return None
    return _correction(kind, change, Corrected(change, delivery.part), "Correct this message")


def first_step(change: Change, person: Any) -> Step | None:
    """Return the maker's next step with the change, or, if it cannot start again, its first refused message."""
    steps = (step_of_part(change, delivery, person) for delivery in refused_parts(change))
    return next_step(change, person) or next(filter(None, steps), None)


def _is_theirs(change: Change, kind: ChangeKind, person: Any) -> bool:
    return change.made_by_id == person.pk and may_propose(person, kind)


def _correction(kind: ChangeKind, change: Change, earlier: Corrected, label: str) -> Step | None:
    """Return the form that corrects, or the draft that was begun; None once that is submitted."""
    if found := correction_of(earlier):
        same = found.state == State.DRAFT and found.corrects_part == earlier.part
        return _draft(kind, found) if same else None
    if not may_correct(earlier):
        return None
    if earlier.part is None:
        return Step(label, f"{kind.form_of(change)}?again={change.pk}")
    return Step(label, f"{kind.page(change.subject)}?again={change.pk}&part={earlier.part}")


def _draft(kind: ChangeKind, draft: Change) -> Step:
    return Step("Edit draft", f"{kind.form_of(draft)}?draft={draft.token}")
