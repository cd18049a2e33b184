"""The three pages of a form of a kind of change: the form, saving a draft, and the check of the answers."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse

from backoffice.changes import entry
from backoffice.changes.entry_form import EntryForm

View = Callable[..., HttpResponseBase]


def _unguarded(view: View) -> View:
    return view


def form_paths(
    route: str,
    name: str,
    form: Callable[..., EntryForm],
    *,
    guard: Callable[[View], View] = _unguarded,
    for_nobody: Callable[..., EntryForm] | None = None,
) -> list[URLPattern]:
    """Return the patterns `name`, `name_keep` and `name_check` of a form, under `route`.

    `form` makes the form from the route's parameters, and may raise Http404; `guard` first decides who may
    ask. A person without a login learns from no answer whether a record exists, and gets back what they
    typed, in the form that `for_nobody` makes of request and parameters if `form` would reveal it.
    """

    def new(request: HttpRequest, **captured: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return entry.new(request, form(**captured))
        if request.method == "GET":
            return redirect_to_login(request.get_full_path())
        return entry.new(request, for_nobody(request, **captured) if for_nobody else form(**captured))

    def keep(request: HttpRequest, token: uuid.UUID, **captured: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return entry.not_kept()
        return entry.keep(request, form(**captured), token)

    @login_required
    def check(request: HttpRequest, token: uuid.UUID, **captured: Any) -> HttpResponseBase:
        return entry.check(request, form(**captured), token)

    return [
        path(route, guard(new), name=name),
        path(f"{route}<uuid:token>/keep/", guard(keep), name=f"{name}_keep"),
        path(f"{route}<uuid:token>/check/", guard(check), name=f"{name}_check"),
    ]


def form_address(name: str, *arguments: object) -> Callable[..., str]:
    """Return the addresses of the pages of a form, for `EntryForm.address`; `name` with its namespace."""

    def address(page: str, *more: object) -> str:
        return reverse(name if page == "new" else f"{name}_{page}", args=[*arguments, *more])

    return address
