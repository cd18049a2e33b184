"""The typed parts of pages: statuses, tabs, facts for the time line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Status:
    """A state as people see it: a word, a tone (colour), an icon, and who must act ("" for nobody).

    Tones are good, bad, warn, doubt, info, idle.
    """

    word: str
    tone: str
    icon: str
    who: str = ""


#: What has become of messages at ODIN: of one delivery, or of all those of a change or a file together.
RESULTS = {
    "applied": Status("Applied", "good", "check-circle"),
    "refused": Status("Refused by ODIN", "bad", "x-circle", "its maker: correct and resubmit"),
    "unknown": Status("Unknown", "doubt", "question", "a checker, if the repeats do not settle it"),
    "on_hold": Status("On hold", "warn", "pause", "a checker: release or cancel"),
    "cancelled": Status("Cancelled", "idle", "forbidden"),
    "sent": Status("Sent", "info", "deliveries"),
}

#: Kind of thing -> its state as stored -> how it is shown. Apps add kinds of their own with `add_statuses`.
STATUSES: dict[str, Mapping[str, Status]] = {
    "change": {
        **RESULTS,
        "draft": Status("Draft", "idle", "pencil", "its maker"),
        "submitted": Status("Submitted", "info", "inbox", "a checker"),
        "approved": Status("Approved", "info", "check"),
        "rejected": Status("Rejected", "bad", "x-circle", "its maker: see why"),
        "withdrawn": Status("Withdrawn", "idle", "undo"),
        "stale": Status("Stale", "warn", "refresh", "its maker: look again"),
        "expired": Status("Expired", "idle", "clock", "its maker: start again"),
        "first_approval": Status("Approved once", "info", "check"),
        "commented": Status("Comment", "idle", "info"),
    },
    "delivery": {
        "queued": Status("Queued", "idle", "clock"),
        "in_flight": Status("In flight", "info", "deliveries"),
        **RESULTS,
    },
    "outcome": {
        "": Status("No answer yet", "info", "deliveries"),
        "applied": RESULTS["applied"],
        "refused": replace(RESULTS["refused"], who=""),
        "not_applied": Status("Not applied", "warn", "refresh", "nobody: safe to repeat"),
        "unknown": Status("Unknown", "doubt", "question"),
    },
    "session": {
        "logged_on": Status("Logged on", "good", "link"),
        "logged_off": Status("Logged off", "idle", "unlink"),
        "waiting": Status("Waiting", "warn", "clock"),
        "stopped": Status("Stopped", "bad", "stop", "a person with the dealer session's permission"),
    },
}


def add_statuses(kind: str, table: Mapping[str, Status]) -> None:
    """Let `{% status kind state %}` show one more kind of thing. Called in an AppConfig's ready()."""
    STATUSES[kind] = table


def status(kind: str, state: str) -> Status:
    """How a state is shown. One that the table does not have shows as its own word, quietly."""
    known = STATUSES.get(kind, {}).get(str(state))
    return known or Status(str(state).replace("_", " ").capitalize() or "None", "idle", "dot")


@dataclass(frozen=True)
class Tab:
    """One tab of `components/tabs.html`."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Event:
    """One line of `components/timeline.html`: who did what, when and why.

    `effect` is what a change does, in one line, and `now` its status.
    `details` are label and text; they open on demand. `raw` is a message text with secrets masked, `messages` are
    such as `changes.shown.ShownMessage`, `differences` are a field's name, its value before and after.
    """

    at: datetime
    who: str
    what: str
    why: str = ""
    effect: str = ""
    now: str = ""
    tone: str = "idle"
    icon: str = "dot"
    url: str = ""
    details: Sequence[tuple[str, str]] = ()
    raw: str = ""
    messages: Sequence[Any] = ()
    differences: Sequence[tuple[str, Any, Any]] = ()


@dataclass(frozen=True)
class Beside:
    """What a room below knows nothing of, on its page: a template, and what it needs, as `beside`."""

    template: str
    context: Mapping[str, Any]


@dataclass(frozen=True)
class Side:
    """What one place says: where it is in words, the path of the field, and the text."""

    where: str
    path: str
    text: str


@dataclass(frozen=True)
class Comparison:
    """One thing that several places say something about. `words` are "" where they fit together."""

    title: str
    sides: tuple[Side, ...]
    words: str = ""


@dataclass(frozen=True)
class Chip:
    """A filter in force, and the address of the list without it."""

    label: str
    value: str
    url: str
