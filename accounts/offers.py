"""What a person may propose for a retail user: the menu of its page, and the commands of the search."""

from typing import Any

from django.urls import reverse

from accounts.models import RetailUser
from accounts.parts import PARTS, part_page
from backoffice.changes.deciders import may_propose
from backoffice.changes.kinds import KINDS
from backoffice.kit.search import Command

#: The one-click changes of status: the code, and the button's label.
STATUS_CHANGES = (("A", "Reactivate"), ("S", "Suspend"), ("I", "Make inactive"))
DEPOSIT, UPDATE = "cash_deposit", "update_retail_user"
#: The most edited parts of a retail user, which the search offers by name.
EDITED = ("contact", "address", "banks")


def at_hand(offered: list[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """The most wanted proposals: label and form."""
    return [("Deposit", url) for slug, _, url in offered if slug == DEPOSIT]


def forms(person: Any, user: RetailUser) -> list[tuple[str, str, str]]:
    """Return the kinds of change that this person may propose for the retail user: name, title and form."""
    return [
        (slug, kind.title, kind.page(user.lane))
        for slug, kind in KINDS.items()
        if kind.menu and kind.menu.applies(user) and may_propose(person, kind)
    ]


def statuses(user: RetailUser) -> list[tuple[str, str]]:
    """Return the statuses that the retail user does not have: code, and the button's label."""
    return [(code, label) for code, label in STATUS_CHANGES if user.status != code]


def commands(lane: str, person: Any) -> list[Command]:
    """Return this person's commands for a retail user in the search, most wanted first."""
    group_id, _, user_id = lane.partition("/")
    if not person.has_perm("accounts.view_retailuser"):
        return []
    user = RetailUser.objects.filter(group_id=group_id, user_id=user_id).first()
    offered = forms(person, user) if user else []
    first = [Command(f"{label}…", url) for label, url in at_hand(offered)]
    if user and any(slug == UPDATE for slug, _, _ in offered):
        first += [Command(f"Edit {PARTS[part].title.lower()}…", part_page(lane, part)) for part in EDITED]
        first += [
            Command(f"{label}…", reverse("accounts:status", args=[group_id, user_id, code]), post=True)
            for code, label in statuses(user)
        ]
    return [*first, *(Command(f"{title}…", url) for slug, title, url in offered if slug != DEPOSIT)]
