"""Kill switches (C45), and the last calls that could not be read (C14)."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffRequest
from backoffice.changes.models import Change, State
from partners import switches
from partners.models import KillSwitch, Partner, UnreadableCall
from partners.models.records import Scope
from partners.models.registry import PartnerState
from partners.rights import STOP
from partners.views import attempt, page, tabs

#: Released switches that the page lists.
LISTED = 30
#: Of releases: one switch's release is one change until it is decided.
RELEASES = uuid.UUID("0b9f7f1c-64d0-4f8e-9c60-0a3c9d5b8a21")


@page()
@require_safe
def overview(request: StaffRequest) -> HttpResponse:
    """The active switches, what can be stopped, and what a switch cannot stop."""
    holding = list(KillSwitch.objects.filter(released_at=None).select_related("thrown_by"))
    subjects = {one.subject for one in holding}
    waiting = Change.objects.filter(subject__in=subjects, state=State.SUBMITTED).select_related("made_by")
    by_subject = {change.subject: change for change in waiting}
    released = KillSwitch.objects.exclude(released_at=None).select_related(
        "thrown_by", "released_by__decided_by"
    )
    partners = list(Partner.objects.exclude(state=PartnerState.ENDED))
    context = {
        "holding": [(one, by_subject.get(one.subject)) for one in holding],
        "released": released[:LISTED],
        "targets": _targets(partners, {(one.scope, one.target) for one in holding}),
        "cannot_stop": switches.CANNOT_STOP,
        "partners": partners,
        "may_stop": request.user.has_perm(STOP),
        "tabs": tabs("switches"),
    }
    return render(request, "partners/switches.html", context)


def _targets(partners: list[Partner], thrown: set[tuple[str, str]]) -> list[dict[str, str | bool]]:
    """The targets that one click can stop; a client is typed by name."""
    rows = [
        (Scope.ALL, "", "Everything"),
        (Scope.MODEL, "1", "Model 1, redirect"),
        (Scope.MODEL, "2", "Model 2, sessions"),
        (Scope.MODEL, "3", "Model 3, API keys"),
    ]
    for one in partners:
        rows.append((Scope.PARTNER, one.code, f"Partner {one.name}"))
        rows += [
            (
                Scope.PRODUCT,
                f"{one.code}/{row['code']}",
                f"{one.name}: product {row.get('name') or row['code']}",
            )
            for row in one.products
        ]
    return [
        {"scope": scope.value, "target": target, "words": words, "thrown": (scope.value, target) in thrown}
        for scope, target, words in rows
    ]


@page(STOP)
@require_POST
def throw(request: StaffRequest) -> HttpResponse:
    """Throw a switch, at once."""
    scope, target = request.POST.get("scope", ""), request.POST.get("target", "").strip()
    reason = request.POST.get("reason", "")
    attempt(request, lambda: switches.throw(scope, target, by=request.user, reason=reason), "Stopped.")
    return redirect("partners:switches")


@page(STOP)
@require_POST
def release(request: StaffRequest, pk: int) -> HttpResponse:
    """Propose to release a switch. A checker decides."""
    found = get_object_or_404(KillSwitch, pk=pk)
    before = Change.objects.filter(subject=found.subject).exclude(state=State.SUBMITTED).count()
    token = uuid.uuid5(RELEASES, f"{found.pk} {before}")
    reason = request.POST.get("reason", "")
    attempt(
        request,
        lambda: switches.propose_release(found, by=request.user, reason=reason, token=token),
        "Submitted. A checker decides next.",
    )
    return redirect("partners:switches")


@page()
@require_safe
def calls(request: StaffRequest) -> HttpResponse:
    """The last call to each of our addresses that could not be read, masked."""
    context = {"calls": UnreadableCall.objects.all(), "tabs": tabs("calls")}
    return render(request, "partners/calls.html", context)
