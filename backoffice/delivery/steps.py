"""The steps on the way to ODIN, shared by changes, their messages and files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State
from backoffice.kit.components import status
from backoffice.kit.formats import indian
from backoffice.kit.steps import Stage, Step, ended

#: How a proposal ends without approval: states of changes and of files.
NOT_APPROVED = ("rejected", "withdrawn", "stale", "expired")
#: States that keep messages from being applied, in the order of display.
TROUBLE = (State.UNKNOWN, State.REFUSED, State.ON_HOLD, State.CANCELLED)
#: In these states nothing has left, unless it was tried before.
AT_HOME = (State.QUEUED, State.ON_HOLD, State.CANCELLED)


@dataclass(frozen=True)
class Sending:
    """Progress of messages: how many are in each state, and how many of all were sent at least once.

    `first_at` is when the first was sent, `last_at` when the last was settled, `settled_by` who settled one
    by hand.
    """

    counts: Mapping[str, int]
    left: int
    first_at: datetime | None = None
    last_at: datetime | None = None
    settled_by: str = ""

    @property
    def total(self) -> int:
        """How many messages there are."""
        return sum(self.counts.get(state, 0) for state in State)


def sending(deliveries: Iterable[Delivery]) -> Sending:
    """Return the progress of these deliveries."""
    found = list(deliveries)
    first = [one.first_sent_at for one in found if one.first_sent_at]
    last = [one.finished_at for one in found if one.finished_at]
    return Sending(
        counts={state: sum(one.state == state for one in found) for state in State},
        left=sum(one.first_sent_at is not None or one.state not in AT_HOME for one in found),
        first_at=min(first, default=None),
        last_at=max(last) if found and len(last) == len(found) else None,
        settled_by=next((str(one.settled_by) for one in found if one.settled_by), ""),
    )


def sending_of_many(counts: Mapping[str, int], last_at: datetime | None) -> Sending:
    """Return the progress of messages counted by state, without their own times."""
    at_home = sum(counts.get(state, 0) for state in AT_HOME)
    return Sending(counts, sum(counts.get(state, 0) for state in State) - at_home, last_at=last_at)


def steps(
    proposal: Any,
    approvals: Sequence[Any],
    checkers: int,
    sent: Sending | None,
    *,
    applied_at: datetime | None = None,
) -> list[Step]:
    """Return the steps of a submitted change or file up to its present one, or to its end.

    `approvals` so far, of `checkers` that it needs. `sent` is None for changes that stay in the portal, and
    `applied_at` says when the records took them.
    """
    submitted = Step("Submitted", "done", [(str(proposal.made_by), proposal.submitted_at)])
    approval = _approval(proposal, approvals, checkers)
    if approval.stage != "done":
        further = ("Applied",) if sent is None else ("Sent", "Applied")
        return ended([submitted, approval, *(Step(label, "next") for label in further)])
    if sent is None:
        here = Step("Applied", "done", [("", applied_at)]) if applied_at else Step("Applied", "now")
        return [submitted, approval, here]
    return ended([submitted, approval, _sent(sent), _applied(sent)])


def _approval(proposal: Any, approvals: Sequence[Any], checkers: int) -> Step:
    given: list[tuple[str, datetime | None]] = [(str(one.by), one.at) for one in approvals]
    so_far = f"{len(given)} of {checkers}" if checkers > 1 else ""
    if proposal.state in NOT_APPROVED:
        by = proposal.made_by if proposal.state == "withdrawn" else proposal.decided_by
        at = proposal.decided_at or getattr(proposal, "updated_at", None)
        note = f"After {so_far} approvals" if given and so_far else ""
        return Step(status("change", proposal.state).word, "bad", [(str(by or "The portal"), at)], note)
    if proposal.state != "approved":
        return Step("Approved", "now", given, so_far or "Waiting for a checker")
    if proposal.decided_by is None:
        return Step("Approved", "done", [("", proposal.decided_at)], "No checker, by the approval rule")
    return Step("Approved", "done", given or [(str(proposal.decided_by), proposal.decided_at)], so_far)


def _sent(sent: Sending) -> Step:
    if not sent.left:
        for state in (State.ON_HOLD, State.CANCELLED):
            if sent.counts.get(state) and not sent.counts.get(State.QUEUED):
                return Step(
                    status("delivery", state).word, "bad", [("", sent.last_at)] if sent.last_at else []
                )
        return Step("Sent", "now", note="Queued")
    note = _of(sent.left, sent.total)
    people = [("", sent.first_at)] if sent.first_at else []
    return Step("Sent", "done" if sent.left == sent.total else "now", people, note)


def _applied(sent: Sending) -> Step:
    applied = sent.counts.get(State.APPLIED, 0)
    trouble = [state for state in TROUBLE if sent.counts.get(state)]
    by = sent.settled_by or "ODIN"
    people = [(by, sent.last_at)] if sent.last_at else []
    if trouble:
        said = [f"{indian(sent.counts[state], places=0)} {_word(state)}" for state in trouble]
        said += [f"{indian(applied, places=0)} applied"] if applied else []
        stage: Stage = "doubt" if trouble[0] == State.UNKNOWN else "bad"
        note = ", ".join(said) if sent.total > 1 else ""
        return Step(status("delivery", trouble[0]).word, stage, people, note)
    if sent.total and applied == sent.total:
        return Step("Applied", "done", people, _of(applied, sent.total))
    if not sent.left:
        return Step("Applied", "next")
    return Step("Applied", "now", note=_of(applied, sent.total) or "Waiting for ODIN")


def _of(some: int, total: int) -> str:
    return f"{indian(some, places=0)} of {indian(total, places=0)}" if total > 1 else ""


def _word(state: State) -> str:
    return "refused" if state is State.REFUSED else state.label.lower()
