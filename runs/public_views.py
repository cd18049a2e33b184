"""Pages of a run for clients: the link, the lines with risks, the login on our page, a result for each line.

The client has no login at the portal. Credentials for ODIN exist in the memory of one request only (R13,
C41).
"""

import uuid
from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.outside import form_token
from partners.client_pages import ClientPages
from partners.errors import ConnectorProblem
from partners.limits import PAGES, limited
from partners.middleware import RUN_COOKIE
from partners.public_views import in_time
from runs import orders, placing, visits
from runs.models import CLOSED, ClientState, RunClient
from runs.operations import lines_of
from runs.placing import Typed
from trading.credentials import take_credentials
from trading.desk import doubt, sessions
from trading.operations import factors

#: The page says of each line whether it was placed, even if none was.
TOLD = (ClientState.STOPPED, *CLOSED)
_TICK = "Tick that you want to place these orders. Nothing was sent."
_TYPED_NOTHING = "Enter your password and the code. Nothing was sent."

PAGE: ClientPages[RunClient] = ClientPages(
    cookie=RUN_COOKIE,
    home="run:visit",
    by_secret=visits.by_secret,
    by_pk=visits.by_pk,
    prove=visits.prove,
    title=lambda own: f"Orders for a basket from {own.version.basket.partner.name}",
)


@require_http_methods(["GET", "HEAD", "POST"])
@limited(PAGES)
@in_time
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """The link: asks who it is. The right answer leads to the lines, at an address without secret."""
    return PAGE.ask(request, secret)


@require_safe
@limited(PAGES)
@in_time
@PAGE.visiting
def visit(request: HttpRequest, own: RunClient) -> HttpResponse:
    """The lines with prices and risks, the outcome of each, and the login that places the rest."""
    return _page(request, own)


@sensitive_post_parameters()
@require_POST
@limited(PAGES)
@PAGE.visiting
def place(request: HttpRequest, own: RunClient) -> HttpResponse:
    """The client's click: log in, unless the session of this visit is open, and place the rest."""
    return _with_login(request, own, placing.place, agreed=True)


@sensitive_post_parameters()
@require_POST
@limited(PAGES)
@PAGE.visiting
def look(request: HttpRequest, own: RunClient) -> HttpResponse:
    """Log in, unless the session of this visit is open, and look for orders in doubt. Nothing is placed."""
    return _with_login(request, own, placing.look, agreed=False)


def _with_login(
    request: HttpRequest, own: RunClient, do: Callable[[RunClient, Typed | None], None], *, agreed: bool
) -> HttpResponse:
    credentials, posted = take_credentials(request), request.POST
    typed = None
    if not sessions.is_open_own(own.client.lane, own.session_token):
        token = form_token(posted.get("token", ""))
        if not credentials or token is None:
            return _page(request, own, _TYPED_NOTHING)
        typed = Typed(credentials, posted.get("factor", "")[:12], token)
    if agreed and posted.get("agreed") != "yes":
        return _page(request, own, _TICK)
    try:
        do(own, typed)
    except ConnectorProblem as error:
        own.refresh_from_db()
        return _page(request, own, error.words)
    return PAGE.go_home()


def _page(request: HttpRequest, own: RunClient, words: str = "") -> HttpResponse:
    lines = list(lines_of(own))
    judged = {
        line.pk: what for line, what in orders.judged_lines(own.version, own.run.algo_id, own.client.lane)
    }
    doubtful = [line for line in lines if line.in_doubt]
    left = [line for line in lines if line.is_left]
    is_stopped = bool(visits.stopped_by(own))
    context = {
        "own": own,
        "version": own.version,
        "partner": own.version.basket.partner,
        "rows": [{"own": line, "judged": judged[line.line_id]} for line in lines],
        "unusual": _unusual([(line.line.number, judged[line.line_id].unusual) for line in left]),
        "begun": any(line.order or line.problem for line in lines) or own.state in TOLD,
        "accepted": any(line.order and line.order.order_id for line in lines),
        "left": left,
        "total": sum(judged[line.line_id].value for line in left),
        "doubtful": doubtful,
        "may_place": bool(left) and not doubtful and placing.may_place(own),
        "has_consent": placing.has_consent(own),
        "may_look": bool(doubtful) and not own.is_held and not is_stopped,
        "is_stopped": is_stopped,
        "is_open": sessions.is_open_own(own.client.lane, own.session_token),
        "factors": factors(),
        "factor": request.POST.get("factor", ""),
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
    return [
        f"{'Order' if len(found) == 1 else 'Orders'} {', '.join(found)}: {words}"
        for words, found in numbers.items()
    ]
