"""Invitations: inviting, links to hand over, and the state of each, with its source."""

from dataclasses import replace

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.access import StaffRequest
from backoffice.kit import components, privacy
from partners import belonging, handing_over, invitations, orders_shown, visits
from partners.errors import ConnectorProblem
from partners.filters import InvitationFilter
from partners.forms import CloseForm, InviteForm
from partners.models import BasketVersion, Invitation
from partners.models.baskets import Stage
from partners.rights import MAKE_BASKET, SETTLE
from partners.tables import InvitationTable
from partners.views import ConnectorList, attempt, page, tabs

#: Orders, clicks and findings that an invitation's page lists.
LISTED = 50


class InvitationList(ConnectorList):
    """All invitations."""

    table_class = InvitationTable
    filterset_class = InvitationFilter
    tab = "invitations"
    title = "Invitations"
    subtitle = "Each is one client and one published basket. “Returned” is only what the browser said."
    nouns = ("invitation", "invitations")
    search_hint = "Retail user or Reco ID"
    empty_icon = "user-plus"
    empty_title = "No invitations yet"
    empty_text = "Invite clients from the page of a published basket."

    def get_queryset(self) -> QuerySet[Invitation]:
        """All invitations with their clients and baskets."""
        return Invitation.objects.select_related("client", "version__basket", "partner")


@page(MAKE_BASKET)
@require_http_methods(["GET", "POST"])
def invite(request: StaffRequest, pk: int) -> HttpResponse:
    """Invite one client or a list to a published version. The page after it shows the links once."""
    own = BasketVersion.objects.select_related("basket__partner")
    version = get_object_or_404(own, pk=pk)
    if version.state != Stage.PUBLISHED:
        messages.error(request, "Only a published version can be invited to.")
        return redirect("partners:version", pk)
    made = handing_over.take(request, f"invite {pk}") or {}
    rows = made.get("rows", [])
    not_invited = "\n".join(row["lane"] for row in rows if not row["link"])
    form = InviteForm(request.POST or None, initial={"model": made.get("model", 1), "clients": not_invited})
    if request.method == "POST" and form.is_valid():
        model = form.cleaned_data["model"]
        try:
            invited = invitations.invite_many(version, form.lanes(), model, by=request.user)
        except ConnectorProblem as error:
            form.add_error("clients", error.words)
        else:
            rows = [handing_over.shown(one.lane, one.invitation, one.link, one.problem) for one in invited]
            handing_over.keep(request, f"invite {pk}", {"model": model, "rows": rows})
            return redirect("partners:invite", pk)
    context = {
        "version": version,
        "form": form,
        "done": rows,
        "made": sum(bool(row["link"]) for row in rows),
        "tabs": tabs("invitations"),
    }
    return render(request, "partners/invite.html", context)


def _invitation(pk: int) -> Invitation:
    own = Invitation.objects.select_related("client", "version__basket", "partner", "invited_by", "closed_by")
    return get_object_or_404(own, pk=pk)


@page()
@require_safe
def invitation(request: StaffRequest, pk: int) -> HttpResponse:
    """One invitation: each step with who said it, clicks, reported orders, findings, a link just made."""
    return _page(request, _invitation(pk), CloseForm())


def _page(request: StaffRequest, found: Invitation, form: CloseForm, *, status: int = 200) -> HttpResponse:
    reported = found.orders.select_related("line")[:LISTED]
    shut = "" if found.is_closed else visits.closed_because(found)
    context = {
        "invitation": found,
        "shown_status": _status(found, shut),
        "shut": shut,
        "steps": _steps(found),
        "redirects": found.redirects.all()[:LISTED],
        "orders": [orders_shown.shown(order) for order in reported],
        "differences": belonging.DIFFERENCES,
        "findings": found.findings.filter(settled_at=None)[:LISTED],
        "form": form,
        "link": handing_over.take(request, f"invitation {found.pk}"),
        "may_make": request.user.has_perm(MAKE_BASKET) and not found.is_closed,
        "may_close": request.user.has_perm(SETTLE) and not found.is_closed,
        "shows_personal": privacy.shown(request, found.client.lane),
        "tabs": tabs("invitations"),
    }
    return render(request, "partners/invitation.html", context, status=status)


def _status(found: Invitation, shut: str) -> components.Status:
    """Return the status with who must act: the orders once messages came, no client whose link opens nothing."""
    shown = components.status("invitation", found.state)
    if found.is_closed:
        return shown
    if found.last_message_at is not None:
        return replace(shown, who="its orders to end")
    return replace(shown, who="") if shut and found.state in visits.MAY_GO else shown


def _steps(found: Invitation) -> list[tuple[str, object, str]]:
    """Return the events, with time and source."""
    closed_by = str(found.closed_by) if found.closed_by else "the portal, by order messages or time"
    steps = [
        ("Invited", found.invited_at, str(found.invited_by)),
        ("Link opened, client proved", found.opened_at, "the client"),
        ("Sent to the Connector", found.redirected_at, "the portal"),
        ("Token checked", found.checked_at, "the Connector"),
        ("Basket served", found.served_at, "the portal, after VAS confirmed the AuthCode"),
        ("Returned", found.returned_at, "the client's browser"),
        ("Last order message", found.last_message_at, "order messages"),
        (found.get_state_display(), found.closed_at, closed_by),
    ]
    return [(what, at, who) for what, at, who in steps if at is not None]


@page(MAKE_BASKET)
@require_POST
def new_link(request: StaffRequest, pk: int) -> HttpResponse:
    """Make a new link with three new tries. The invitation's page shows it once."""
    found = _invitation(pk)
    try:
        link = invitations.new_link(found, by=request.user)
    except ConnectorProblem as error:
        messages.error(request, error.words)
    else:
        handing_over.keep(request, f"invitation {pk}", link)
    return redirect("partners:invitation", pk)


@page(MAKE_BASKET)
@require_POST
def revoke(request: StaffRequest, pk: int) -> HttpResponse:
    """Revoke an invitation."""
    found, reason = _invitation(pk), request.POST.get("reason", "")
    attempt(request, lambda: invitations.revoke(found, by=request.user, reason=reason), "Invitation revoked.")
    return redirect("partners:invitation", pk)


@page(SETTLE)
@require_POST
def close(request: StaffRequest, pk: int) -> HttpResponse:
    """Say how an invitation ended, with reason and evidence."""
    found, form = _invitation(pk), CloseForm(request.POST)
    if form.is_valid():
        try:
            invitations.close(found, **form.cleaned_data, by=request.user)
        except ConnectorProblem as error:
            form.add_error(None, error.words)
        else:
            messages.success(request, "Invitation closed.")
            return redirect("partners:invitation", pk)
    return _page(request, found, form, status=409)
