"""Pages about a request that the portal refuses or cannot answer.

Whoever is logged in sees them in the portal's frame, with the navigation; clients under /connector/ see a page that
names no page of staff; others see the page alone. An error page never fails: if the frame cannot be drawn, for example
because the database is away, the page is drawn alone and without the request.
"""

import logging
import re
from collections.abc import Callable

from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import redirect, render
from django.template.loader import render_to_string

from backoffice.incoming import page_of_this_site

logger = logging.getLogger(__name__)

#: The addresses of clients, who have no login here.
CLIENTS = "/connector/"
#: What a client reads, by status.
_TO_CLIENTS = {
    400: "This could not be read, and nothing was done. Open the link that your broker sent you again.",
    403: "This page was open for too long, and nothing was sent. Open the link that your broker sent you again.",
    404: "There is no such page. Open the link that your broker sent you.",
    405: "There is no such page. Open the link that your broker sent you.",
    429: "This page was opened too often within a minute, and nothing was done. Wait a minute, then reload it.",
    500: "This did not work. Open the link that your broker sent you: it shows what was done. Then try again.",
}
_NO_COOKIE_OF_A_CLIENT = (
    "Your browser sent no cookie of this page, and nothing was sent to your broker. "
    "Allow cookies for this page. Then open the link that your broker sent you again."
)

#: Pages that programs call, and the one of them that answers with a status alone.
PROGRAMS, WEBHOOK = ("health:", "connector:token_check", "connector:order_details"), "connector:webhook"
_ONLY_READ = "This address only shows a page and takes no form. Nothing was done."

#: Django's own words on a record that is not there; they name tables.
_OF_DJANGO = re.compile(r"(matches the given query|found matching the query)\.?$")


def error_page(request: HttpRequest, status: int, words: str = "", template: str = "") -> HttpResponse:
    """Return the page of this status. `words` say what is wrong, if more is known than its template says."""
    if request.path_info.startswith(CLIENTS):
        return _to_client(status, _TO_CLIENTS[status])
    template, context = template or f"{status}.html", {"words": words}
    try:
        if _is_logged_in(request):
            return render(request, template, {**context, "error_frame": "base.html"}, status=status)
        return render(request, template, context, status=status)
    except Exception:  # of whatever kind: nothing after this page could say what happened
        logger.exception("The frame of an error page could not be drawn.")
        return HttpResponse(render_to_string(template, context), status=status)


def _to_client(status: int, words: str) -> HttpResponse:
    return HttpResponse(render_to_string("connector/closed.html", {"words": words}), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page of a request that cannot be read, or whose session could not be stored after it was carried out."""
    if isinstance(exception, SessionInterrupted):
        return server_error(request)
    return error_page(request, 400)


def forbidden(request: HttpRequest, exception: object = "") -> HttpResponse:
    """The page of what the person's role does not include. `exception` may be words."""
    return error_page(request, 403, str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page of an address without a page, with the words of the view that raised it."""
    words = exception.args[0] if exception.args else ""
    said = isinstance(words, str) and not _OF_DJANGO.search(words)
    return error_page(request, 404, words if said else "")


def too_many(request: HttpRequest) -> HttpResponse:
    """The page of too many requests in a short time."""
    return error_page(request, 429)


def server_error(request: HttpRequest) -> HttpResponse:
    """The page of an error of the portal. It asks nothing of the database, which may be what failed."""
    if request.path_info.startswith(CLIENTS):
        return error_page(request, 500)
    return HttpResponse(render_to_string("500.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page of a form from before a login, or of a browser that keeps no cookies.

    A second tab that still shows the login page leads on instead.
    """
    match = request.resolver_match
    if match is not None and match.view_name == "logins:login" and _is_logged_in(request):
        return redirect(page_of_this_site(request.POST.get("next", "")) or "desk:today")
    if reason == REASON_NO_CSRF_COOKIE:
        if request.path_info.startswith(CLIENTS):
            return _to_client(403, _NO_COOKIE_OF_A_CLIENT)
        return error_page(request, 403, template="403_cookie.html")
    return error_page(request, 403, template="403_csrf.html")


class MethodMiddleware:
    """Gives its page to a request whose method the address does not take: Django's answer has no text.

    A program reads a line of text. The webhook keeps its own format, which is the status alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or _view_name(request) == WEBHOOK:
            return response
        takes = response["Allow"]
        if _view_name(request).startswith(PROGRAMS):
            answer = HttpResponse(f"This address takes {takes}.", status=405, content_type="text/plain")
        else:
            answer = error_page(request, 405, "" if takes == "POST" else _ONLY_READ)
        answer["Allow"] = takes
        return answer


def _view_name(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""


def _is_logged_in(request: HttpRequest) -> bool:
    """Whether the person is known. A request that is refused before its session is read has no user."""
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated
