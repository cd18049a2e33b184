"""The three pages of a form of a kind of change, and who may open them: the form, its saving, the check of answers."""

import uuid
from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.access import StaffRequest
from backoffice.changes import entry, entry_check
from backoffice.changes.entry_form import EntryForm
from backoffice.error_pages import forbidden

View = Callable[..., HttpResponseBase]
MAY_NOT = "You may not propose this. Ask a colleague whose role includes it."


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

    @never_cache
    @require_http_methods(["GET", "POST"])
    def new(request: HttpRequest, **captured: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return _of_makers(request, form(**captured), entry.new)
        if request.method == "GET":
            return redirect_to_login(request.get_full_path())
        return entry.logged_out(request, for_nobody(request, **captured) if for_nobody else form(**captured))

    @never_cache
    @require_POST
    def keep(request: HttpRequest, token: uuid.UUID, **captured: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return entry.not_kept()
        return entry.keep(cast(StaffRequest, request), form(**captured), token)

    @never_cache
    @login_required
    @require_http_methods(["GET", "POST"])
    def check(request: HttpRequest, token: uuid.UUID, **captured: Any) -> HttpResponse:
        return _of_makers(request, form(**captured), entry_check.check, token)

    return [
        path(route, guard(new), name=name),
        path(f"{route}<uuid:token>/keep/", guard(keep), name=f"{name}_keep"),
        path(f"{route}<uuid:token>/check/", guard(check), name=f"{name}_check"),
    ]


def _of_makers(
    request: HttpRequest, form: EntryForm, page: Callable[..., HttpResponse], *arguments: uuid.UUID
) -> HttpResponse:
    """Answer with a page of the form, for those who may propose its kind of change."""
    if not form.may_propose(request.user):
        return forbidden(request, MAY_NOT)
    return page(request, form, *arguments)


def form_address(name: str, *arguments: object) -> Callable[..., str]:
    """Return the addresses of the pages of a form, for `EntryForm.address`; `name` with its namespace."""

    def address(page: str, *more: object) -> str:
        return reverse(name if page == "new" else f"{name}_{page}", args=[*arguments, *more])

    return address
