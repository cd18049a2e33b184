"""Pages of the order desk."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import RetailUser
from accounts.retail_users import by_lane
from accounts.views import tabs as user_tabs
from backoffice.access import StaffRequest, for_staff
from backoffice.changes.errors import ChangeError
from backoffice.changes.models import Change, State
from backoffice.kit.components import Event, Tab
from backoffice.outside import visible
from backoffice.protocol.secret import SecretText
from backoffice.rest.api.answers import OrderRow
from backoffice.rest.api.rows import Row
from backoffice.rest.api.status import read_status
from markets import search
from trading.desk import asking, books, caps, doubt, orders, sessions, stop, tickets
from trading.desk.errors import DeskProblem, Moved
from trading.desk.forms import (
    BookForm,
    InstructionForm,
    ModifyForm,
    OpenForm,
    PlaceForm,
    TicketForm,
    chosen,
    scrip_value,
)
from trading.desk.rights import DEAL, STOP, VIEW
from trading.desk.sessions import Desk
from trading.desk.tickets import scrip_words
from trading.models import AskedChange, DeskOrder, DeskSession, OrderKind, OrderState, SessionState, Step
from trading.models.desk import ASKED_DOUBTFUL, DOUBTFUL, desk_url
from trading.operations import Credentials

P = ParamSpec("P")
#: Rows that a list of the desk shows.
LISTED = 100
BOOK_LABELS = {
    "orders": "Order book",
    "gtd": "GTD book",
    "trades": "Trades",
    "positions": "Positions",
    "holdings": "Holdings",
}
#: How a step looks in the time line.
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


def page(
    *permissions: str,
) -> Callable[
    [Callable[Concatenate[StaffRequest, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """A page for who has these permissions; there is none while the desk is off."""

    def decorated(
        view: Callable[Concatenate[StaffRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def switched(request: StaffRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not settings.ORDER_DESK:
                raise Http404("The order desk is off.")
            return view(request, *args, **kwargs)

        plain: Callable[Concatenate[StaffRequest, P], HttpResponse] = switched
        return never_cache(for_staff("accounts.view_retailuser", *permissions)(plain))

    return decorated


# --- the desk, and the desk of a client ---------------------------------------------------------------------------


@page(VIEW)
@require_safe
def desk(request: StaffRequest) -> HttpResponse:
    """All desks: what needs a person, who is at which desk, the orders of today, the kill switch."""
    switch = stop.holding()
    today = DeskOrder.objects.filter(day=caps.today()).select_related("dealer")
    doubtful = DeskOrder.objects.filter(state__in=DOUBTFUL).select_related("dealer")
    asked = AskedChange.objects.filter(state__in=ASKED_DOUBTFUL).select_related("dealer")
    open_now = DeskSession.objects.filter(state=SessionState.OPEN).select_related("dealer")
    context = {
        "switch": switch,
        "release": _release_of(switch),
        "doubtful": [
            *(one for one in doubtful[:LISTED] if one.in_doubt),
            *(one for one in asked[:LISTED] if one.in_doubt),
        ],
        "orders": today[:LISTED],
        "open_now": open_now[:LISTED],
        "may_stop": request.user.has_perm(STOP),
        "may_deal": request.user.has_perm(DEAL),
        "used": caps.used(Q(dealer=request.user)),
        "cap": settings.DESK_DEALER_CAP,
        "token": uuid.uuid4(),
    }
    return render(request, "trading/desk/desk.html", context)


@page(VIEW)
@require_safe
def client(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """The desk of one client: its session, and the orders that the desk placed."""
    user = _user(group_id, user_id)
    row = sessions.current(user.lane)
    own = DeskOrder.objects.filter(lane=user.lane).select_related("dealer")
    asked = AskedChange.objects.filter(lane=user.lane).select_related("dealer")
    context = {
        **_frame(request, user, row),
        "orders": own[:LISTED],
        "asked": asked[:LISTED],
        "obstacle": "" if row else sessions.obstacle(user),
        "last": DeskSession.objects.filter(lane=user.lane).exclude(ended_at=None).first(),
        "switch": stop.holding(),
    }
    return render(request, "trading/desk/client.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@page(DEAL)
def open_desk(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """The form that the client completes, and the login itself: this request alone holds what was typed."""
    posted = request.POST.copy()
    password, code = (posted.pop(name, [""])[-1] for name in ("client_password", "client_code"))
    request.POST = posted  # type: ignore[assignment]  # a QueryDict as before
    user = _user(group_id, user_id)
    if words := sessions.obstacle(user):
        messages.error(request, words)
        return redirect(desk_url(user.lane))
    form = OpenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = Credentials(SecretText(str(password)), SecretText(str(code).strip()))
        try:
            sessions.open_desk(user, typed, **form.cleaned_data, by=request.user)
        except DeskProblem as error:
            form.add_error(None, str(error))
        else:
            return redirect("trading:book", group_id, user_id, "orders")
    context = {**_frame(request, user, None), "form": form, "token": uuid.uuid4()}
    return render(request, "trading/desk/open.html", context)


@require_POST
@page(DEAL)
def close(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """Close the dealer's own desk session."""
    user = _user(group_id, user_id)
    row = sessions.current(user.lane)
    if row and row.dealer_id == request.user.pk:
        sessions.end(row, "Closed by the dealer.", by=request.user)
        messages.success(request, "Desk closed. The client is logged out.")
    return redirect(desk_url(user.lane))


@require_safe
@page(DEAL)
def book(request: StaffRequest, group_id: str, user_id: str, name: str) -> HttpResponse:
    """One book, read whole from ODIN now."""
    user = _user(group_id, user_id)
    form = BookForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    try:
        own = sessions.use(user.lane, by=request.user)
        part = books.read(
            own,
            name,
            by=request.user,
            page=asked.get("page") or 1,
            search=asked.get("q", ""),
            only_open=bool(asked.get("open")),
        )
    except DeskProblem as error:
        messages.error(request, str(error))
        return redirect(desk_url(user.lane))
    if books.session_ended(part):
        messages.error(request, "ODIN ended the session. The client must log in again.")
        return redirect(desk_url(user.lane))
    context = {
        **_frame(request, user, own.row, current=name),
        "name": name,
        "label": BOOK_LABELS[name],
        "table": f"trading/desk/_book_{'orders' if name == 'gtd' else name}.html",
        "part": part,
        "rows": _lines(user, part),
        "q": asked.get("q", ""),
        "only_open": bool(asked.get("open")),
        "previous": part.page - 1 if part.page > 1 else 0,
        "next": part.page + 1 if part.page < part.pages else 0,
    }
    return render(request, "trading/desk/book.html", context)


# --- placing, modifying, cancelling -------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@page(DEAL)
def place(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """The form of an order, its confirmation in words, and the sending."""
    user = _user(group_id, user_id)
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
        **_frame(request, user, own.row),
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
        **_frame(request, user, own.row, current="place"),
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


@require_http_methods(["GET", "POST"])
@page(DEAL)
def modify(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """New terms for an order of the book, which is read each time; what moved meanwhile brings the form back."""
    user = _user(group_id, user_id)
    try:
        own, row = _row_of(request, user)
        if words := asking.why_not_modify(row):
            raise DeskProblem(words)
    except DeskProblem as error:
        messages.error(request, str(error))
        return redirect(desk_url(user.lane))
    cover = asking.is_cover(row)
    if request.method == "GET":
        fresh = {"token": uuid.uuid4(), **ModifyForm.of(row)}
        return _terms(request, user, own, row, ModifyForm(cover=cover, initial=fresh))
    form = ModifyForm(request.POST, cover=cover)
    seen = _seen(request.POST.get("seen", ""))
    if changes := asking.moved(row, seen):
        again = {**ModifyForm.of(row), "token": uuid.uuid4()}
        again |= {name: request.POST.get(name, "") for name in ("instruction", "reference")}
        return _terms(request, user, own, row, ModifyForm(cover=cover, initial=again), moved=changes)
    if not form.is_valid() or "edit" in request.POST:
        return _terms(request, user, own, row, form)
    terms = form.terms()
    judged = asking.judge(own, row, terms)
    if judged.errors:
        form.put(judged.errors)
        return _terms(request, user, own, row, form)
    problem = ""
    if "confirm" in request.POST:
        try:
            return redirect(
                asking.modify(
                    own,
                    row.exchange or "",
                    row.order_id or "",
                    terms,
                    seen=seen,
                    token=form.cleaned_data["token"],
                    instruction=form.cleaned_data["instruction"],
                    reference=form.cleaned_data["reference"],
                    by=request.user,
                )
            )
        except Moved as error:
            fresh = {**ModifyForm.of(row), "token": uuid.uuid4()}
            return _terms(
                request, user, own, row, ModifyForm(cover=cover, initial=fresh), moved=error.changes
            )
        except DeskProblem as error:
            problem = str(error)
    context = {
        **_frame(request, user, own.row),
        "title": "Confirm the modification",
        "words": judged.words,
        "value": judged.value,
        "before": asking.row_words(row),
        "unusual": [one.text for one in judged.findings],
        "confirm": True,
        "hidden": [*form.hidden(), *_place_of(row), ("seen", json.dumps(seen))],
        "form": form,
        "problem": problem,
        "label": "Ask for this modification",
        "action": request.path,
    }
    return render(request, "trading/desk/confirm.html", context)


def _terms(
    request: StaffRequest,
    user: RetailUser,
    own: Desk,
    row: OrderRow,
    form: ModifyForm,
    moved: list[str] | None = None,
) -> HttpResponse:
    context = {
        **_frame(request, user, own.row),
        "form": form,
        "row": row,
        "row_words": asking.row_words(row),
        "moved": moved or [],
        "hidden": [*_place_of(row), ("seen", json.dumps(asking.snapshot(row)))],
    }
    return render(request, "trading/desk/modify.html", context)


@require_http_methods(["GET", "POST"])
@page(DEAL)
def cancel(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """Cancel an order of the book, which says first whether it is too late."""
    user = _user(group_id, user_id)
    try:
        own, row = _row_of(request, user)
        if words := asking.why_not_cancel(row):
            raise DeskProblem(words)
    except DeskProblem as error:
        messages.error(request, str(error))
        return redirect(desk_url(user.lane))
    form = InstructionForm(request.POST or None, initial={"token": uuid.uuid4()})
    problem = ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = asking.cancel(own, row.exchange or "", row.order_id or "", **given, by=request.user)
            return redirect(made)
        except DeskProblem as error:
            problem = str(error)
    context = {
        **_frame(request, user, own.row),
        "title": "Cancel an order",
        "words": f"Cancel {asking.row_words(row)}.",
        "row": row,
        "form": form,
        "ask_instruction": True,
        "hidden": _place_of(row),
        "problem": problem,
        "label": "Ask for this cancellation",
        "action": request.path,
    }
    return render(request, "trading/desk/confirm.html", context)


# --- one order ----------------------------------------------------------------------------------------------------


@require_safe
@page(VIEW)
def order(request: StaffRequest, pk: int) -> HttpResponse:
    """One order: what was confirmed, what the book said last, and every step."""
    found = get_object_or_404(DeskOrder.objects.select_related("dealer"), pk=pk)
    context = {
        **_what(request, found),
        "order": found,
        "place": urlencode({"exchange": found.exchange, "order_id": found.order_id}),
        "asked": found.asked.select_related("dealer"),
        "open": found.state in (OrderState.ACCEPTED, OrderState.WORKING, OrderState.PART),
    }
    return render(request, "trading/desk/order.html", context)


@require_safe
@page(VIEW)
def asked(request: StaffRequest, pk: int) -> HttpResponse:
    """One modification or cancellation: what was asked, and every step."""
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
    """Look in the books whether what was asked was done."""
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
            doubt.is_this(found, order_id[: orders.ORDER_ID_LENGTH], reason=reason, by=request.user)
        else:
            doubt.not_placed(found, reason=reason, by=request.user)
        messages.success(request, "Decided.")
    except DeskProblem as error:
        messages.error(request, str(error))
    return redirect(found)


@require_POST
@page(DEAL)
def decide_asked(request: StaffRequest, pk: int) -> HttpResponse:
    """Decide that what was asked was not done."""
    found = get_object_or_404(AskedChange, pk=pk)
    try:
        doubt.not_done(found, reason=request.POST.get("reason", ""), by=request.user)
        messages.success(request, "Decided.")
    except DeskProblem as error:
        messages.error(request, str(error))
    return redirect(found)


# --- the switch, and the combobox ---------------------------------------------------------------------------------


@require_POST
@page(STOP)
def throw(request: StaffRequest) -> HttpResponse:
    """Stop all desks, in one click."""
    stop.throw(by=request.user)
    messages.success(request, "All desks are stopped.")
    return redirect("trading:desk")


@require_POST
@page(STOP)
def release(request: StaffRequest) -> HttpResponse:
    """Propose that the desks work again."""
    switch = stop.holding()
    if switch is None:
        return redirect("trading:desk")
    try:
        change = stop.propose_release(
            switch, by=request.user, reason=request.POST.get("reason", ""), token=uuid.uuid4()
        )
    except ChangeError as error:
        messages.error(request, str(error))
        return redirect("trading:desk")
    return redirect(change)


@require_safe
@page(DEAL)
def scrips(request: StaffRequest) -> HttpResponse:
    """What the field of a scrip offers: scrips of the current masters, as of when, and what speaks against that."""
    masters = search.masters()
    text = request.GET.get("q", "")[:120]
    found = chosen(text, masters) if text.isprintable() else []
    offered = [
        {
            "value": scrip_value(one),
            "symbol": scrip_words(one),
            "name": one.description or one.instrument,
            "exchanges": [one.exchange_label],
        }
        for one in found[:12]
    ]
    named = sorted({one.exchange for one in found[:12]})
    return JsonResponse(
        {
            "securities": offered,
            "as_of": ", ".join(str(masters[name]) for name in named) or "No scrip found",
            "trouble": " ".join(masters[name].trouble for name in named if masters[name].trouble),
        }
    )


# --- what pages share ---------------------------------------------------------------------------------------------


def _user(group_id: str, user_id: str) -> RetailUser:
    user = by_lane(f"{group_id}/{user_id}")
    if user is None:
        raise Http404("There is no such retail user.")
    return user


def _frame(
    request: StaffRequest, user: RetailUser, row: DeskSession | None, current: str = ""
) -> dict[str, Any]:
    """What every page of a client's desk has."""
    place = [user.group_id, user.user_id]
    mine = bool(row and row.state == SessionState.OPEN and row.dealer_id == request.user.pk)
    parts = [Tab("Desk", desk_url(user.lane), current=current == "")]
    if mine:
        parts += [
            Tab(label, reverse("trading:book", args=[*place, name]), current=name == current)
            for name, label in BOOK_LABELS.items()
        ]
    return {
        "lane": user.lane,
        "retail_user": user,
        "user_url": user.get_absolute_url(),
        "desk_session": row,
        "mine": mine,
        "may_deal": request.user.has_perm(DEAL),
        "desk_tabs": parts,
        "user_tabs": user_tabs(request, user, user.group_id, user.user_id, "trading:client"),
        "place_url": reverse("trading:place", args=place),
    }


def _what(request: StaffRequest, found: DeskOrder | AskedChange) -> dict[str, Any]:
    """What the pages of an order and of what was asked share."""
    group_id, user_id = found.lane.split("/", 1)
    events = list(found.events.select_related("by"))
    deals = request.user.has_perm(DEAL)
    return {
        "lane": found.lane,
        "group_id": group_id,
        "user_id": user_id,
        "events": [_event(one) for one in reversed(events)],
        "in_doubt": found.in_doubt,
        "several": any(one.step == Step.SEVERAL for one in events),
        "may_deal": deals,
        "may_look": deals and found.in_doubt,
        "may_decide": deals and doubt.may_decide(found),
        "pause": settings.DESK_LOOK_SECONDS,
    }


def _event(one: Any) -> Event:
    tone, icon = TONES[Step(one.step)]
    details = [("Outcome", one.outcome)] if one.outcome else []
    raw = "\n\n".join(part for part in (one.body, one.received) if part)
    who = one.by.get_username() if one.by else "the portal"
    return Event(
        one.at, who, f"{one.get_step_display()}: {one.text}", tone=tone, icon=icon, details=details, raw=raw
    )


def _row_of(request: StaffRequest, user: RetailUser) -> tuple[Desk, OrderRow]:
    """The dealer's desk, and the row of the book that the request names. Raises DeskProblem."""
    own = sessions.use(user.lane, by=request.user)
    form = PlaceForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        raise DeskProblem("Choose an order in the book.")
    given = form.cleaned_data
    return own, books.find(own, given["exchange"], given["order_id"], by=request.user)


def _place_of(row: OrderRow) -> list[tuple[str, str]]:
    return [("exchange", row.exchange or ""), ("order_id", row.order_id or "")]


def _seen(text: str) -> Mapping[str, str]:
    """What a form says that the dealer saw."""
    try:
        found = json.loads(text[:2000])
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Line:
    """A row of a book, and what of it is ours. `status`: of an order, in words."""

    row: Row
    own: DeskOrder | None = None
    status: str = ""
    can_change: bool = False
    can_cancel: bool = False
    modify_url: str = ""
    cancel_url: str = ""


def _lines(user: RetailUser, part: books.Part) -> list[Line]:
    ids = [row.order_id for row in part.book.rows if isinstance(row, OrderRow)]
    found = DeskOrder.objects.filter(lane=user.lane, order_id__in=[one for one in ids if one])
    ours = {(one.exchange, one.order_id): one for one in found}
    modify_url, cancel_url = (
        reverse(f"trading:{name}", args=[user.group_id, user.user_id]) for name in ("modify", "cancel")
    )
    lines = []
    for row in part.book.rows:
        if not isinstance(row, OrderRow):
            lines.append(Line(row))
            continue
        place = urlencode({"exchange": row.exchange or "", "order_id": row.order_id or ""})
        known = read_status(row.status or "")
        lines.append(
            Line(
                row,
                ours.get((row.exchange or "", row.order_id or "")),
                known.label if known else visible(row.status or "–"),
                not asking.why_not_modify(row),
                not asking.why_not_cancel(row),
                f"{modify_url}?{place}",
                f"{cancel_url}?{place}",
            )
        )
    return lines


def _release_of(switch: Any) -> Change | None:
    if switch is None:
        return None
    return Change.objects.filter(
        kind=stop.RELEASE_KIND, subject=switch.subject, state=State.SUBMITTED
    ).first()
