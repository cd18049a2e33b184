"""What stops sending (the gate, beat, the session with ODIN), since when, and what to do."""

from dataclasses import dataclass
from datetime import datetime

from backoffice.delivery import gate
from backoffice.delivery.models import Gate
from backoffice.kit.formats import ist
from backoffice.odin import session


@dataclass(frozen=True)
class Stop:
    """One thing that stops sending: a title with its start, and what to do.

    `pill` replaces the session in the header, since the session may still be open.
    """

    title: str
    text: str
    pill: str = ""


def stops(shown: session.SessionStatus) -> list[Stop]:
    """Return everything that stops sending now, given the present session."""
    return [*_of_the_gate(gate.state()), *_of_the_session(shown)]


def _since(at: datetime | None) -> str:
    return f" since {ist(at, 'minute')}" if at else ""


def _of_the_gate(row: Gate) -> list[Stop]:
    found = []
    if gate.sweeps_are_late(row):
        stopped = f"has stopped{_since(row.swept_at)}" if row.swept_at else "has not started"
        words = "Approved messages and uploaded files wait. Ask an admin to check beat, the workers and the broker."
        found.append(Stop(f"Background work {stopped}.", words))
    if row.paused_at:
        found.append(
            Stop(
                f"Sending is paused{_since(row.paused_at)} by {row.paused_by}.",
                f"“{row.pause_reason}” Approved messages wait until an admin resumes it.",
                pill="Sending paused",
            )
        )
    if row.opened_at:
        found.append(
            Stop(
                f"ODIN cannot be reached{_since(row.opened_at)}.",
                f"{row.last_failure} Approved messages wait; the portal retries every few seconds.",
                pill="ODIN unreachable",
            )
        )
    return found


def _of_the_session(shown: session.SessionStatus) -> list[Stop]:
    if shown.state == "stopped":
        words = f"{shown.words} Nothing is lost: approved messages wait until an admin lifts the stop."
        return [Stop(f"Logons to ODIN are stopped{_since(shown.since)}.", words)]
    if shown.state == "waiting":
        again = f" The next try is at {ist(shown.next_try_at)}." if shown.next_try_at else ""
        words = f"{shown.words}{again} Approved messages wait."
        return [Stop(f"No session with ODIN{_since(shown.since)}.", words)]
    return []
