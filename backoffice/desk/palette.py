"""What the search on top offers while somebody types: things found, what can be begun for the first, and pages."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.urls import reverse

from backoffice.changes.kinds import PROPOSE
from backoffice.desk.context import NavItem
from backoffice.kit import search as searching
from backoffice.kit.search import Command, Match
from backoffice.logins.models import User

#: Things of one kind that are offered; the page of the search has the rest.
OF_A_KIND = 5
RECENT = 6
LONGEST_SUBJECT = 40


@dataclass(frozen=True)
class Offered:
    """What is offered, in the order of the keys."""

    matches: list[Match] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    #: Whom or what the commands are for.
    subject: str = ""
    pages: list[tuple[str, str]] = field(default_factory=list)
    recent: bool = False


def offer(text: str, recent: str, user: User, nav: Iterable[NavItem]) -> Offered:
    """What fits the text; for an empty one what was opened lately. "C10001 dep" narrows the commands of C10001."""
    if not text:
        subjects = [one[:LONGEST_SUBJECT] for one in recent.split(",")[:RECENT] if "/" in one]
        return Offered(searching.recalled(subjects, user), recent=True)
    found, wanted = searching.search(text, user), ""
    front, _, last = text.rpartition(" ")
    if not found and front:
        found, wanted = searching.search(front, user), last
    subject = found[0].subject if found else ""
    commands = searching.commands(subject, user) if subject else []
    fitting = [one for one in commands if _begins(one.label, wanted)]
    pages = [(item.label, item.url) for item in nav if _begins(item.label, text)]
    return Offered(_few(found), fitting, subject, pages)


def pages_of(user: User, nav: Iterable[NavItem]) -> list[NavItem]:
    """The pages of the menu, and forms that begin work, as this person may see them."""
    begun = (("New retail user", "accounts:new"), ("Upload a file", "batches:new"))
    begins = user.has_perm(PROPOSE)
    return [*nav, *(NavItem(label, reverse(name), "plus", False) for label, name in begun if begins)]


def _begins(label: str, text: str) -> bool:
    """Whether a word of the label begins so, or all of it."""
    wanted = text.lower()
    return label.lower().startswith(wanted) or any(word.startswith(wanted) for word in label.lower().split())


def _few(found: list[Match]) -> list[Match]:
    kept: list[Match] = []
    for match in found:
        if sum(one.kind == match.kind for one in kept) < OF_A_KIND:
            kept.append(match)
    return kept
