"""The pages that place an order, and those of one order and of requests on it."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import RetailUser
from backoffice.access import StaffRequest
from backoffice.audit.models import PORTAL
from backoffice.kit import privacy
from backoffice.kit.components import Event, Tab
from backoffice.kit.subjects import names_of
from markets import search
from trading.desk import doubt, orders, sessions, stop, tickets
from trading.desk.errors import DeskProblem
from trading.desk.forms import TicketForm
from trading.desk.frame import frame, page, user_of
from trading.desk.rights import DEAL, VIEW
from trading.desk.sessions import Desk
from trading.models import AskedChange, DeskOrder, OrderEvent, OrderKind, Step
from trading.models.desk import LIVE, ORDER_ID_LENGTH, desk_url

#: The appearance of a step in the time line.
TONES = {
    Step.CONFIRMED: ("info", "check"),
    Step.ANSWERED: ("info", "deliveries"),
    Step.BOOK: ("good", "search"),
    Step.ADOPTED: ("good", "search"),
    Step.NOT_FOUND: ("doubt", "question"),
    Step.SEVERAL: ("bad", "alert"),
    Step.UNREAD: ("warn", "alert"),
    Step.DECIDED: ("warn", "user"),
}


@require_http_methods(["GET", "POST"])
@page(DEAL)
def place(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """The form of an order, its confirmation in words, and the sending."""
    user = user_of(group_id, user_id)
    try:
        own = sessions.use(user.lane, by=request.user)
    except DeskProblem as error:
        messages.error(request, str(error))
        return redirect(desk_url(user.lane))
    given = request.POST if request.method == "POST" else request.GET
    kind = OrderKind.COVER if given.get("kind") == OrderKind.COVER else OrderKind.REGULAR
    offered: dict[str, Any] = {
        "kind": kind,
        "cover_limit": settings.REST_COVER_LIMIT,
        "amo": own.terms.amo,
    }
    if request.method == "GET":
        form = TicketForm(**offered, initial={"token": uuid.uuid4(), "order_type": "RL"})
        return _ticket(request, user, own, form, kind)
    form = TicketForm(request.POST, **offered)
    ticket = form.ticket(search.masters()) if form.is_valid() else None
    if ticket is None or "edit" in request.POST:
        return _ticket(request, user, own, form, kind)
    try:
        if made := orders.earlier(form.cleaned_data["token"], user.lane, ticket):
            return redirect(made)
    except DeskProblem as error:
        form.add_error(None, str(error))
        return _ticket(request, user, own, form, kind)
    judged = tickets.judge(ticket, own.session, user.lane)
    if judged.errors:
        form.put(judged.errors)
        return _ticket(request, user, own, form, kind)
    problem = ""
    if "fingerprint" in request.POST:
        try:
            made = orders.place(
                own,
                ticket,
                token=form.cleaned_data["token"],
                fingerprint=request.POST["fingerprint"],
                instruction=form.cleaned_data["instruction"],
                reference=form.cleaned_data["reference"],
                by=request.user,
            )
            return redirect(made)
        except DeskProblem as error:
            problem = str(error)
    context = {
        **frame(request, user, own.row),
        "title": "Confirm the order",
        "words": judged.words,
        "value": judged.value,
        "market": ticket.order_type in tickets.MARKET,
        "unusual": judged.unusual,
        "as_of": judged.as_of,
        "fingerprint": judged.fingerprint,
        "hidden": form.hidden(),
        "form": form,
        "problem": problem,
        "label": "Send this order",
        "action": request.path,
    }
    return render(request, "trading/desk/confirm.html", context)


def _ticket(
    request: StaffRequest, user: RetailUser, own: Desk, form: TicketForm, kind: OrderKind
) -> HttpResponse:
    here = reverse("trading:place", args=[user.group_id, user.user_id])
    context = {
        **frame(request, user, own.row),
        "form": form,
        "kind": kind,
        "kinds": [
            Tab("Order", here, current=kind is OrderKind.REGULAR),
            Tab("Cover order", f"{here}?kind=cover", current=kind is OrderKind.COVER),
        ],
        "instruction_fields": [form["instruction"], form["reference"]],
        "order_fields": [
            field for field in form.visible_fields() if field.name not in ("instruction", "reference")
        ],
        "switch": stop.holding(),
    }
    return render(request, "trading/desk/ticket.html", context)


@require_safe
@page(VIEW)
def order(request: StaffRequest, pk: int) -> HttpResponse:
    """One order: its confirmed terms, the last state in the book, and every step."""
    found = get_object_or_404(DeskOrder.objects.select_related("dealer"), pk=pk)
    context = {
        **_what(request, found),
        "order": found,
        "place": urlencode({"exchange": found.exchange, "order_id": found.order_id}),
        "asked": found.asked.select_related("dealer"),
        "open": found.state in LIVE,
    }
    return render(request, "trading/desk/order.html", context)


@require_safe
@page(VIEW)
def asked(request: StaffRequest, pk: int) -> HttpResponse:
    """One modification or cancellation: the request, and every step."""
    found = get_object_or_404(AskedChange.objects.select_related("dealer", "desk_order"), pk=pk)
    return render(request, "trading/desk/asked.html", {**_what(request, found), "asked": found})


@require_POST
@page(DEAL)
def look(request: StaffRequest, pk: int) -> HttpResponse:
    """Look for an order in the books."""
    return _look(request, get_object_or_404(DeskOrder, pk=pk))


@require_POST
@page(DEAL)
def look_asked(request: StaffRequest, pk: int) -> HttpResponse:
    """Look in the books whether a request was carried out."""
    return _look(request, get_object_or_404(AskedChange, pk=pk))


def _look(request: StaffRequest, found: DeskOrder | AskedChange) -> HttpResponse:
    try:
        messages.info(request, doubt.look(found, by=request.user))
    except DeskProblem as error:
        messages.error(request, str(error))
    return redirect(found)


@require_POST
@page(DEAL)
def decide(request: StaffRequest, pk: int) -> HttpResponse:
    """Decide on an order in doubt: it was not placed, or it is this one of the book."""
    found = get_object_or_404(DeskOrder, pk=pk)
    reason, order_id = request.POST.get("reason", ""), request.POST.get("order_id", "")
    try:
        if order_id:
            doubt.is_this(found, order_id[:ORDER_ID_LENGTH], reason=reason, by=request.user)
        else:
            doubt.not_placed(found, reason=reason, by=request.user)
        messages.success(request, "Decided.")
    except DeskProblem as error:
        messages.error(request, str(error))
    return redirect(found)


@require_POST
@page(DEAL)
def decide_asked(request: StaffRequest, pk: int) -> HttpResponse:
    """Decide that a request was not carried out."""
    found = get_object_or_404(AskedChange, pk=pk)
    try:
        doubt.not_done(found, reason=request.POST.get("reason", ""), by=request.user)
        messages.success(request, "Decided.")
    except DeskProblem as error:
        messages.error(request, str(error))
    return redirect(found)


def _what(request: StaffRequest, found: DeskOrder | AskedChange) -> dict[str, Any]:
    """Shared by the pages of orders and of requests."""
    group_id, user_id = found.lane.split("/", 1)
    events = list(found.events.select_related("by"))
    deals = request.user.has_perm(DEAL)
    shows = privacy.shown(request, found.lane)
    return {
        "lane": found.lane,
        "client": names_of({found.lane}).get(found.lane, ""),
        "group_id": group_id,
        "user_id": user_id,
        "events": [_event(one, found.who, shows) for one in reversed(events)],
        "shows_personal": shows,
        "may_reveal": privacy.may_reveal(request, found.lane),
        "in_doubt": found.in_doubt,
        "may_deal": deals,
        "may_look": deals and found.in_doubt,
        "may_decide": deals and doubt.may_decide(found),
        "caution": doubt.caution(found),
        "pause": settings.DESK_LOOK_SECONDS,
    }


def _event(one: OrderEvent, sender: str, shows: bool) -> Event:
    """Return a step as a line of the history. `sender`: who confirmed it, possibly the client."""
    tone, icon = TONES[Step(one.step)]
    raw = "\n\n".join(part for part in (one.body, one.received) if part)
    return Event(
        at=one.at,
        who=str(one.by or (sender if one.step == Step.CONFIRMED else PORTAL)),
        what=f"{one.get_step_display()}: {privacy.words(one.text, shows)}",
        why=privacy.words(one.reason, shows),
        tone=tone,
        icon=icon,
        details=[("Outcome", one.outcome)] if one.outcome else [],
        raw=privacy.words(raw, shows),
    )
