"""The frame of every page of one retail user, in any room: its head, possible actions, and the tabs."""

from typing import Any

from django.urls import reverse

from accounts import offers
from accounts.models import RetailUser, Source
from accounts.tabs import PAGES
from backoffice.access import StaffRequest
from backoffice.kit import privacy
from backoffice.kit.components import Tab

OVERVIEW, LIMITS, HISTORY = "overview", "limits", "history"
#: The tabs of the retail user's own page: their names in the address, and their labels.
TABS = {
    OVERVIEW: "Overview",
    "profile": "Profile",
    "accounts": "Banks and demat",
    "segments": "Segments",
    "templates": "Templates and dealers",
    LIMITS: "Limits",
}


def frame(request: StaffRequest, lane: str, retail_user: RetailUser | None, current: str) -> dict[str, Any]:
    """Return the context of `accounts/user_page.html`.

    `current`: a tab, or the view of a page that a room added. `retail_user` None: ODIN has not confirmed it.
    """
    context: dict[str, Any] = {
        "lane": lane,
        "retail_user": retail_user,
        "person_name": retail_user.name if retail_user else "",
        "declared": retail_user is not None
        and (retail_user.source == Source.DECLARED or bool(retail_user.declared_fields)),
        "shows_personal": privacy.shown(request, lane),
        "may_reveal": privacy.may_reveal(request, lane),
        "tabs": tabs(request, lane, retail_user, current),
    }
    if retail_user:
        offered = offers.forms(request.user, retail_user)
        may_update = any(slug == offers.UPDATE for slug, _, _ in offered)
        context |= {
            "offers": [(title, url) for _, title, url in offered],
            "kinds": {slug: url for slug, _, url in offered},
            "at_hand": offers.at_hand(offered),
            "edits": may_update,
            "statuses": offers.statuses(retail_user) if may_update else [],
        }
    return context


def offered_tabs(request: StaffRequest, retail_user: RetailUser | None) -> dict[str, str]:
    """Return the tabs for this person: for an unconfirmed user, only the proposals."""
    if retail_user is None:
        return {OVERVIEW: "Proposed", HISTORY: "History"}
    sees_limits = request.user.has_perm("limits.view_limitupdate")
    found = {name: label for name, label in TABS.items() if name != LIMITS or sees_limits}
    return {**found, HISTORY: "History"}


def tabs(request: StaffRequest, lane: str, retail_user: RetailUser | None, current: str) -> list[Tab]:
    """The parts of a retail user as tabs; pages of other rooms come before its history."""
    group_and_user = lane.split("/", 1)
    page = reverse("accounts:detail", args=group_and_user)
    found = [
        Tab(label, page if name == OVERVIEW else f"{page}?tab={name}", current=name == current)
        for name, label in offered_tabs(request, retail_user).items()
    ]
    added = [
        Tab(other.label, reverse(other.view, args=group_and_user), current=other.view == current)
        for other in PAGES
        if retail_user and request.user.has_perm(other.permission)
    ]
    return [*found[:-1], *added, found[-1]]
