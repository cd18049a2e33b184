"""Give each request an id and remember its origin, for audit entries and log lines."""

import ipaddress
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True)
class Origin:
    """The origin of the present work: the request's id and the client's address, if it is a request."""

    request_id: str = ""
    address: str | None = None


_origin: ContextVar[Origin] = ContextVar("origin", default=Origin())


def current_origin() -> Origin:
    """Return the origin of the request being served; an empty one in workers and commands."""
    return _origin.get()


class RequestIdMiddleware:
    """Gives each request an id, for its audit entries and the X-Request-ID header of the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _origin.set(Origin(uuid.uuid4().hex, _address(request)))
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = _origin.get().request_id
            return response
        finally:
            _origin.reset(token)


def _address(request: HttpRequest) -> str | None:
    """Return the client's address: the peer's, or behind the trusted proxy the last one in that proxy's header."""
    peer = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        peer = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or peer
    try:
        return str(ipaddress.ip_address(peer))
    except ValueError:
        return None
