"""The service for the calls of a desk session: the broker's own REST API, or one that another room opens.

A session only stores the name of its service. The room that opens services registers it in its `ready()`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backoffice.rest.config import RestConfig, using

#: The configuration of a named service. Raises Unavailable.
Open = Callable[[str], RestConfig]

_openers: list[Open] = []


class Unavailable(Exception):
    """A service cannot be used any more; the text says why."""


def register(opener: Open) -> None:
    """Register what opens all services except the broker's own."""
    _openers[:] = [opener]


@contextmanager
def calls_to(service: str) -> Iterator[None]:
    """Send the calls of this block to a service; "" is the broker's own. Raises Unavailable before the block."""
    if not service:
        yield
        return
    if not _openers:
        raise Unavailable(f"Nothing here opens the service {service}.")
    with using(_openers[0](service)):
        yield
