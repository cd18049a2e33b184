"""Asking again who it is, before what is sensitive: this table is the only place that says where.

Whoever entered a password or a code within STEP_UP_MINUTES is not asked. What was sent when the question came is kept
in the session by django-allauth and carried out once it is answered, so that no reason has to be typed twice.
"""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from backoffice.staff.second_factor import enforced

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

#: Pages that are asked for before they are shown: they decide on many, take data out, or change who may do what.
PAGES = frozenset(
    {
        "changes:review",
        "delivery:several",
        "batches:result",
        "batches:failed",
        "audit:csv",
        "audit:evidence",
        "exports:download",
        "people:new",
        "people:new_check",
        "people:rights",
        "people:rights_check",
        "people:reset",
        "people:reset_check",
        "people:link",
        "people:link_check",
        "people:link_show",
        "people:end_sessions",
    }
)
#: What is sent from a page that others only read: which actions of it, or all of them.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "changes:decide": ("approve",),
    "batches:act": ("approve", "cancel"),
    "delivery:settle": ("applied", "again", "refused", "free", "cancel"),
}


def guarded(page: str, method: str, action: str = "") -> bool:
    """Whether this is something for which one is asked again. `page` is the name of an address."""
    if page in PAGES:
        return True
    actions = ACTIONS.get(page)
    return method == "POST" and actions is not None and (not actions or action in actions)


def due(request: "HttpRequest") -> bool:
    """Whether whoever is logged in must say again who it is: nowhere in a demonstration."""
    if not enforced() or not request.user.is_authenticated:
        return False
    records = get_authentication_records(request, request.user)
    latest = max((record["at"] for record in records), default=0.0)
    return time.time() - latest > settings.STEP_UP_MINUTES * 60


def ask(request: "HttpRequest") -> "HttpResponse":
    """The question; then what was asked for goes on. Without a password or an app, the way is a new login."""
    if methods := get_adapter(request).get_reauthentication_methods(request.user):
        return suspend_request(request, methods[0]["url"])
    logout(request)
    messages.info(request, "Log in again to go on: it is a while since you did. Nothing was sent yet.")
    return redirect_to_login(request.get_full_path() if request.method == "GET" else _came_from(request))


def _came_from(request: "HttpRequest") -> str:
    """The page from which something was sent, where the browser names one of the portal's."""
    page: Any = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if safe else reverse("screens:today")
