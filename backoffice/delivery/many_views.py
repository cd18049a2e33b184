"""Pages for settling several deliveries at once: review of the selected ones, and the result of each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backoffice.access import StaffRequest, for_staff
from backoffice.delivery import many
from backoffice.delivery.filters import DeliveryFilter
from backoffice.delivery.models import Delivery
from backoffice.delivery.names import names_of
from backoffice.kit import privacy
from backoffice.outside import wholes
from backoffice.protocol.message import REQUESTS

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: How many are settled at once: the page answers within seconds, and a person can read them.
AT_ONCE = 200
DONE = {"free": "taken off hold", "again": "to be sent again", "cancel": "cancelled"}


@never_cache
@for_staff("delivery.resolve_delivery")
@require_http_methods(["GET", "POST"])
def several(request: StaffRequest) -> HttpResponse:
    """Show all selected deliveries, then do one action with the ticked ones, for one reason."""
    if request.method == "POST":
        return _settled(request, request.user)
    return _page(request, wholes(request.GET.getlist("delivery")))


def _settled(request: StaffRequest, person: "User") -> HttpResponse:
    ticked = wholes(request.POST.getlist("delivery"))[:AT_ONCE]
    action, reason = request.POST.get("press", ""), request.POST.get("reason", "")
    problem, at = "", ""
    if not ticked:
        problem = "Tick what you want to settle."
    elif action not in many.ACTIONS:
        problem = "Choose what to do with them."
    elif not reason.strip():
        problem, at = "Give a reason: the audit trail keeps it with each of them.", "reason"
    if problem:
        shown = wholes(request.POST.getlist("shown"))
        return _page(request, shown, ticked=set(ticked), problem=problem, at=at, reason=reason)
    results = many.act(action, ticked, by=person, reason=reason)
    context = {
        "results": sorted(results, key=lambda result: result.done),
        "done": sum(result.done for result in results),
        "verb": DONE[action],
    }
    return render(request, "delivery/settled.html", context)


def _page(
    request: StaffRequest,
    numbers: Sequence[int],
    *,
    ticked: set[int] | None = None,
    problem: str = "",
    at: str = "",
    reason: str = "",
) -> HttpResponse:
    found: QuerySet[Delivery] = Delivery.objects.order_by("id")
    if request.method == "GET" and "all" in request.GET:
        filters = DeliveryFilter(request.GET, found, request=request)
        found, problem = filters.qs.filter(many.ALLOW_ANY), " ".join(filters.problems)
    else:
        found = found.filter(pk__in=numbers)
    chosen = list(found[: AT_ONCE + 1])
    shown = chosen[:AT_ONCE]
    context = {
        "chosen": [
            {
                "delivery": delivery,
                "message": REQUESTS[delivery.message_type],
                "words": privacy.words(
                    delivery.reason or delivery.text, privacy.shown(request, delivery.lane)
                ),
                "allows": many.allows_any(delivery),
                "ticked": ticked is None or delivery.pk in ticked,
            }
            for delivery in shown
        ],
        "names": names_of(shown),
        "allow": many.how_many_allow(shown),
        "more": len(chosen) > AT_ONCE,
        "at_once": AT_ONCE,
        "problem": problem,
        "at": at,
        "reason": reason,
    }
    return render(request, "delivery/several.html", context, status=409 if problem else 200)
