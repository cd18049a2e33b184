"""What somebody may propose for a retail user: the menu of its page, and the commands of the search on top."""

from typing import Any

from django.urls import reverse

from accounts.models import RetailUser
from backoffice.changes.deciders import may_propose
from backoffice.changes.kinds import KINDS
from backoffice.kit.search import Command

#: The one-click changes of status: the code, and what the button says.
STATUS_CHANGES = (("A", "Reactivate"), ("S", "Suspend"), ("I", "Make inactive"))
#: What is wanted most, in this order, by kind of change; the rest follow under their titles.
FIRST = {"cash_deposit": "Deposit", "update_retail_user": "Edit contact"}


def forms(person: Any, user: RetailUser) -> list[tuple[str, str, str]]:
    """The kinds of change that this person may propose for the retail user: name, title and form."""
    return [
        (slug, kind.title, kind.page(user.lane))
        for slug, kind in KINDS.items()
        if kind.menu and kind.menu.applies(user) and may_propose(person, kind)
    ]


def statuses(user: RetailUser) -> list[tuple[str, str]]:
    """The statuses that the retail user does not have: code, and what the button says."""
    return [(code, label) for code, label in STATUS_CHANGES if user.status != code]


def commands(lane: str, person: Any) -> list[Command]:
    """What this person can begin for a retail user from the search, the most wanted first."""
    group_id, _, user_id = lane.partition("/")
    if not person.has_perm("accounts.view_retailuser"):
        return []
    user = RetailUser.objects.filter(group_id=group_id, user_id=user_id).first()
    offered = {slug: (title, url) for slug, title, url in forms(person, user)} if user else {}
    first = [Command(f"{label}…", offered[slug][1]) for slug, label in FIRST.items() if slug in offered]
    if user is None or "update_retail_user" not in offered:
        changes_of_status = []
    else:
        changes_of_status = [
            Command(f"{label}…", reverse("accounts:status", args=[group_id, user_id, code]), post=True)
            for code, label in statuses(user)
        ]
    rest = [Command(f"{title}…", url) for slug, (title, url) in offered.items() if slug not in FIRST]
    return [*first, *changes_of_status, *rest]
