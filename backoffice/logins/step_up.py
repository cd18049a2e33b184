"""Re-authentication before sensitive actions: only this table says where.

A person who entered a password or a code within STEP_UP_MINUTES is not asked. The form that was sent is kept
in the session, sealed like all of it, and carried out after the answer: nothing has to be typed twice.
"""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import resolve, reverse
from django.utils.http import urlencode

from backoffice.incoming import came_from
from backoffice.logins.second_factor import enforced

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

#: Pages that ask before they are shown: they decide on many, export data, or change rights.
PAGES = frozenset(
    {
        "changes:review",
        "delivery:several",
        "batches:result",
        "batches:failed",
        "batches:failed_workbook",
        "compliance:csv",
        "reconciliation:csv",
        "accounts:history_csv",
        "limits:reading_csv",
        "partners:consent_file",
        "partners:reco_csv",
        "runs:csv",
        "compliance:evidence",
        "exports:ask",
        "exports:download",
        # django-allauth asks nobody here who has neither password nor app: an app of a thief would answer from then on.
        "mfa_activate_totp",
        "changes:rule",
        "changes:rule_check",
        "dealer:password",
        "dealer:password_check",
        "staff:new",
        "staff:new_check",
        "staff:rights",
        "staff:rights_check",
        "staff:reset",
        "staff:reset_check",
        "staff:link",
        "staff:link_check",
        "staff:link_show",
        "staff:end_sessions",
        "trading:check",
        "trading:open",
    }
)
#: Forms on pages that others only read: which of their actions ask, or all.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "changes:decide": ("approve", "urgent"),
    "batches:act": ("approve", "cancel", "urgent"),
    "delivery:settle": ("applied", "again", "refused", "free", "cancel"),
    "delivery:pause": (),
    "delivery:resume": (),
    "compliance:place_hold": (),
    "compliance:lift_hold": (),
    "odin:log_off": (),
    "odin:take_over": (),
    "odin:lift_stop": (),
    "trading:go_on": (),
    "trading:place": (),
    "trading:modify": (),
    "trading:cancel": (),
    "trading:decide": (),
    "trading:decide_asked": (),
    "trading:release": (),
}
#: Addresses that answer with a file, and the method. A browser that gets a file stays on its page, so the
#: answer is a page with a button for the file.
FILES: Mapping[str, str] = {
    "batches:result": "GET",
    "batches:failed": "GET",
    "batches:failed_workbook": "GET",
    "limits:reading_csv": "GET",
    "partners:consent_file": "GET",
    "partners:reco_csv": "GET",
    "runs:csv": "GET",
    "exports:ask": "POST",
    "exports:download": "GET",
    "compliance:csv": "POST",
    "reconciliation:csv": "POST",
    "accounts:history_csv": "POST",
    "compliance:evidence": "POST",
}
#: Pages on which a retail user's own password is typed: the form is not kept (R13), and must be filled in
#: again.
NEVER_KEPT = frozenset({"trading:check", "trading:open"})
#: In the session of a person who logs in again: the form that waits for that.
KEPT = "kept_for_login"


def guarded(page: str, method: str, action: str = "") -> bool:
    """Whether this request asks for re-authentication. `page` is the name of an address."""
    if page in PAGES:
        return True
    actions = ACTIONS.get(page)
    return method == "POST" and actions is not None and (not actions or action in actions)


def due(request: "HttpRequest") -> bool:
    """Whether this person must re-authenticate; never in a demonstration."""
    if not enforced() or not request.user.is_authenticated:
        return False
    records = get_authentication_records(request, request.user)
    latest = max((record["at"] for record in records), default=0.0)
    return time.time() - latest > settings.STEP_UP_MINUTES * 60


def ask(request: "HttpRequest") -> "HttpResponse":
    """Ask, and carry out the request after the answer. A person with neither password nor app logs in again."""
    kept = _kept(request)
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    if not methods:
        person = request.user.pk
        logout(request)
        messages.info(request, "Log in again: it is a while since you did. Nothing was sent yet.")
        if not kept:
            return redirect_to_login(request.get_full_path())
        request.session[KEPT] = {**kept, "person": person}
        return redirect_to_login(reverse("logins:kept"))
    if kept:
        # django-allauth calls `resume` with it after the answer.
        request.session[STATE_SESSION_KEY] = {"callback": f"{__name__}.{resume.__name__}", "state": kept}
    elif request.method == "POST":
        messages.info(request, "Nothing was sent or kept. Fill in the form again.")
    then = kept["back"] if kept else request.get_full_path()
    return redirect(f"{methods[0]['url']}?{urlencode({'next': then})}")


def resume(request: "HttpRequest", kept: dict[str, str]) -> "HttpResponse":
    """Continue with what `ask` kept. The answer to another question, from another tab, leaves it unchanged."""
    if (then := get_next_redirect_url(request)) != kept["back"]:
        request.session[STATE_SESSION_KEY] = {"callback": f"{__name__}.{resume.__name__}", "state": kept}
        messages.info(
            request, "You have confirmed that it is you. If you had pressed a button, press it again."
        )
        return redirect(then or reverse("desk:today"))
    match = resolve(kept["path_info"])
    if match.view_name in FILES:
        return waiting(request, kept)
    request.method, request.path, request.path_info = "POST", kept["path"], kept["path_info"]
    request.META = {**request.META, "PATH_INFO": kept["path_info"], "QUERY_STRING": kept["query"]}
    request.GET, request.POST = QueryDict(kept["query"]), QueryDict(kept["posted"])
    request.resolver_match = match
    answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return answer


def waiting(request: "HttpRequest", kept: dict[str, str]) -> "HttpResponse":
    """Return a page with a button that sends the kept form, and the way back."""
    posted = QueryDict(kept["posted"])
    fields = [
        (name, value) for name in posted for value in posted.getlist(name) if name != "csrfmiddlewaretoken"
    ]
    context = {
        "method": kept["method"],
        "address": kept["path"] + (f"?{kept['query']}" if kept["query"] else ""),
        "back": kept["back"],
        "fields": fields,
        "file": resolve(kept["path_info"]).view_name in FILES,
    }
    return render(request, "logins/kept.html", context)


def _kept(request: "HttpRequest") -> dict[str, str]:
    """Return everything needed to repeat the request later; nothing for a page that can simply be opened."""
    match = resolve(request.path_info)
    if match.view_name in NEVER_KEPT:
        return {}
    if request.method != "POST" and FILES.get(match.view_name) != request.method:
        return {}
    return {
        "method": str(request.method),
        "path": request.path,
        "path_info": request.path_info,
        "query": request.GET.urlencode(),
        "posted": request.POST.urlencode(),
        "back": came_from(request),
    }
