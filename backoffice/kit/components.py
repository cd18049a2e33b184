"""The typed parts of pages: statuses, tabs, facts for the time line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Status:
    """A state for people: a word, a tone (colour), an icon, and who must act ("" for nobody).

    Tones are good, bad, warn, doubt, info, idle.
    """

    word: str
    tone: str
    icon: str
    who: str = ""


#: The outcome of messages at ODIN: of one delivery, or of all of a change or file together.
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
        "not_applied": Status("Not applied", "warn", "refresh"),
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
    """Register the states of another kind of thing for `{% status kind state %}`. Call it in an AppConfig's ready()."""
    STATUSES[kind] = table


def status(kind: str, state: str) -> Status:
    """Return how a state is shown. An unknown one shows as its own word, with the tone idle."""
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

    `details` are label and text; they open on demand. `raw` is a message text with secrets masked. `url` leads to more.
    """

    at: datetime
    who: str
    what: str
    why: str = ""
    tone: str = "idle"
    icon: str = "dot"
    url: str = ""
    details: Sequence[tuple[str, str]] = ()
    raw: str = ""


@dataclass(frozen=True)
class Beside:
    """A panel of a higher room on a page: a template, and its context, as `beside`."""

    template: str
    context: Mapping[str, Any]


#: The name of a retail user's own profile among the compared places.
PROFILE = "Profile"


@dataclass(frozen=True)
class Side:
    """One place's value: the place in words, the path of the field, the value, and its text for people.

    `hidden` is for those who may not see personal data.
    """

    where: str
    path: str
    text: str
    words: str = ""
    hidden: str = ""


@dataclass(frozen=True)
class Comparison:
    """A value that several places have. `words` are "" if they match.

    Otherwise: `agree` are the places with the most frequent value, and `fault` says what the others have.
    """

    title: str
    sides: tuple[Side, ...]
    words: str = ""
    agree: tuple[Side, ...] = ()
    fault: str = "Differs"


@dataclass(frozen=True)
class Cell:
    """One place's value (None: none), and in a word whether it matches the others."""

    place: str
    side: Side | None
    word: str
    agrees: bool = True


@dataclass(frozen=True)
class Matrix:
    """Comparisons with a row each, and a column for each place."""

    places: Sequence[str]
    rows: Sequence[tuple[Comparison, Sequence[Cell]]]


def matrix(comparisons: Sequence[Comparison]) -> Matrix:
    """Compare values place by place: the profile, then the others in order."""
    places = list(dict.fromkeys(side.where for one in comparisons for side in one.sides))
    places.sort(key=lambda place: place != PROFILE)
    return Matrix(places, [(one, [_cell(one, place) for place in places]) for one in comparisons])


def _cell(comparison: Comparison, place: str) -> Cell:
    side = next((side for side in comparison.sides if side.where == place), None)
    if side is None:
        return Cell(place, None, "Absent")
    agrees = not comparison.words or side in comparison.agree
    return Cell(place, side, "Agrees" if agrees else comparison.fault, agrees)


@dataclass(frozen=True)
class Chip:
    """An active filter, and the address of the list without it."""

    label: str
    value: str
    url: str
