"""What a client sees of a run: the link, the lines with their risks, the login on our page, a result for each line.

Nobody is logged in to the portal here. What the client types for ODIN is in the memory of one request only (R13, C41).
"""

import uuid
from collections.abc import Callable, Sequence

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.protocol.secret import SecretText
from partners.errors import ConnectorProblem
from partners.limits import PAGES, limited
from partners.middleware import RUN_COOKIE
from partners.public_views import VISIT_SECONDS, in_time
from runs import orders, placing, visits
from runs.models import RunClient
from runs.operations import lines_of
from runs.placing import Typed
from trading.desk import doubt, sessions
from trading.operations import Credentials, factors

_SALT = "connector.run"
_NOT_PROVEN = "Open the link that your broker sent you, and say who you are."
_TICK = "Tick that you want to place these orders. Nothing was sent."
_TYPED_NOTHING = "Enter your password and the code. Nothing was sent."


@require_http_methods(["GET", "HEAD", "POST"])
@limited(PAGES)
@in_time
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """The link: asks who it is. The right answer leads to the lines, at an address without secret."""
    try:
        own = visits.by_secret(secret)
    except ConnectorProblem as error:
        return _closed(request, error)
    words = ""
    if request.method == "POST":
        try:
            visits.prove(own, request.POST.get("proof", "")[:50])
            return _begin_visit(own)
        except ConnectorProblem as error:
            words = error.words
    context = {
        "words": words,
        "title": f"Orders after a basket of {own.version.basket.partner.name}",
        "label": "Open the basket",
    }
    return render(request, "connector/proof.html", context, status=403 if words else 200)


@require_safe
@limited(PAGES)
@in_time
def visit(request: HttpRequest) -> HttpResponse:
    """The lines with prices and risks, what became of each, and the login that places what is left."""
    own = _visit(request)
    if isinstance(own, str):
        return _closed(request, ConnectorProblem(own))
    return _page(request, own)


@sensitive_post_parameters()
@require_POST
@limited(PAGES)
def place(request: HttpRequest) -> HttpResponse:
    """The client's click: log in, unless the session of this visit is open, and place what is left."""
    return _with_login(request, placing.place, agreed=True)


@sensitive_post_parameters()
@require_POST
@limited(PAGES)
def look(request: HttpRequest) -> HttpResponse:
    """Log in, unless the session of this visit is open, and look for what is in doubt. Nothing is placed."""
    return _with_login(request, placing.look, agreed=False)


def _with_login(
    request: HttpRequest, do: Callable[[RunClient, Typed | None], None], *, agreed: bool
) -> HttpResponse:
    posted = request.POST.copy()
    password, code = (str(posted.pop(name, [""])[-1]) for name in ("client_password", "client_code"))
    request.POST = posted  # type: ignore[assignment]  # a QueryDict as before
    own = _visit(request)
    if isinstance(own, str):
        return _closed(request, ConnectorProblem(own))
    typed = None
    if not sessions.is_open_own(own.client.lane, own.session_token):
        token = _uuid(posted.get("token", ""))
        if not password or not code.strip() or token is None:
            return _page(request, own, _TYPED_NOTHING)
        typed = Typed(
            Credentials(SecretText(password), SecretText(code.strip())), posted.get("factor", "")[:12], token
        )
    if agreed and posted.get("agreed") != "yes":
        return _page(request, own, _TICK)
    try:
        do(own, typed)
    except ConnectorProblem as error:
        own.refresh_from_db()
        return _page(request, own, error.words)
    response = redirect("run:visit")
    response.status_code = 303
    return response


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _page(request: HttpRequest, own: RunClient, words: str = "") -> HttpResponse:
    lines = list(lines_of(own))
    judged = {
        line.pk: what for line, what in orders.judged_lines(own.version, own.run.algo_id, own.client.lane)
    }
    doubtful = [line for line in lines if line.in_doubt]
    left = [line for line in lines if line.is_left]
    context = {
        "own": own,
        "version": own.version,
        "partner": own.version.basket.partner,
        "rows": [{"own": line, "judged": judged[line.line_id]} for line in lines],
        "unusual": _unusual([(line.line.number, judged[line.line_id].unusual) for line in left]),
        "begun": any(line.order or line.problem for line in lines),
        "left": left,
        "total": sum(judged[line.line_id].value for line in left),
        "doubtful": doubtful,
        "may_place": bool(left) and not doubtful and placing.may_place(own),
        "may_look": bool(doubtful) and not own.is_held,
        "is_open": sessions.is_open_own(own.client.lane, own.session_token),
        "factors": factors(),
        "decided": all(line.order and doubt.may_decide(line.order) for line in doubtful),
        "token": uuid.uuid4(),
        "words": words,
        "pause": settings.DESK_LOOK_SECONDS,
    }
    return render(request, "connector/run.html", context, status=403 if words else 200)


def _unusual(said: Sequence[tuple[int, Sequence[str]]]) -> list[str]:
    """What is unusual about lines, each sentence once, with the numbers of its lines."""
    numbers: dict[str, list[str]] = {}
    for number, sentences in said:
        for words in sentences:
            numbers.setdefault(words, []).append(str(number))
    return [f"Order {', '.join(found)}: {words}" for words, found in numbers.items()]


# --- the visit ----------------------------------------------------------------------------------------------------


def _begin_visit(own: RunClient) -> HttpResponse:
    response = redirect("run:visit")
    response.status_code = 303
    response.set_cookie(
        RUN_COOKIE,
        signing.dumps([own.pk, (own.link_hash or "")[:16]], salt=_SALT),
        max_age=VISIT_SECONDS,
        path="/connector/",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


def _visit(request: HttpRequest) -> RunClient | str:
    """The client who proved who they are; else words for the client. A new link ends the visit."""
    try:
        pk, link_hash = signing.loads(request.COOKIES.get(RUN_COOKIE, ""), salt=_SALT, max_age=VISIT_SECONDS)
        own = visits.by_pk(pk)
    except (signing.BadSignature, ValueError, TypeError):
        return _NOT_PROVEN
    except ConnectorProblem as error:
        return error.words
    if (own.link_hash or "")[:16] != link_hash:
        return _NOT_PROVEN
    return own


def _closed(request: HttpRequest, error: ConnectorProblem) -> HttpResponse:
    return render(request, "connector/closed.html", {"words": error.words}, status=404)
