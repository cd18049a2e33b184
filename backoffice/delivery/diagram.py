"""The diagram of states and moves in docs/delivery.md, drawn from the table in `states`."""

from backoffice.delivery.states import FINAL, MOVES, State


def mermaid() -> str:
    """The states and every move between them, as a Mermaid state diagram."""
    moves = [f"{before.value} --> {then.value}: {move.label}" for (before, move), then in MOVES.items()]
    ends = [f"{state.value} --> [*]" for state in FINAL]
    lines = ["stateDiagram-v2", f"[*] --> {State.QUEUED.value}: its change is approved", *moves, *ends]
    return "\n    ".join(lines) + "\n"
