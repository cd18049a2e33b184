"""Open a list as a person sees it at an address, without a request for its page."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, resolve

from backoffice.kit.list_view import ListView

if TYPE_CHECKING:
    from backoffice.logins.models import User


class NoSuchList(Exception):
    """There is no list at this address."""


def open_list(path: str, query: str, person: "User") -> ListView:
    """Return the view of the list at a path, with this query, for a person.

    Raises NoSuchList, or PermissionError if the person may not see it.
    """
    request: Any = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.GET, request.user, request.session = QueryDict(query, mutable=True), person, {}
    try:
        match = request.resolver_match = resolve(path)
    except Resolver404:
        raise NoSuchList("There is no such list.") from None
    function: Any = match.func
    kind = getattr(function, "view_class", None)
    if not (isinstance(kind, type) and issubclass(kind, ListView)):
        raise NoSuchList("There is no such list.")
    view = kind(**function.view_initkwargs)
    view.setup(request, *match.args, **match.kwargs)
    if not view.has_permission():
        raise PermissionError("You may not see this list.")
    return view
