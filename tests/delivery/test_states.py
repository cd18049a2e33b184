"""The table of states and moves."""

from pathlib import Path

import pytest

from backoffice.delivery.states import BUSY, FINAL, OPEN, IllegalMove, Move, State, after
from backoffice.delivery.states import MOVES as TABLE

DOCS = Path(__file__).parents[2] / "docs" / "delivery.md"
MOVES = [(state, move) for state in State for move in Move]


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("state", FINAL)
def test_nothing_moves_a_delivery_that_is_settled(state, move):
    with pytest.raises(IllegalMove):
        after(state, move)


def test_a_delivery_that_may_have_been_applied_never_goes_back_to_the_queue_or_is_cancelled():
    reached = {after(State.UNKNOWN, move) for move in Move if _legal(State.UNKNOWN, move)}
    assert reached == {State.IN_FLIGHT, State.APPLIED, State.UNKNOWN, State.REFUSED}
    assert after(State.UNKNOWN, Move.RESOLVE_REFUSED) is State.REFUSED, "and only a person calls it refused"


def test_only_a_claim_puts_a_delivery_in_flight():
    into = {move for state, move in MOVES if _legal(state, move) and after(state, move) is State.IN_FLIGHT}
    assert into == {Move.CLAIM}


def test_every_state_that_keeps_a_lane_busy_is_open():
    assert set(BUSY) < set(OPEN)
    assert not set(OPEN) & set(FINAL)


def mermaid():
    """The states and every move between them, as a Mermaid state diagram."""
    moves = [f"{before.value} --> {then.value}: {move.label}" for (before, move), then in TABLE.items()]
    ends = [f"{state.value} --> [*]" for state in FINAL]
    lines = ["stateDiagram-v2", f"[*] --> {State.QUEUED.value}: its change is approved", *moves, *ends]
    return "\n    ".join(lines) + "\n"


def test_the_document_has_the_diagram_of_the_table_and_says_each_state_and_move():
    text = DOCS.read_text()
    assert f"```mermaid\n{mermaid()}```" in text
    assert all(f"| {state.label.lower()} |" in text for state in State)
    assert all(f"| `{move.value}` |" in text for move in Move)


def _legal(state, move):
    try:
        after(state, move)
    except IllegalMove:
        return False
    return True
