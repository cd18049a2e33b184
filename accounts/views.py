"""Pages of retail users: the list and one retail user. Nothing here changes anything."""

from collections.abc import Callable
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import comparing, history_page, offers, profile_page
from accounts.duplicates import shared_findings
from accounts.filters import RetailUserFilter
from accounts.kinds import alternate_addresses
from accounts.models import RetailUser, Source
from accounts.proposals import Proposal, proposals
from accounts.tables import RetailUserTable
from accounts.tabs import PAGES, filled
from accounts.values import to_values
from backoffice.access import StaffRequest, for_staff
from backoffice.changes.visibility import proposed_to
from backoffice.kit import privacy
from backoffice.kit.components import Tab
from backoffice.kit.polling import polled
from backoffice.kit.tables_base import ListView
from backoffice.protocol.codes import Segment


class RetailUserList(ListView):
    """All retail users that the portal knows."""

    permission_required = "accounts.view_retailuser"
    model = RetailUser
    table_class = RetailUserTable
    filterset_class = RetailUserFilter
    title = "Retail users"
    subtitle = "As ODIN last confirmed them. ODIN itself cannot be asked for a user."
    nouns = ("retail user", "retail users")
    search_hint = "Id or name"
    empty_icon = "users"
    empty_title = "No retail users yet"
    empty_text = (
        "A retail user appears here when ODIN has confirmed its creation. "
        "Propose the first one; a checker approves it, and the portal sends it."
    )
    template_name = "accounts/list.html"
    empty_action = ("accounts:new", "New retail user")


def _profile(user: RetailUser, proposed: list[Proposal], shows: bool) -> dict[str, Any]:
    prefetch_related_objects([user], "alternate_addresses")  # shown and compared
    return {
        "sections": profile_page.sections(user, profile_page.PROFILE, proposed, shows),
        "addresses": user.alternate_addresses.all(),
        **_compared(user),
    }


def _compared(user: RetailUser) -> dict[str, Any]:
    """What is known of the user, compared with itself and with others."""
    values = {**to_values(user), **alternate_addresses.part_of(user)}
    return {
        "comparisons": comparing.comparisons(values),
        "shared": shared_findings([values])[0],
    }


def _only_proposed(proposed: list[Proposal], shows: bool) -> dict[str, Any]:
    """Of a retail user that ODIN has not confirmed there is nothing but what is proposed."""
    parts = (
        *profile_page.PROFILE,
        *profile_page.ALL_SEGMENTS,
        *profile_page.TRADING,
        *profile_page.TEMPLATES,
    )
    return {
        "sections": profile_page.sections(None, parts, proposed, shows),
        "proposed": [
            *profile_page.records(proposed, "banks", shows),
            *profile_page.records(proposed, "demats", shows),
        ],
    }


def _banks(user: RetailUser, proposed: list[Proposal], shows: bool) -> dict[str, Any]:
    return {"banks": user.banks.all(), "proposed": profile_page.records(proposed, "banks", shows)}


def _demats(user: RetailUser, proposed: list[Proposal], shows: bool) -> dict[str, Any]:
    return {"demats": user.demats.all(), "proposed": profile_page.records(proposed, "demats", shows)}


def _mutual_fund(user: RetailUser, proposed: list[Proposal], shows: bool) -> dict[str, Any]:
    mf_ucc = getattr(user, "mf_ucc", None)
    return {"facts": profile_page.mutual_fund(mf_ucc, proposed, shows), "kyc": user.kyc}


def _segments(user: RetailUser, proposed: list[Proposal], shows: bool) -> dict[str, Any]:
    allowed = [
        (profile_page.declared(name).label, name, getattr(user, name)) for name in profile_page.SEGMENTS
    ]
    names = {segment.value: segment.label for segment in Segment}
    rows = [
        (segment, [(label, segment.value in ids) for label, _, ids in allowed])
        for segment in Segment
        if any(segment.value in ids for _, _, ids in allowed)
    ]
    return {
        "columns": [label for label, _, _ in allowed],
        "rows": rows,
        "sections": profile_page.sections(user, profile_page.TRADING, proposed, shows),
        "changes": [
            f
            for f in (profile_page.fact(user, name, proposed, shows) for name in profile_page.SEGMENTS)
            if f.proposal
        ],
        "participant_codes": [(names.get(str(row.segment), ""), row) for row in user.participant_codes.all()],
    }


def _limits(user: RetailUser, proposed: list[Proposal], shows: bool) -> dict[str, Any]:
    return filled("limits", user, shows)


def _templates(user: RetailUser, proposed: list[Proposal], shows: bool) -> dict[str, Any]:
    return {
        "sections": profile_page.sections(user, profile_page.TEMPLATES, proposed, shows),
        "templates": user.templates.all(),
        "qvl_templates": user.qvl_templates.all(),
        "channels": user.channel_subscriptions.all(),
        "dealers": user.dealer_mappings.all(),
    }


#: The tabs of a retail user's page: name in the URL, label, what they show. History is not among them.
TABS: dict[str, tuple[str, Callable[[RetailUser, list[Proposal], bool], dict[str, Any]]]] = {
    "profile": ("Profile", _profile),
    "banks": ("Banks", _banks),
    "demat": ("Demat", _demats),
    "mutual-fund": ("Mutual fund", _mutual_fund),
    "segments": ("Segments", _segments),
    "limits": ("Limits", _limits),
    "templates": ("Templates & dealers", _templates),
}
HISTORY = "history"


@require_safe
@for_staff("accounts.view_retailuser")
def detail(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """One retail user: what ODIN confirmed, what is proposed beside it, and its history.

    A retail user that ODIN has not confirmed yet has a page too, as soon as somebody proposes it.
    """
    lane = f"{group_id}/{user_id}"
    retail_user = (
        RetailUser.objects.select_related("declared_by").filter(group_id=group_id, user_id=user_id).first()
    )
    shows = privacy.shown(request, lane)
    proposed = proposals(lane, shows=shows)
    if retail_user is None and not proposed and not proposed_to(lane, request.user):
        raise Http404(f"No retail user {lane} is known here.")
    still_open = any(proposal.open for proposal in proposed)
    if _is_poll(request) and not still_open:
        return HttpResponse(headers={"HX-Refresh": "true"})
    tab = _chosen_tab(request, retail_user)
    context: dict[str, Any] = {
        "lane": lane,
        "retail_user": retail_user,
        "declared": retail_user is not None
        and (retail_user.source == Source.DECLARED or bool(retail_user.declared_fields)),
        "proposals": proposed,
        "still_open": still_open,
        "shows_personal": shows,
        "may_reveal": privacy.may_reveal(request, lane),
        "tab": tab,
        "tabs": tabs(request, retail_user, group_id, user_id, tab),
        "offers": [(title, url) for _, title, url in offers.forms(request.user, retail_user)]
        if retail_user
        else [],
        "statuses": offers.statuses(retail_user) if retail_user else [],
    }
    if tab == HISTORY:
        context |= history_page.context(request, lane, shows)
    elif retail_user is None:
        context |= _only_proposed(proposed, shows)
    else:
        context |= TABS[tab][1](retail_user, proposed, shows)
    return render(request, "accounts/detail.html", context)


def _is_poll(request: StaffRequest) -> bool:
    return polled(request, "under-way")


def _offered(request: StaffRequest, retail_user: RetailUser | None) -> list[tuple[str, str]]:
    if retail_user is None:
        return [("profile", "Proposed"), (HISTORY, "History")]
    hidden = set() if request.user.has_perm("limits.view_limitupdate") else {"limits"}
    return [(name, label) for name, (label, _) in TABS.items() if name not in hidden] + [(HISTORY, "History")]


def _chosen_tab(request: StaffRequest, retail_user: RetailUser | None) -> str:
    asked = request.GET.get("tab", "profile")
    return asked if asked in dict(_offered(request, retail_user)) else "profile"


def tabs(
    request: StaffRequest, retail_user: RetailUser | None, group_id: str, user_id: str, current: str
) -> list[Tab]:
    """The parts of a retail user as tabs. `current`: a tab of its page, or the view of a page that a room added."""
    page = reverse("accounts:detail", args=[group_id, user_id])
    found = [
        Tab(label, page if name == "profile" else f"{page}?tab={name}", current=name == current)
        for name, label in _offered(request, retail_user)
    ]
    added = [
        Tab(other.label, reverse(other.view, args=[group_id, user_id]), current=other.view == current)
        for other in PAGES
        if retail_user and request.user.has_perm(other.permission)
    ]
    return [*found[:-1], *added, found[-1]]
