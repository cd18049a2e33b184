"""Pages of the deliveries: the list, one delivery, and what a person may do with it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST
from django.views.generic import DetailView

from backoffice.audit.models import Entry
from backoffice.delivery import gate, operations
from backoffice.delivery.errors import DeliveryError
from backoffice.delivery.filters import DeliveryFilter
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State
from backoffice.delivery.tables import DeliveryTable
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.words import explain
from backoffice.screens import privacy
from backoffice.screens.tables_base import ListView
from backoffice.seal import unseal_values


class DeliveryList(ListView):
    """All deliveries."""

    permission_required = "delivery.view_delivery"
    model = Delivery
    table_class = DeliveryTable
    filterset_class = DeliveryFilter
    title = "Deliveries"
    subtitle = "Messages owed to ODIN, and what became of them."
    nouns = ("delivery", "deliveries")
    search_hint = "Retail user or reference"
    empty_icon = "deliveries"
    empty_title = "No deliveries"
    empty_text = "A delivery appears here for each message of an approved change."
    template_name = "delivery/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"gate": gate.state()}


@require_POST
@login_required
@permission_required("delivery.operate_gate", raise_exception=True)
def operate_gate(request: HttpRequest, action: str) -> HttpResponse:
    """Pause or resume all sending, with the reason that everybody reads."""
    verb = gate.pause if action == "pause" else gate.resume
    try:
        verb(by=request.user, reason=request.POST.get("reason", ""))  # type: ignore[arg-type]  # logged in
    except DeliveryError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Sending is paused." if action == "pause" else "Sending goes on.")
    return redirect("delivery:list")


class DeliveryPage(LoginRequiredMixin, PermissionRequiredMixin, DetailView):
    """One delivery: its state, the message in words, every attempt, its audit entries."""

    permission_required = "delivery.view_delivery"
    queryset = Delivery.objects.select_related(
        "change", "change__made_by", "change__decided_by", "proposed_by"
    ).prefetch_related("attempts")
    template_name = "delivery/detail.html"
    context_object_name = "delivery"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        delivery = self.object
        message = REQUESTS[delivery.message_type]
        may_settle = self.request.user.has_perm("delivery.resolve_delivery")
        shows = privacy.shown(self.request, delivery.lane)
        return super().get_context_data(**kwargs) | {
            "message": message,
            "lines": explain(message, unseal_values(delivery.values), reveal=shows),
            "lane": delivery.lane,
            "shows_personal": shows,
            "may_reveal": privacy.may_reveal(self.request, delivery.lane),
            "entries": Entry.objects.filter(delivery_id=delivery.pk)[:50],
            "may_settle": may_settle and delivery.state == State.UNKNOWN and delivery.needs_person,
            "may_free": may_settle and delivery.state == State.ON_HOLD,
            "may_cancel": may_settle
            and delivery.state in (State.QUEUED, State.ON_HOLD)
            and not delivery.doubted,
        }


ACTIONS = {
    "applied": lambda pk, by, reason: operations.resolve(pk, by=by, applied=True, reason=reason),
    "again": lambda pk, by, reason: operations.resolve(pk, by=by, applied=False, reason=reason),
    "free": lambda pk, by, reason: operations.free(pk, by=by, reason=reason),
    "cancel": lambda pk, by, reason: operations.cancel(pk, by=by, reason=reason),
}


@login_required
@permission_required("delivery.resolve_delivery", raise_exception=True)
@require_POST
def settle(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Do one of ACTIONS; what cannot be done is said on the delivery's page."""
    try:
        delivery = ACTIONS[action](pk, request.user, request.POST.get("reason", ""))
    except DeliveryError as error:
        messages.error(request, error.words)
    else:
        if delivery.proposed:
            messages.info(request, "Proposed. It is money, so another person must say the same.")
        else:
            messages.success(request, "Done. The audit trail has your reason.")
    return redirect("delivery:detail", pk=pk)
