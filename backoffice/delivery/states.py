"""The states of a delivery and every move between them. Nothing else moves a delivery."""

from django.db import models


class State(models.TextChoices):
    """The state of a delivery."""

    QUEUED = "queued", "Queued"
    IN_FLIGHT = "in_flight", "In flight"
    APPLIED = "applied", "Applied"
    REFUSED = "refused", "Refused"
    UNKNOWN = "unknown", "Unknown"
    ON_HOLD = "on_hold", "On hold"
    CANCELLED = "cancelled", "Cancelled"


class Move(models.TextChoices):
    """What can happen to a delivery."""

    CLAIM = "claim", "a worker takes it"
    RELEASE = "release", "it was not applied and goes back to the queue"
    APPLY = "apply", "ODIN confirmed it"
    REFUSE = "refuse", "ODIN refused it"
    DOUBT = "doubt", "no confirmation was received"
    STOP = "stop", "it cannot continue without a person"
    HOLD = "hold", "the create it depends on was not applied"
    FREE = "free", "a person releases it, or the create it waited for is applied"
    RESOLVE_APPLIED = "resolve_applied", "a person found it in ODIN"
    RESOLVE_SEND = "resolve_send", "a person lets it be sent again"
    RESOLVE_REFUSED = "resolve_refused", "a person found that ODIN does not have it"
    CANCEL = "cancel", "a person cancels it"


MOVES: dict[tuple[State, Move], State] = {
    (State.QUEUED, Move.CLAIM): State.IN_FLIGHT,
    (State.QUEUED, Move.HOLD): State.ON_HOLD,
    (State.QUEUED, Move.CANCEL): State.CANCELLED,
    (State.IN_FLIGHT, Move.RELEASE): State.QUEUED,
    (State.IN_FLIGHT, Move.APPLY): State.APPLIED,
    (State.IN_FLIGHT, Move.REFUSE): State.REFUSED,
    (State.IN_FLIGHT, Move.DOUBT): State.UNKNOWN,
    (State.IN_FLIGHT, Move.STOP): State.ON_HOLD,
    (State.UNKNOWN, Move.CLAIM): State.IN_FLIGHT,
    (State.UNKNOWN, Move.RESOLVE_APPLIED): State.APPLIED,
    (State.UNKNOWN, Move.RESOLVE_SEND): State.UNKNOWN,
    (State.UNKNOWN, Move.RESOLVE_REFUSED): State.REFUSED,
    (State.ON_HOLD, Move.FREE): State.QUEUED,
    (State.ON_HOLD, Move.CANCEL): State.CANCELLED,
}

#: A delivery in one of these keeps every later delivery of its lane waiting.
OPEN = (State.QUEUED, State.IN_FLIGHT, State.UNKNOWN, State.ON_HOLD)
#: At most one delivery of a lane is in one of these; the database enforces it.
BUSY = (State.IN_FLIGHT, State.UNKNOWN)
FINAL = (State.APPLIED, State.REFUSED, State.CANCELLED)
#: States with few deliveries at any time.
RARE = (State.REFUSED, State.UNKNOWN, State.ON_HOLD, State.CANCELLED)


class IllegalMove(Exception):
    """The table has no such move."""


def after(state: str, move: Move) -> State:
    """Return the state after a move. Raises IllegalMove if the table has no such move."""
    try:
        return MOVES[State(state), move]
    except KeyError:
        raise IllegalMove(
            f"A delivery that is {State(state).label.lower()} has no move {move.value}."
        ) from None
