"""Gives each request an id and remembers where it came from, for audit entries and log lines."""

import ipaddress
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True)
class Origin:
    """Where the work at hand came from: the request's id and the client's address, if it is a request."""

    request_id: str = ""
    address: str | None = None


_origin: ContextVar[Origin] = ContextVar("origin", default=Origin())


def current_origin() -> Origin:
    """The origin of the request being served; an empty one in workers and commands."""
    return _origin.get()


class RequestIdMiddleware:
    """Names each request; the name is in its audit entries and in the X-Request-ID header of the answer."""

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
    """The client's address: the peer's, or behind the trusted proxy what that proxy put last into its header."""
    peer = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        peer = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or peer
    try:
        return str(ipaddress.ip_address(peer))
    except ValueError:
        return None
