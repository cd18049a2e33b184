"""Pages on which orders of the book are modified and cancelled."""

import json
import uuid
from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import RetailUser
from backoffice.access import StaffRequest
from backoffice.rest.api.answers import OrderRow
from trading.desk import asking, books, sessions, tickets
from trading.desk.errors import DeskProblem, Moved
from trading.desk.forms import InstructionForm, ModifyForm, PlaceForm
from trading.desk.frame import frame, page, user_of
from trading.desk.rights import DEAL
from trading.desk.sessions import Desk
from trading.desk.terms import is_cover, judge, moved, row_words, snapshot, why_not_cancel, why_not_modify
from trading.models import AskedChange, AskedKind
from trading.models.desk import desk_url


@require_http_methods(["GET", "POST"])
@page(DEAL)
def modify(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """New terms for an order of the book.

    The book is read each time; if the order has changed, the form is shown again.
    """
    user = user_of(group_id, user_id)
    try:
        if made := _earlier(request, user, AskedKind.MODIFY):
            return redirect(made)
        own, row = _row_of(request, user)
        if words := why_not_modify(row):
            raise DeskProblem(words)
    except DeskProblem as error:
        messages.error(request, str(error))
        return redirect(desk_url(user.lane))
    if request.method == "GET":
        return _terms(request, user, own, row, _fresh(row))
    form = ModifyForm(request.POST, cover=is_cover(row))
    seen = _seen(request.POST.get("seen", ""))
    if changes := moved(row, seen):
        typed = {name: request.POST.get(name, "") for name in ("instruction", "reference")}
        return _terms(request, user, own, row, _fresh(row, **typed), changes=changes)
    if not form.is_valid() or "edit" in request.POST:
        return _terms(request, user, own, row, form)
    terms = form.terms()
    judged = judge(own, row, terms)
    if judged.errors:
        form.put(judged.errors)
        return _terms(request, user, own, row, form)
    problem = ""
    if "confirm" in request.POST:
        try:
            given = {name: form.cleaned_data[name] for name in ("token", "instruction", "reference")}
            place = (row.exchange or "", row.order_id or "")
            return redirect(asking.modify(own, *place, terms, seen=seen, **given, by=request.user))
        except Moved as error:
            return _terms(request, user, own, row, _fresh(row), changes=error.changes)
        except DeskProblem as error:
            problem = str(error)
    context = {
        **frame(request, user, own.row),
        "title": "Confirm the modification",
        "words": judged.words,
        "value": judged.value,
        "market": terms.order_type in tickets.MARKET,
        "before": row_words(row),
        "unusual": [one.text for one in judged.findings],
        "hidden": [*form.hidden(), *_place_of(row), ("seen", json.dumps(seen))],
        "form": form,
        "problem": problem,
        "label": "Send this modification",
        "action": request.path,
    }
    return render(request, "trading/desk/confirm.html", context)


def _fresh(row: OrderRow, **typed: str) -> ModifyForm:
    """Return the form with the terms that the book shows now, good for one modification."""
    return ModifyForm(cover=is_cover(row), initial={**ModifyForm.of(row), **typed, "token": uuid.uuid4()})


def _terms(
    request: StaffRequest,
    user: RetailUser,
    own: Desk,
    row: OrderRow,
    form: ModifyForm,
    changes: Sequence[str] = (),
) -> HttpResponse:
    context = {
        **frame(request, user, own.row),
        "form": form,
        "row": row,
        "row_words": row_words(row),
        "moved": changes,
        "hidden": [*_place_of(row), ("seen", json.dumps(snapshot(row)))],
    }
    return render(request, "trading/desk/modify.html", context)


@require_http_methods(["GET", "POST"])
@page(DEAL)
def cancel(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """Cancel an order of the book, unless the book shows that it is too late."""
    user = user_of(group_id, user_id)
    try:
        if made := _earlier(request, user, AskedKind.CANCEL):
            return redirect(made)
        own, row = _row_of(request, user)
        if words := why_not_cancel(row):
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
        **frame(request, user, own.row),
        "title": "Cancel an order",
        "words": f"Cancel {row_words(row)}.",
        "row": row,
        "form": form,
        "ask_instruction": True,
        "hidden": _place_of(row),
        "problem": problem,
        "label": "Send this cancellation",
        "action": request.path,
    }
    return render(request, "trading/desk/confirm.html", context)


def _earlier(request: StaffRequest, user: RetailUser, kind: AskedKind) -> AskedChange | None:
    """Return the request of a form that was sent before. Raises DeskProblem if that was a different request."""
    form = InstructionForm(request.POST)
    form.is_valid()
    token = form.cleaned_data.get("token")
    made = AskedChange.objects.filter(token=token).first() if token else None
    if made is None:
        return None
    terms = None
    if kind == AskedKind.MODIFY:
        again = ModifyForm(request.POST, cover="stop_trigger" in made.values)
        terms = again.terms() if again.is_valid() else None
    exchange, order_id = (request.POST.get(name, "") for name in ("exchange", "order_id"))
    return asking.earlier(made.token, user.lane, exchange, order_id, kind, terms)


def _row_of(request: StaffRequest, user: RetailUser) -> tuple[Desk, OrderRow]:
    """Return the dealer's desk, and the row of the book in the request. Raises DeskProblem."""
    own = sessions.use(user.lane, by=request.user)
    form = PlaceForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        raise DeskProblem("Choose an order in the book.")
    given = form.cleaned_data
    return own, books.find(own, given["exchange"], given["order_id"], by=request.user)


def _place_of(row: OrderRow) -> list[tuple[str, str]]:
    return [("exchange", row.exchange or ""), ("order_id", row.order_id or "")]


def _seen(text: str) -> Mapping[str, str]:
    """Return what the dealer saw, from the form."""
    try:
        found = json.loads(text[:2000])
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
