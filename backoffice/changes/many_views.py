"""Pages for deciding many changes at once: review of the selected ones, and the result of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backoffice.access import StaffRequest, for_staff
from backoffice.changes import inbox, many, risks
from backoffice.changes.deciders import decided_by
from backoffice.changes.effects import effect
from backoffice.changes.filters import InboxFilter
from backoffice.changes.kinds import KINDS
from backoffice.changes.models import Change
from backoffice.changes.presentation import ShownMessage, shown_messages
from backoffice.changes.subjects import names_of
from backoffice.changes.visibility import waiting_for
from backoffice.kit import privacy
from backoffice.outside import whole, wholes

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: How many are reviewed and decided at once: more than anybody reads in one go.
AT_ONCE = 50
DONE = {"approve": "approved", "reject": "rejected"}


@dataclass(frozen=True)
class Chosen:
    """A selected change as it is shown before the decision."""

    change: Change
    title: str
    name: str
    effect: str
    risks: Sequence[str]
    messages: Sequence[ShownMessage]
    ticked: bool
    shows_personal: bool

    @property
    def label(self) -> str:
        """Accessible name of its messages, to tell them from those of other changes."""
        return f"{self.title}, C-{self.change.pk}"


@never_cache
@for_staff()
@require_http_methods(["GET", "POST"])
def review(request: StaffRequest) -> HttpResponse:
    """Show all selected changes, then approve or reject them, each bound to what this page shows."""
    person = request.user
    if not decided_by(person):
        raise PermissionDenied
    if request.method == "POST":
        return _decided(request, person)
    return _page(request, wholes(request.GET.getlist("change")))


def _decided(request: StaffRequest, person: "User") -> HttpResponse:
    seen = [_seen(text) for text in request.POST.getlist("seen")][:AT_ONCE]
    shown = wholes(request.POST.getlist("shown"))
    action, reason = request.POST.get("press", ""), request.POST.get("reason", "")
    problem, at = "", ""
    if not seen:
        problem = "Tick what you want to decide."
    elif action not in DONE:
        problem = "Choose whether to approve or reject them."
    elif action == "reject" and not reason.strip():
        problem, at = "Say why you reject them: their makers need to know.", "reason"
    if problem:
        ticked = {number for number, _ in seen}
        return _page(request, shown, ticked=ticked, problem=problem, at=at, reason=reason)
    decide = many.reject if action == "reject" else many.approve
    results = decide(seen, by=person, reason=reason)
    context = {
        "results": results,
        "done": sum(result.done for result in results),
        "verb": DONE[action],
        "left": inbox.count(person),
    }
    return render(request, "changes/decided.html", context)


def _page(
    request: StaffRequest,
    numbers: Sequence[int],
    *,
    ticked: set[int] | None = None,
    problem: str = "",
    at: str = "",
    reason: str = "",
) -> HttpResponse:
    waiting = waiting_for(request.user).select_related("made_by").order_by("submitted_at", "id")
    if "all" in request.GET:
        filters = InboxFilter(request.GET, waiting, request=request)
        waiting, problem = filters.qs, " ".join(filters.problems) or problem
    else:
        waiting = waiting.filter(pk__in=numbers)
    found = list(waiting.prefetch_related("approvals")[: AT_ONCE + 1])
    names = names_of(found)
    chosen = [_chosen(request, change, names, ticked) for change in found[:AT_ONCE]]
    context = {
        "chosen": chosen,
        "ticked": sum(one.ticked for one in chosen),
        "total": sum((one.change.amount or Decimal(0) for one in chosen if one.ticked), Decimal(0)),
        "more": len(found) > AT_ONCE,
        "at_once": AT_ONCE,
        "gone": 0 if "all" in request.GET else len(set(numbers)) - len(found),
        "problem": problem,
        "at": at,
        "reason": reason,
    }
    return render(request, "changes/review.html", context, status=409 if problem else 200)


def _chosen(
    request: StaffRequest, change: Change, names: Mapping[str, str], ticked: set[int] | None
) -> Chosen:
    """Pre-select changes without flags."""
    shows = privacy.shown(request, change.subject)
    return Chosen(
        change,
        KINDS[change.kind].title,
        names.get(change.subject, ""),
        effect(change, reveal=shows),
        risks.labels(change.risks),
        shown_messages(change, reveal=shows),
        change.pk in ticked if ticked is not None else not change.risks,
        shows,
    )


def _seen(text: str) -> tuple[int, str]:
    """Return number and hash of `12:HASH`; number 0, which no change has, if it is malformed."""
    number, _, content_hash = text.partition(":")
    return whole(number) or 0, content_hash
