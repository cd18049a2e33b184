"""Separates /connector/, which is public, from the pages of staff (C2, C4).

It runs before any code that reads a request: an oversized body is refused unread, and no staff session is
looked up for calls of the vendor or a client.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

from backoffice.error_pages import CLIENTS as PREFIX
from backoffice.outside import whole

WEBHOOK = f"{PREFIX}webhook/"
#: Bytes of a body (C4).
MOST, MOST_WEBHOOK = 64 * 1024, 256 * 1024
#: Cookies that pages for clients use: of forms, of a visit, of a login that is under way, of a consent, of a run.
VISIT_COOKIE, LOGIN_COOKIE = "connector_visit", "connector_login"
CONSENT_COOKIE, RUN_COOKIE = "connector_consent", "connector_run"


class ConnectorMiddleware:
    """Lets /connector/ answer on its own host only, and nothing else there. Off: no address of it answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        ours = request.path_info.startswith(PREFIX)
        if settings.CONNECTOR_HOST:
            # Without port, capitals, and the dot with which a name may end.
            own_host, _ = split_domain_port(request.get_host())
            if (own_host == settings.CONNECTOR_HOST) is not ours:
                return HttpResponse("There is no such page.", status=404, content_type="text/plain")
        if not ours:
            return self.get_response(request)
        if not settings.CONNECTOR:
            return HttpResponse("There is no such page.", status=404, content_type="text/plain")
        most = MOST_WEBHOOK if request.path_info.startswith(WEBHOOK) else MOST
        length = request.META.get("CONTENT_LENGTH") or "0"
        size = whole(length)
        if size is None:
            return HttpResponse(status=400)
        if size > most:
            return HttpResponse(status=413)
        if request.path_info.startswith(WEBHOOK):
            # Whatever its content type, the body stays unread: parsers of forms must neither consume nor
            # refuse it.
            request.content_type, request.content_params = "application/octet-stream", {}
        kept = {VISIT_COOKIE, LOGIN_COOKIE, CONSENT_COOKIE, RUN_COOKIE, settings.CSRF_COOKIE_NAME}
        request.COOKIES = {name: text for name, text in request.COOKIES.items() if name in kept}
        response = self.get_response(request)
        response["Cache-Control"] = "no-store"
        # The origin alone, so that no secret of an address goes out. With "no-referrer" a browser would send
        # `Origin: null` with the forms of clients, and they would be refused.
        response["Referrer-Policy"] = "strict-origin"
        return response
