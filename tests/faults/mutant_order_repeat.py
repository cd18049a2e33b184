"""A web server that is wrong on purpose: an order whose outcome is unknown is sent once more."""

from typing import Any

from tests.faults.web import application

# isort: split

from backoffice.rest import client
from backoffice.rest.api.outcome import OutcomeKind

__all__ = ["application"]
_place = client.place


def place_again(session: Any, values: Any) -> Any:
    """Send an order, and again if its outcome is unknown."""
    read = _place(session, values)
    return _place(session, values) if read.outcome.kind is OutcomeKind.UNKNOWN else read


client.place = place_again
