"""Pages of the desk and of its books, its kill switch, and the look-up of scrips."""

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import RetailUser
from accounts.search import matching
from backoffice.access import StaffRequest
from backoffice.changes.errors import ChangeError
from backoffice.changes.models import Change, State
from backoffice.kit.subjects import names_of
from backoffice.outside import visible
from backoffice.rest.api.answers import OrderRow
from backoffice.rest.api.rows import Row
from backoffice.rest.api.status import read_status
from markets import search
from trading.credentials import take_credentials
from trading.desk import books, caps, doubt, sessions, stop, terms
from trading.desk.errors import DeskProblem
from trading.desk.forms import (
    LONGEST,
    BookForm,
    ClientForm,
    OpenForm,
    chosen,
    scrip_value,
)
from trading.desk.frame import client_frame, frame, page, user_of
from trading.desk.rights import DEAL, STOP, VIEW
from trading.desk.tickets import scrip_words
from trading.models import AskedChange, DeskOrder, DeskSession, SessionState
from trading.models.desk import desk_url

#: Rows of a page of a list of the desk.
LISTED = 100
#: Suggestions of a field that is looked up.
OFFERED = 12


@page(VIEW)
@require_safe
def desk(request: StaffRequest) -> HttpResponse:
    """All desks: what needs attention, who is at which desk, today's orders, the kill switch.

    A dealer who chose a client gets that client's ticket, or first the login of the client.
    """
    may_deal = request.user.has_perm(DEAL)
    client_form = ClientForm(request.GET if "client" in request.GET else None)
    if may_deal and client_form.is_valid():
        return _to_ticket(request, client_form.cleaned_data["client"])
    switch = stop.holding()
    today = DeskOrder.objects.filter(day=caps.today()).select_related("dealer")
    doubtful, asked = doubt.orders_in_doubt(LISTED + 1), doubt.asked_in_doubt(LISTED + 1)
    open_now = DeskSession.objects.filter(state=SessionState.OPEN).select_related("dealer")
    listed = [*doubtful[:LISTED], *asked[:LISTED]]
    orders, desks = _paged(request, today, "page"), _paged(request, open_now, "desks")
    context = {
        "switch": switch,
        "release": _release_of(switch),
        "doubtful": listed,
        "doubtful_cut": len(doubtful) > LISTED or len(asked) > LISTED,
        "orders": orders,
        "open_now": desks,
        "names": names_of({one.lane for one in (*listed, *orders, *desks)}),
        "may_stop": request.user.has_perm(STOP),
        "may_deal": may_deal,
        "client_form": client_form,
        "used": caps.used(Q(dealer=request.user)),
        "cap": settings.DESK_DEALER_CAP,
    }
    return render(request, "trading/desk/desk.html", context)


def _to_ticket(request: StaffRequest, user: RetailUser) -> HttpResponse:
    row = sessions.current(user.lane)
    if row and row.state == SessionState.OPEN and row.dealer_id == request.user.pk:
        return redirect("trading:place", user.group_id, user.user_id)
    return redirect(f"{reverse('trading:open', args=[user.group_id, user.user_id])}?order=1")


def _paged(request: StaffRequest, found: QuerySet[Any], name: str) -> Page[Any]:
    """The page of a list that a parameter of the address asks for."""
    return Paginator(found, LISTED).get_page(request.GET.get(name))


@page(VIEW)
@require_safe
def client(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """The desk of one client: its session, and the orders that the desk placed."""
    user = user_of(group_id, user_id)
    row = sessions.current(user.lane)
    own = DeskOrder.objects.filter(lane=user.lane).select_related("dealer")
    asked = AskedChange.objects.filter(lane=user.lane).select_related("dealer")
    context = {
        **client_frame(request, user, row),
        "orders": _paged(request, own, "page"),
        "asked": _paged(request, asked, "asked"),
        "obstacle": None if row else sessions.obstacle(user),
        "last": DeskSession.objects.filter(lane=user.lane).exclude(ended_at=None).first(),
        "switch": stop.holding(),
    }
    return render(request, "trading/desk/client.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@page(DEAL)
def open_desk(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """The form that the client completes, and the login itself: the input exists in this request only.

    `?order=1`: the dealer chose the client for an order, whose ticket comes next.
    """
    typed = take_credentials(request)
    user = user_of(group_id, user_id)
    if request.method == "GET" and (found := sessions.obstacle(user)):
        messages.error(request, found.words)
        return redirect(desk_url(user.lane))
    form = OpenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            sessions.open_desk(user, typed, **form.cleaned_data, by=request.user)
        except DeskProblem as error:
            form.add_error(None, str(error))
        else:
            if "order" in request.GET:
                return redirect("trading:place", group_id, user_id)
            return redirect("trading:book", group_id, user_id, "orders")
    context = {**frame(request, user, None), "form": form, "token": uuid.uuid4()}
    return render(request, "trading/desk/open.html", context)


@require_POST
@page(DEAL)
def close(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """Close the dealer's own desk session."""
    user = user_of(group_id, user_id)
    if sessions.close(user.lane, by=request.user):
        messages.success(request, "Desk closed. The client is logged out.")
    return redirect(desk_url(user.lane))


@require_safe
@page(DEAL)
def book(request: StaffRequest, group_id: str, user_id: str, name: str) -> HttpResponse:
    """One book, read in full from ODIN now."""
    user = user_of(group_id, user_id)
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
        **client_frame(request, user, own.row, name),
        "name": name,
        "label": books.BOOKS[name],
        "table": f"trading/desk/_book_{'orders' if name == 'gtd' else name}.html",
        "part": part,
        "rows": _lines(user, part),
        "q": asked.get("q", ""),
        "only_open": bool(asked.get("open")),
        "previous": part.page - 1 if part.page > 1 else 0,
        "next": part.page + 1 if part.page < part.pages else 0,
    }
    return render(request, "trading/desk/book.html", context)


@dataclass(frozen=True)
class Line:
    """A row of a book, and our order in it. `status`: of an order, in words."""

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
                not terms.why_not_modify(row),
                not terms.why_not_cancel(row),
                f"{modify_url}?{place}",
                f"{cancel_url}?{place}",
            )
        )
    return lines


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


def _release_of(switch: Any) -> Change | None:
    if switch is None:
        return None
    return Change.objects.filter(
        kind=stop.RELEASE_KIND, subject=switch.subject, state=State.SUBMITTED
    ).first()


@require_safe
@page(DEAL)
def clients(request: StaffRequest) -> HttpResponse:
    """Return suggestions for the field of a client."""
    text = request.GET.get("q", "")[:LONGEST]
    found = matching(RetailUser.objects.all(), text)[:OFFERED] if text.isprintable() else []
    offered = [{"value": one.lane, "symbol": one.lane, "name": one.name, "exchanges": []} for one in found]
    return JsonResponse({"securities": offered, "as_of": "", "trouble": ""})


@require_safe
@page(DEAL)
def scrips(request: StaffRequest) -> HttpResponse:
    """Return suggestions for the field of a scrip, their date, and findings on them."""
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
        for one in found[:OFFERED]
    ]
    named = sorted({one.exchange for one in found[:OFFERED]})
    return JsonResponse(
        {
            "securities": offered,
            "as_of": ", ".join(str(masters[name]) for name in named) or "No scrip found",
            "trouble": " ".join(masters[name].trouble for name in named if masters[name].trouble),
        }
    )
