"""Pages of the deliveries: the queue, the list, one delivery, and people's actions on it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffDetailView, StaffRequest, for_staff
from backoffice.audit.models import Entry
from backoffice.delivery import figures, flow, gate, looking, operations
from backoffice.delivery.course import course
from backoffice.delivery.errors import DeliveryError
from backoffice.delivery.filters import DeliveryFilter
from backoffice.delivery.hours import SendingTimes
from backoffice.delivery.models import Attempt, Delivery, Settlement, Wording
from backoffice.delivery.states import State
from backoffice.delivery.steps import sending, steps
from backoffice.delivery.tables import DeliveriesToSettle, DeliveryTable
from backoffice.kit import privacy, subjects
from backoffice.kit.components import Chip, Tab
from backoffice.kit.list_view import ListView
from backoffice.kit.message_words import explain
from backoffice.kit.polling import polled
from backoffice.kit.templatetags.portal import optional_url
from backoffice.outside import whole
from backoffice.protocol.message import REQUESTS
from backoffice.seal import unseal_values


class DeliveryList(ListView):
    """All deliveries."""

    permission_required = "delivery.view_delivery"
    model = Delivery
    table_class = DeliveryTable
    filterset_class = DeliveryFilter
    title = "Deliveries"
    subtitle = "Messages to ODIN and their outcome."
    nouns = ("delivery", "deliveries")
    search_hint = "Retail user or reference"
    empty_icon = "deliveries"
    empty_title = "No deliveries"
    empty_text = "A delivery appears here for each message of an approved change."
    template_name = "delivery/list.html"

    def get_table_class(self) -> type[DeliveryTable]:
        return (
            DeliveriesToSettle if self.request.user.has_perm("delivery.resolve_delivery") else DeliveryTable
        )

    def chips(self) -> list[Chip]:
        """Return the active filters, with the wording's text for its number."""
        number = whole(self.request.GET.get("wording"))
        words = Wording.objects.filter(pk=number).first() if number else None
        return [
            replace(chip, value=str(words)) if words and chip.label == "Words" else chip
            for chip in super().chips()
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"gate": gate.state(), "tabs": tabs("list")}


def tabs(current: str) -> list[Tab]:
    """The pages of the deliveries."""
    names = (("queue", "The queue"), ("list", "All deliveries"))
    return [Tab(label, reverse(f"delivery:{name}"), name == current) for name, label in names]


@for_staff("delivery.view_delivery")
@never_cache
@require_safe
def queue(request: StaffRequest) -> HttpResponse:
    """The state and flow of the queue, and the wordings of ODIN. htmx requests each part separately."""
    window = flow.window_of(request.GET.get("window", ""))
    if polled(request, "flow"):
        return render(request, "delivery/_flow.html", {"flow": flow.gather(window)})
    for part in ("queue", "said"):
        if polled(request, part):
            return render(request, f"delivery/_{part}.html", {"queue": figures.gather()})
    context = {
        "queue": figures.gather(),
        "flow": flow.gather(window),
        "tabs": tabs("queue"),
        "gate": gate.state(),
    }
    return render(request, "delivery/queue.html", context)


@require_POST
@for_staff("delivery.resolve_delivery")
def read_words(request: StaffRequest, pk: int) -> HttpResponse:
    """Mark new wordings of ODIN as read."""
    try:
        operations.read_words(pk, by=request.user)
    except DeliveryError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, "Read. The same words are not shown as new again.")
    return redirect("delivery:queue")


@require_POST
@for_staff("delivery.operate_gate")
def operate_gate(request: StaffRequest, action: str) -> HttpResponse:
    """Pause or resume all sending, with a reason that everybody sees."""
    verb = gate.pause if action == "pause" else gate.resume
    try:
        verb(by=request.user, reason=request.POST.get("reason", ""))
    except DeliveryError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Sending is paused." if action == "pause" else "Sending is resumed.")
    return redirect("delivery:list")


@dataclass(frozen=True)
class Decision:
    """One way to settle an unknown delivery: button, consequence, and question to the person."""

    found: Settlement
    label: str
    text: str
    question: str


@dataclass(frozen=True)
class Run:
    """Consecutive attempts with the same outcome."""

    attempts: list[Attempt]

    @property
    def first(self) -> Attempt:
        return self.attempts[0]

    @property
    def last(self) -> Attempt:
        return self.attempts[-1]


def runs(attempts: Iterable[Attempt]) -> Iterator[Run]:
    """Group consecutive attempts that ended alike and have nothing between them."""
    for _, alike in groupby(attempts, lambda one: (one.outcome, one.code, one.text, one.reason)):
        yield Run(list(alike))


class DeliveryPage(StaffDetailView):
    """One delivery: its state, the message in words, every attempt, its audit entries."""

    permission_required = "delivery.view_delivery"
    queryset = Delivery.objects.select_related(
        "change", "change__made_by", "change__decided_by", "proposed_by", "settled_by", "wording__read_by"
    ).prefetch_related("attempts", "change__approvals__by", "change__batch__approvals__by")
    template_name = "delivery/detail.html"
    context_object_name = "delivery"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        delivery = self.object
        change, message = delivery.change, REQUESTS[delivery.message_type]
        approvals = (change.batch or change).approvals.all()
        may = self.request.user.has_perm("delivery.resolve_delivery")
        shows = privacy.shown(self.request, delivery.lane)
        return super().get_context_data(**kwargs) | {
            "message": message,
            "steps": steps(change, approvals, change.checkers, sending([delivery])),
            "lines": explain(message, unseal_values(delivery.values), reveal=shows),
            "lane": delivery.lane,
            "name": subjects.names_of({delivery.lane}).get(delivery.lane)
            or str(change.values.get("name", "")),
            "user_url": optional_url("accounts:detail", *delivery.lane.split("/", 1)),
            "shows_personal": shows,
            "may_reveal": privacy.may_reveal(self.request, delivery.lane),
            "entries": Entry.objects.filter(delivery_id=delivery.pk)[:50],
            "may": operations.allowed(delivery) if may else set(),
            "runs": list(runs(delivery.attempts.all())),
            "course": course(delivery),
            "goes_out": SendingTimes().of(delivery, timezone.now()),
            "look": looking.look(delivery) if delivery.state == State.UNKNOWN else None,
            "proposal": self._proposal(),
            "proposed_label": next((one.label for one in DECISIONS if one.found == delivery.proposed), ""),
            "proposed_by_me": delivery.proposed_by_id == self.request.user.pk,
            "decisions": DECISIONS,
            "may_read_words": may and delivery.wording is not None and delivery.wording.is_new,
        }

    def _proposal(self) -> Entry | None:
        """Return what the first of two people decided, and the reason."""
        if not self.object.proposed:
            return None
        entries = Entry.objects.filter(delivery_id=self.object.pk, action="delivery.settlement_proposed")
        return entries.order_by("-id").first()


ACTIONS: dict[str, Callable[..., Delivery]] = {
    **{found.value: partial(operations.resolve, found=found) for found in Settlement},
    "free": operations.free,
    "cancel": operations.cancel,
    "read": operations.read_refusal,
}


#: The ways to settle an unknown delivery: decision, button, consequence, question.
DECISIONS = (
    Decision(
        Settlement.APPLIED,
        "Mark as applied",
        "The record takes the values. Nothing is sent again. A creation is followed by an update with the same values.",
        "How did you verify this?",
    ),
    Decision(
        Settlement.REFUSED,
        "Mark as not applied",
        "Nothing is sent again. What waits behind it is sent; what waits behind a creation is held.",
        "How did you verify this?",
    ),
    Decision(
        Settlement.AGAIN,
        "Send again",
        "The same content with the same reference is sent once more.",
        "Why is resending safe?",
    ),
)


@for_staff("delivery.resolve_delivery")
@require_POST
def settle(request: StaffRequest, pk: int, action: str) -> HttpResponse:
    """Do one of ACTIONS; if it is not possible, the delivery's page says why."""
    try:
        delivery = ACTIONS[action](pk, by=request.user, reason=request.POST.get("reason", ""))
    except DeliveryError as error:
        messages.error(request, error.words)
    else:
        if delivery.proposed:
            messages.info(request, "Proposed. It is money, so another person must say the same.")
        else:
            messages.success(request, "Done.")
    return redirect("delivery:detail", pk=pk)
