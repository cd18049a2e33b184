"""Refusals of this room, as refusals of a decision on a change."""

from typing import Any

from backoffice.changes.errors import NotAllowed
from partners.errors import ConnectorProblem


class AsRefusal:
    """Turns a ConnectorProblem of the block into NotAllowed, with the same words."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, ConnectorProblem):
            raise NotAllowed(error.words) from error
