"""Sessions of model 2, the vendor's ids of clients, and findings for people."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffRequest
from backoffice.changes.models import Change, State
from backoffice.kit import privacy
from partners import findings, sessions
from partners.filters import FindingFilter, MappingFilter, SessionFilter
from partners.models import ConnectorFinding, ConnectorSession, PartnerClient
from partners.models.registry import MappingState
from partners.rights import SETTLE
from partners.tables import FindingTable, MappingTable, SessionTable
from partners.views import ConnectorList, attempt, page, tabs

#: Of proposals: one claim of one version of a mapping is one change, however often it is sent.
PROPOSALS = uuid.UUID("4f0a6b0e-98f6-4f5c-8b36-5a4f6c5d2f11")


class SessionList(ConnectorList):
    """All sessions, without their values."""

    table_class = SessionTable
    filterset_class = SessionFilter
    tab = "sessions"
    title = "Sessions"
    subtitle = "Logins that clients let a partner keep. Their values are sealed and never shown."
    nouns = ("session", "sessions")
    search_hint = "Retail user or fingerprint"
    empty_icon = "key"
    empty_title = "No sessions yet"
    empty_text = "A session appears here when a client invited by model 2 has logged in."

    def get_queryset(self) -> QuerySet[ConnectorSession]:
        """All sessions; the sealed values stay in the database."""
        return ConnectorSession.objects.select_related("client", "partner").defer("sealed", "sealed_rest")


@page()
@require_safe
def session(request: StaffRequest, pk: int) -> HttpResponse:
    """One session: whose, since when, until when, and how it ended."""
    own = ConnectorSession.objects.select_related("client", "partner", "ended_by")
    found = get_object_or_404(own.defer("sealed", "sealed_rest"), pk=pk)
    context = {
        "session": found,
        "revoked_here": sessions.REVOKED_HERE,
        "may_revoke": request.user.has_perm(SETTLE) and found.ended_at is None,
        "tabs": tabs("sessions"),
    }
    return render(request, "partners/session.html", context)


@page(SETTLE)
@require_POST
def revoke(request: StaffRequest, pk: int) -> HttpResponse:
    """Revoke a session."""
    found = get_object_or_404(ConnectorSession.objects.select_related("client", "partner"), pk=pk)
    reason = request.POST.get("reason", "")
    attempt(request, lambda: sessions.revoke(found, by=request.user, reason=reason), "Session revoked here.")
    return redirect("partners:session", pk)


# --- client ids ---------------------------------------------------------------------------------------------------


class MappingList(ConnectorList):
    """The ids of clients at partners and the vendor."""

    table_class = MappingTable
    filterset_class = MappingFilter
    tab = "mappings"
    title = "Client ids"
    subtitle = "What partners and the vendor call clients. A claimed id waits for two people."
    nouns = ("client", "clients")
    search_hint = "Retail user"
    empty_icon = "users"
    empty_title = "No clients yet"
    empty_text = "A client appears here once they are invited."

    def get_queryset(self) -> QuerySet[PartnerClient]:
        """All clients of partners."""
        return PartnerClient.objects.select_related("client", "partner").order_by("-id")


@page()
@require_safe
def mapping(request: StaffRequest, pk: int) -> HttpResponse:
    """One client of a partner: the ids, the claim of a login callback, and the proposal to bind it."""
    found = get_object_or_404(PartnerClient.objects.select_related("client", "partner", "settled_by"), pk=pk)
    waiting = Change.objects.filter(subject=found.subject, state=State.SUBMITTED).select_related("made_by")
    claimed = found.mapping == MappingState.CLAIMED
    shows = privacy.shown(request, found.client.lane)
    context: dict[str, Any] = {
        "names": found,
        "callback_differs": _callback_differs(found, shows),
        "waiting": waiting.first(),
        "may_propose": claimed and request.user.has_perm(SETTLE),
        "tabs": tabs("mappings"),
    }
    return render(request, "partners/mapping.html", context)


def _callback_differs(found: PartnerClient, shows: bool) -> list[tuple[str, str]]:
    """Name and e-mail of the last login callback that differ from the record, hidden where the person may not see."""
    return [
        (name, privacy.words(str(text), shows) if shows else "hidden")
        for name, text in found.callback_differs.items()
    ]


@page(SETTLE)
@require_POST
def mapping_propose(request: StaffRequest, pk: int) -> HttpResponse:
    """Propose to bind the id that a login callback claims."""
    found = get_object_or_404(PartnerClient.objects.select_related("client", "partner"), pk=pk)
    before = Change.objects.filter(subject=found.subject).exclude(state=State.SUBMITTED).count()
    token = uuid.uuid5(PROPOSALS, f"{found.pk} {found.version} {before}")
    reason = request.POST.get("reason", "")
    attempt(
        request,
        lambda: sessions.propose_mapping(found, by=request.user, reason=reason, token=token),
        "Submitted. A checker decides next.",
    )
    return redirect("partners:mapping", pk)


# --- findings -----------------------------------------------------------------------------------------------------


class FindingList(ConnectorList):
    """What needs attention."""

    table_class = FindingTable
    filterset_class = FindingFilter
    tab = "findings"
    title = "Findings"
    subtitle = "What the portal noticed in callbacks and order messages. Settle each with a reason."
    nouns = ("finding", "findings")
    empty_icon = "check-circle"
    empty_title = "No findings"
    empty_text = "Orphans, conflicts, silence and refused calls appear here."

    def get_queryset(self) -> QuerySet[ConnectorFinding]:
        """All findings."""
        return ConnectorFinding.objects.select_related("partner", "settled_by")


@page()
@require_safe
def finding(request: StaffRequest, pk: int) -> HttpResponse:
    """One finding, with its subject."""
    own = ConnectorFinding.objects.select_related("partner", "invitation", "order__version", "settled_by")
    found = get_object_or_404(own, pk=pk)
    context = {
        "finding": found,
        "may_settle": request.user.has_perm(SETTLE) and found.settled_at is None,
        "shows_personal": privacy.sees_at_once(request.user),
        "tabs": tabs("findings"),
    }
    return render(request, "partners/finding.html", context)


@page(SETTLE)
@require_POST
def settle(request: StaffRequest, pk: int) -> HttpResponse:
    """Settle a finding."""
    found = get_object_or_404(ConnectorFinding, pk=pk)
    reason = request.POST.get("reason", "")
    attempt(request, lambda: findings.settle(found, by=request.user, reason=reason), "Finding settled.")
    return redirect("partners:finding", pk)
