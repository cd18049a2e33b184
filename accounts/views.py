"""Pages of retail users: the list and one retail user. Nothing here changes anything."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import comparing, history_page, new_users, overview, profile_page
from accounts.duplicates import shared_findings
from accounts.filters import RetailUserFilter
from accounts.kinds import alternate_addresses
from accounts.models import NewUser, RetailUser
from accounts.proposals import Proposal, proposals
from accounts.tables import NewUserTable, RetailUsersToChange, RetailUserTable
from accounts.tabs import filled
from accounts.user_page import HISTORY, LIMITS, OVERVIEW, frame, offered_tabs
from accounts.values import to_values
from backoffice.access import StaffRequest, for_staff
from backoffice.batches import selecting
from backoffice.changes.files import FileKind
from backoffice.changes.visibility import proposed_to
from backoffice.delivery.models import CREATES
from backoffice.kit.components import matrix
from backoffice.kit.list_view import ListView
from backoffice.kit.polling import polled
from backoffice.outside import whole
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

    def get_table_class(self) -> type[RetailUserTable]:
        if self._stage():
            return NewUserTable
        return RetailUsersToChange if self._changes() else RetailUserTable

    def get_table_kwargs(self) -> dict[str, Any]:
        return {"in_front": [one for found in self._in_front.values() for one in found[: new_users.SHOWN]]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the changes for several users, the number of new users, and links to all of these."""
        context = super().get_context_data(**kwargs)
        context["changes"] = self._changes()
        if stage := self._stage():
            words = new_users.STAGES[stage].label.lower()
            context["nouns"] = (f"retail user {words}", f"retail users {words}")
        context["in_front"] = [self._counted(stage, len(found)) for stage, found in self._in_front.items()]
        return context

    def _counted(self, stage: str, found: int) -> dict[str, str]:
        """How many new users of a stage precede the list, and the link to all of them."""
        query = self.request.GET.copy()
        query["status"] = stage
        number = f"{new_users.SHOWN}+" if found > new_users.SHOWN else str(found)
        words = f"{number} {new_users.STAGES[stage].label.lower()}"
        return {"words": words, "url": f"?{query.urlencode()}"}

    def _changes(self) -> list[FileKind]:
        """Return the changes that this person may make for several retail users at once."""
        may = self.request.user.has_perm("changes.add_change")
        return selecting.offered(self.request.user) if may else []

    def _stage(self) -> str:
        """Return the new users that are listed alone; "" if retail users are."""
        asked = self.request.GET.get("status", "")
        return asked if asked in new_users.STAGES else ""

    @cached_property
    def _in_front(self) -> dict[str, list[NewUser]]:
        """Return the matching new users for the first page: of each stage, one more than are shown."""
        if (whole(self.request.GET.get("page")) or 1) != 1:
            return {}
        found = {
            stage: list(self.filterset.in_front(stage)[: new_users.SHOWN + 1]) for stage in new_users.STAGES
        }
        return {stage: users for stage, users in found.items() if users}


def _profile(user: RetailUser, proposed: list[Proposal], shows: bool) -> dict[str, Any]:
    prefetch_related_objects([user], "alternate_addresses")  # shown and compared
    return {
        "sections": profile_page.sections(user, profile_page.PROFILE, proposed, shows),
        "addresses": user.alternate_addresses.all(),
        **_compared(user),
    }


def _compared(user: RetailUser) -> dict[str, Any]:
    """Return the known values of the user, with comparisons among themselves and with others."""
    values = {**to_values(user), **alternate_addresses.part_of(user)}
    return {
        "compared": matrix(comparing.comparisons(values)),
        "shared": shared_findings([values])[0],
    }


def _proposed_name(proposed: list[Proposal]) -> str:
    """The newest proposed name of a retail user who does not exist yet."""
    return next((str(name) for one in reversed(proposed) if (name := one.values.get("name"))), "")


def _waits_as(proposed: list[Proposal]) -> str:
    """The status of a retail user who does not exist yet: the outcome of its create."""
    creations = (one for one in proposed if one.thing == "change" or one.message.type in CREATES)
    return next((one.state for one in creations), "")


def _only_proposed(proposed: list[Proposal], shows: bool) -> dict[str, Any]:
    """For a retail user that ODIN has not confirmed, show only the proposals."""
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


def _accounts(user: RetailUser, proposed: list[Proposal], shows: bool) -> dict[str, Any]:
    return {
        "banks": user.banks.all(),
        "proposed_banks": profile_page.records(proposed, "banks", shows),
        "demats": user.demats.all(),
        "proposed_demats": profile_page.records(proposed, "demats", shows),
        "facts": profile_page.mutual_fund(getattr(user, "mf_ucc", None), proposed, shows),
    }


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
        "columns": [label for label, _, _ in allowed[:-1]],  # inactive segments are marked beside the name
        "rows": [(segment, cells[:-1]) for segment, cells in rows],
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


#: What a tab shows. Overview and history ask who looks.
SHOWN: dict[str, Callable[[RetailUser, list[Proposal], bool], dict[str, Any]]] = {
    "profile": _profile,
    "accounts": _accounts,
    "segments": _segments,
    "templates": _templates,
    LIMITS: _limits,
}


@require_safe
@for_staff("accounts.view_retailuser")
def detail(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """One retail user: confirmed values, proposed ones beside them, and its history.

    An unconfirmed retail user has a page too, as soon as it is proposed.
    """
    lane = f"{group_id}/{user_id}"
    retail_user = (
        RetailUser.objects.select_related("declared_by", "mf_ucc")
        .filter(group_id=group_id, user_id=user_id)
        .first()
    )
    tab = _chosen_tab(request, retail_user)
    context = frame(request, lane, retail_user, tab)
    shows = context["shows_personal"]
    proposed = proposals(lane, shows=shows)
    if retail_user is None and not proposed and not proposed_to(lane, request.user):
        raise Http404(f"No retail user {lane} is known here.")
    still_open = any(proposal.open for proposal in proposed)
    context |= {
        "proposals": sorted(proposed, key=lambda proposal: not proposal.pressing),
        "still_open": still_open,
        "tab": tab,
    }
    if retail_user is None:
        context |= {"person_name": _proposed_name(proposed), "waits_as": _waits_as(proposed)}
    if polled(request, "under-way"):
        if not still_open:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "accounts/_under_way.html", context)
    if tab == HISTORY:
        context |= history_page.context(request, lane, shows)
    elif retail_user is None:
        context |= _only_proposed(proposed, shows)
    elif tab == OVERVIEW:
        context |= overview.context(retail_user, request.user, proposed, shows)
    else:
        context |= SHOWN[tab](retail_user, proposed, shows)
    return render(request, "accounts/detail.html", context)


def _chosen_tab(request: StaffRequest, retail_user: RetailUser | None) -> str:
    asked = request.GET.get("tab", OVERVIEW)
    return asked if asked in offered_tabs(request, retail_user) else OVERVIEW
