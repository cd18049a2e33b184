"""Checks on every request of a logged-in person: idle time, and a second factor if one is required."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.logins import step_up
from backoffice.logins.second_factor import missing
from backoffice.logins.sessions import SEEN

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: A header of automatic requests: a refreshing page is not a person's activity.
BACKGROUND_HEADER = "X-Background"

#: The time of activity is written at most this often (seconds), to avoid a write for each request.
WRITTEN_EVERY = 30

#: Pages for people who have yet to set up a second factor.
WITHOUT_SECOND_FACTOR = {
    "account_logout",
    "account_reauthenticate",
    "mfa_activate_totp",
    "logins:logout",
    "desk:logged_in",
}


class IdleMiddleware:
    """Ends a session without activity for SESSION_IDLE_MINUTES."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = timezone.now().timestamp()
            seen = request.session.get(SEEN, now)
            if now - seen > settings.SESSION_IDLE_MINUTES * 60:
                return self._end(request, request.user)
            if SEEN not in request.session or (not _is_background(request) and now - seen > WRITTEN_EVERY):
                request.session[SEEN] = now
        return self.get_response(request)

    def _end(self, request: HttpRequest, person: "User") -> HttpResponse:
        minutes = f"{settings.SESSION_IDLE_MINUTES:g} minutes"
        name = person.get_username()
        record(
            "staff.session_ended",
            by=person,
            subject=name,
            text=f"A session of {name} ended after {minutes} without activity.",
        )
        logout(request)
        messages.info(request, f"You were logged out because nothing was done for {minutes}.")
        return self.get_response(request)


class SecondFactorMiddleware:
    """Redirects people without a required second factor to the page that sets it up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: object) -> HttpResponse | None:
        """Return the page to redirect to, if any."""
        match = request.resolver_match
        if match is None or match.view_name in WITHOUT_SECOND_FACTOR or not request.user.is_authenticated:
            return None
        if not missing(request.user):
            return None
        # What a page asks on its own gets no other page: the set-up would be shown inside itself, with a new key.
        return HttpResponse(status=204) if _is_background(request) else redirect("mfa_activate_totp")


class StepUpMiddleware:
    """Asks for re-authentication before sensitive actions (see `step_up`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, arguments: object, named: dict[str, object]
    ) -> HttpResponse | None:
        """The page that asks, if it must be asked."""
        match = request.resolver_match
        if match is None or not request.user.is_authenticated:
            return None
        sensitive = step_up.guarded(match.view_name, request.method or "", str(named.get("action", "")))
        return step_up.ask(request) if sensitive and step_up.due(request) else None


class HeadersMiddleware:
    """Tells browsers that no page needs a camera, a position or the like, and not to store what staff see."""

    POLICY = ", ".join(
        f"{feature}=()"
        for feature in ("camera", "display-capture", "geolocation", "microphone", "midi", "payment", "usb")
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = self.POLICY
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if request.user.is_authenticated:
            response["Cache-Control"] = "private, no-store"
        return response


def _is_background(request: HttpRequest) -> bool:
    return request.headers.get(BACKGROUND_HEADER) == "yes"
