"""Suggestions of the search while a person types: results, commands for the first result, and pages."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.urls import reverse

from backoffice.changes.deciders import decided_by
from backoffice.changes.kinds import PROPOSE
from backoffice.changes.list_views import proposes
from backoffice.desk.context import NavItem
from backoffice.kit import search as searching
from backoffice.kit.privacy import SEE
from backoffice.kit.search import Command, Match
from backoffice.logins.models import User

#: How many results of one kind are offered; the page of the search has the rest.
OF_A_KIND = 5
RECENT = 6
LONGEST_SUBJECT = 40


#: Pages outside the menu: label, page, icon, permission ("" for every person) or a function that decides.
PAGES: tuple[tuple[str, str, str, str | Callable[[User], object]], ...] = (
    ("New retail user", "accounts:new", "plus", PROPOSE),
    ("Register retail user", "accounts:register", "plus", PROPOSE),
    ("Upload a file", "batches:new", "plus", PROPOSE),
    ("Compare an export", "reconciliation:new", "plus", "reconciliation.add_reconciliation"),
    ("Onboarding profiles", "onboarding:list", "settings", "accounts.view_onboardingprofile"),
    ("New onboarding profile", "onboarding:new", "plus", "accounts.propose_onboardingprofile"),
    ("Waiting for me", "changes:inbox", "inbox", lambda user: decided_by(user)),
    ("My requests", "changes:mine", "changes", proposes),
    ("Drafts", "changes:drafts", "pencil", proposes),
    ("Approval rules", "changes:rules", "settings", "changes.view_approvalrule"),
    ("Queue of deliveries", "delivery:queue", "deliveries", "delivery.view_delivery"),
    ("Dealer session", "odin:session", "key", "odin.view_dealersession"),
    ("Password of the dealer", "dealer:password", "key", "odin.operate_dealersession"),
    ("Enter deposits", "limits:deposits", "plus", PROPOSE),
    ("Square-off", "limits:square_off", "limits", "limits.view_limitupdate"),
    ("Periodicities", "limits:periodicities", "limits", "limits.view_limitupdate"),
    ("Scrip masters", "markets:overview", "search", "markets.view_scrip"),
    ("Holidays", "markets:holidays", "clock", "markets.view_holiday"),
    (
        "Evidence pack",
        "compliance:evidence",
        "audit",
        lambda user: user.has_perms(("audit.verify_entry", SEE)),
    ),
    ("Figures of the audit trail", "compliance:numbers", "chart", "audit.view_entry"),
    ("Verification of the audit trail", "compliance:verification", "audit", "audit.view_entry"),
    ("Legal holds", "compliance:holds", "audit", "audit.view_entry"),
    ("Exports", "exports:list", "download", ""),
    ("Notices", "notices:list", "inbox", ""),
    ("Your sessions", "logins:sessions", "user", ""),
    ("Your second factor", "mfa_index", "key", ""),
    ("Change your password", "account_change_password", "key", ""),
    ("Add staff member", "staff:new", "plus", "logins.propose_rights"),
    ("Add a name to a master list", "masters:add", "plus", "masters.change_name"),
    ("Upload a master list", "masters:upload", "upload", "masters.change_name"),
)


@dataclass(frozen=True)
class Offered:
    """The suggestions, in the order of the keys."""

    matches: list[Match] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    #: The subject of the commands.
    subject: str = ""
    pages: list[tuple[str, str]] = field(default_factory=list)
    recent: bool = False


def offer(text: str, recent: str, user: User, nav: Iterable[NavItem]) -> Offered:
    """Return suggestions for the text; without a text, recently opened subjects.

    "C10001 dep" narrows the commands of C10001.
    """
    if not text:
        return Offered(recalled(recent, user), recent=True)
    found, wanted = searching.search(text, user), ""
    front, _, last = text.rpartition(" ")
    if not found and front:
        found, wanted = searching.search(front, user), last
    subject = found[0].subject if found else ""
    commands = searching.commands(subject, user) if subject else []
    fitting = [one for one in commands if _begins(one.label, wanted)]
    pages = [(item.label, item.url) for item in nav if _begins(item.label, text)]
    return Offered(_few(found), fitting, subject, pages)


def recalled(recent: str, user: User) -> list[Match]:
    """Return recently opened subjects, by the ids in the browser, as far as this person may see them."""
    subjects = [one[:LONGEST_SUBJECT] for one in recent.split(",")[:RECENT] if "/" in one]
    return searching.recalled(subjects, user)


def pages_of(user: User, nav: Iterable[NavItem]) -> list[NavItem]:
    """Return pages of the menu, those behind it, and forms, as this person may see them."""
    behind = [
        NavItem(label, reverse(name), icon, False)
        for label, name, icon, may in PAGES
        if (may(user) if callable(may) else not may or user.has_perm(may))
    ]
    return [*nav, *behind]


def _begins(label: str, text: str) -> bool:
    """Whether the label, or a word of it, begins with the text."""
    wanted = text.lower()
    return label.lower().startswith(wanted) or any(word.startswith(wanted) for word in label.lower().split())


def _few(found: list[Match]) -> list[Match]:
    kept: list[Match] = []
    for match in found:
        if sum(one.kind == match.kind for one in kept) < OF_A_KIND:
            kept.append(match)
    return kept
