"""Named places in the path of a delivery, an order and a mail, at which the tests kill or stop a worker.

A place costs one comparison with None. Nothing in the product sets `hook`, and no setting, variable or request leads to
it: only the tests' own worker (`tests/faults/worker.py`) does, in its own process. In an installation it stays None.
"""

from collections.abc import Callable
from enum import StrEnum


class Point(StrEnum):
    """A place, by what has happened and what has not."""

    LOGON_LEASED = "logon_leased"  # this worker may log on; nothing was asked of ODIN
    LOGON_ANSWERED = "logon_answered"  # ODIN opened a session; it is not stored
    CHOSEN = "chosen"  # a delivery was looked at; it is not claimed
    CLAIMED = "claimed"  # the claim is committed; no attempt is begun
    BEGUN = "begun"  # the attempt is committed; no byte has left
    PART_SENT = "part_sent"  # a part of a request has left: first its head, then its body
    ANSWERED = "answered"  # the answer was read; nothing of it is stored
    SETTLING = "settling"  # the outcome is written; it is not committed
    SETTLED = "settled"  # the outcome is committed; the next delivery is not looked for
    RECOVERING = "recovering"  # a dead worker's claim is settled; it is not committed


class OrderPoint(StrEnum):
    """A place in the path of an order of a client; PART_SENT lies between COMMITTED and ANSWERED."""

    COMMITTING = "order_committing"  # an order is written with its identifier; it is not committed
    COMMITTED = "order_committed"  # an order is committed with its identifier; no byte has left
    ANSWERED = "order_answered"  # the answer to an order was read; nothing of it is stored
    SETTLED = "order_settled"  # the outcome of an order is committed; nothing is done with it yet


class MailPoint(StrEnum):
    """A place in the path of a mail."""

    ACCEPTED = "mail_accepted"  # the mail server took it; nothing of that is stored


hook: Callable[[Point | OrderPoint | MailPoint], None] | None = None


def reached(point: Point | OrderPoint | MailPoint) -> None:
    """Say that this process is at a place. Does nothing unless a test has set `hook`."""
    if hook is not None:
        hook(point)
