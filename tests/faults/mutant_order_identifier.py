"""A web server that is wrong on purpose: an order gets its identifier as it is sent, not when it is committed."""

from typing import Any

from tests.faults.web import application

# isort: split

from backoffice.rest import client

__all__ = ["application"]
_place = client.place


def place_unnamed(session: Any, values: Any) -> Any:
    """Send an order under an identifier that no row has."""
    return _place(session, {**values, "order_identifier": client.new_identifier()})


client.place = place_unnamed
