"""Pages that a client opens by a link: the proof of identity, then a visit at an address without secret (C8, C40).

Shared by invitations, consents and runs. Clients have no login here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from partners.errors import ConnectorProblem
from partners.limits import View
from partners.proof import USED_UP
from partners.visits import NOT_FOUND

#: Seconds of a visit after the client proved who they are.
VISIT_SECONDS = 30 * 60
NOT_PROVEN = "Open the link that your broker sent you, and say who you are."
ANOTHER_LINK = (
    "After you opened this page, another link was opened in this browser, so nothing was done. "
    "Open the link of this page again."
)
#: Characters of the link's hash that a visit carries, so that a new link ends it.
HASH = 16
Linked = TypeVar("Linked")


@dataclass(frozen=True)
class ClientPages(Generic[Linked]):
    """The target of one kind of link.

    `cookie`: of the visit. `home`: the name of its page. `by_secret` and `by_pk` find the link's object,
    `prove` checks the client's answer; each raises ConnectorProblem with words for the client. `title`: above
    the question of identity; `label`: of its button.
    """

    cookie: str
    home: str
    by_secret: Callable[[str], Linked]
    by_pk: Callable[[int], Linked]
    prove: Callable[[Linked, str], None]
    title: Callable[[Linked], str]
    label: str = "Open the basket"

    def ask(self, request: HttpRequest, secret: str) -> HttpResponse:
        """Ask who it is. The right answer begins the visit; after three wrong ones nothing is asked."""
        try:
            found = self.by_secret(secret)
        except ConnectorProblem as error:
            return closed(request, error)
        words = ""
        if request.method == "POST":
            try:
                self.prove(found, request.POST.get("proof", "")[:50])
                return self._begin(found)
            except ConnectorProblem as error:
                words = error.words
        if _is_used_up(found):
            return closed(request, ConnectorProblem(USED_UP), status=403)
        context = {"words": words, "title": self.title(found), "label": self.label}
        return render(request, "connector/proof.html", context, status=403 if words else 200)

    def visiting(self, view: Callable[..., HttpResponse]) -> View:
        """Give a view the visit's object, and close the page if there is none.

        A form names its page's link in `link`. A page of an earlier link does nothing for the later one.
        """

        @wraps(view)
        def answer(request: HttpRequest) -> HttpResponse:
            try:
                found: Any = self.visited(request)
                if request.method == "POST" and request.POST.get("link") != found.link_hash:
                    return closed(request, ConnectorProblem(ANOTHER_LINK), status=409)
                return view(request, found)
            except ConnectorProblem as error:
                return closed(request, error)

        return answer

    def visited(self, request: HttpRequest) -> Linked:
        """Return the object that this request's client has proved to be theirs.

        A new link ends the visit. Raises ConnectorProblem.
        """
        try:
            pk, begin = signing.loads(
                request.COOKIES.get(self.cookie, ""), salt=self.cookie, max_age=VISIT_SECONDS
            )
            found = self.by_pk(pk)
        except (signing.BadSignature, ValueError, TypeError):
            raise ConnectorProblem(NOT_PROVEN) from None
        if _begin_of_hash(found) != begin:
            raise ConnectorProblem(NOT_FOUND)
        return found

    def go_home(self) -> HttpResponse:
        """Redirect to the page of the visit, without posted data."""
        response = redirect(self.home)
        response.status_code = 303
        return response

    def _begin(self, found: Any) -> HttpResponse:
        response = self.go_home()
        response.set_cookie(
            self.cookie,
            signing.dumps([found.pk, _begin_of_hash(found)], salt=self.cookie),
            max_age=VISIT_SECONDS,
            path="/connector/",
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
        return response


def closed(
    request: HttpRequest, error: ConnectorProblem, *, status: int = 404, kept_login: bool = False
) -> HttpResponse:
    """The page that says why there is nothing to see. `kept_login`: one is kept, and can be revoked."""
    context = {"words": error.words, "kept_login": kept_login}
    return render(request, "connector/closed.html", context, status=status)


def _is_used_up(found: Any) -> bool:
    found.refresh_from_db(fields=["tries_left"])
    return not found.tries_left


def _begin_of_hash(found: Any) -> str:
    return (found.link_hash or "")[:HASH]
