"""A worker that is wrong on purpose: after an unknown outcome the same message goes out again at once."""

from datetime import timedelta

from tests.faults.worker import app  # noqa: F401  # first: it sets Django up

# isort: split

from backoffice.delivery import queue


def no_hold() -> timedelta:
    """The lane does not rest."""
    return timedelta(0)


queue.hold_after_doubt = no_hold
