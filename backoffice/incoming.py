"""What every request must pass before a page sees it: text that every database, log and page can take.

An address or an encoding that no page can read is refused with 400. In a form a sign takes the place of each control
character: nothing typed is lost, and what is wrong with it is seen. Cookies of others that cannot be read are ignored.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.request import UnreadablePostError
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from backoffice.outside import storable, visible

#: Browsers send forms in the encoding of the page, which is always this one.
ENCODINGS = ("", "utf-8", "utf8")


class Request(WSGIRequest):
    """A request whose Content-Type Django cannot read is refused by the middleware: it is no error of the server."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]  # Django's own, without a type
        except (LookupError, ValueError):
            self.content_type, self.content_params = "", {"charset": "unknown"}


class Application(WSGIHandler):
    """The portal as a WSGI application."""

    request_class = Request


class IncomingMiddleware:
    """Refuses or repairs what the database, or a library, cannot take."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _check_encoding(request)
        _check_address(request)
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if value == visible(value)}
        if request.method == "POST":
            _clean_form(request)
        return self.get_response(request)


def _check_encoding(request: HttpRequest) -> None:
    encoding = (request.content_params or {}).get("charset", "")
    if encoding.lower() not in ENCODINGS:
        raise BadRequest("The form is not in UTF-8.")


def _check_address(request: HttpRequest) -> None:
    texts = [request.path_info, *request.GET, *(text for _, found in request.GET.lists() for text in found)]
    if not all(map(storable, texts)):
        raise BadRequest("The address holds a character that no page takes.")


def _clean_form(request: HttpRequest) -> None:
    """Read the form once, here. Raises BadRequest if it has no shape that could be read."""
    try:
        form = request.POST
    except (LookupError, UnicodeError, ValueError, UnreadablePostError) as error:
        raise BadRequest("The form cannot be read.") from error
    if all(text == visible(text) for name, found in form.lists() for text in (name, *found)):
        return
    cleaned = QueryDict(mutable=True)
    for name, found in form.lists():
        cleaned.setlist(visible(name), [visible(text) for text in found])
    cleaned._mutable = False
    request.POST = cleaned  # type: ignore[assignment]  # a form like any other


def page_of_this_site(address: str) -> str:
    """The path of a page of this portal, with its query; "" for anything else, another site's page among it."""
    return address if address.startswith("/") and url_has_allowed_host_and_scheme(address, None) else ""


def came_from(request: HttpRequest) -> str:
    """The page of the form that was sent, with its query, if the browser names one of this portal; else Today."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return reverse("desk:today")
    parts = urlsplit(page)
    return page_of_this_site(urlunsplit(("", "", parts.path, parts.query, ""))) or reverse("desk:today")
