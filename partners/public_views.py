"""Calls of the vendor, and pages for clients. Neither has a login here (C4).

Each view reads, calls one operation and answers. Calls of the vendor need no CSRF token; forms of clients do.
"""

import ipaddress
import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.audit.middleware import current_origin
from backoffice.connector.api import callbacks, envelope, order_details, token_check, webhook
from backoffice.connector.api.reading import Fields, Unreadable, fields_of, shape_of
from backoffice.protocol.findings import EncodeError
from partners import calls, findings, inbox, returns, serving, tokens, visits
from partners.client_pages import ClientPages, closed
from partners.errors import ConnectorProblem
from partners.hashing import sha256
from partners.limits import CALLS, PAGES, WEBHOOK, View, limited
from partners.middleware import LOGIN_COOKIE, VISIT_COOKIE
from partners.models import Invitation, Partner
from partners.models.records import FindingKind
from partners.wording import in_words, scrip_of

logger = logging.getLogger(__name__)
Said = TypeVar("Said")

#: A new webhook address, network or token counts for messages after so many seconds at the latest.
PARTNER_SECONDS = 1.0
#: The results that the page after a callback can show: its template has the words.
RESULTS = ("ok", "failed", "unclear", "invalid", "login", "waiting", "neutral")

#: The errors of a database that is unreachable, slow or full.
NOT_KEPT = (DatabaseError, InterfaceError)


def in_time(view: View) -> View:
    """Make PostgreSQL abort statements that take longer than CONNECTOR_ANSWER_SECONDS."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    most = str(int(settings.CONNECTOR_ANSWER_SECONDS * 1000))
                    cursor.execute("SELECT set_config('statement_timeout', %s, false)", [most])
            return view(request, *args, **kwargs)
        finally:
            if connection.vendor == "postgresql" and connection.connection is not None:
                _reset_timeout()

    return guarded


def with_an_answer(view: View) -> View:
    """Answer a call of the vendor with 503 if the database does not. A client gets the page of an error instead."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        try:
            return in_time(view)(request)
        except NOT_KEPT:
            logger.exception("A call of the vendor could not be answered.")
            return _answer(False, envelope.OUR_FAULT, order_details.FAULT, status=503)

    return guarded


def _reset_timeout() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")
    except NOT_KEPT:
        connection.close()


# --- what the vendor calls ----------------------------------------------------------------------------------------


@csrf_exempt
@require_POST
@limited(CALLS)
@with_an_answer
def check_token(request: HttpRequest) -> HttpResponse:
    """The token check (3.3): 200 whether it is good or not, in the same words for every reason; 400 if malformed."""
    asked = _read(request, "token-check", token_check.read)
    if asked is None:
        return _answer(False, envelope.MALFORMED, token_check.NOT_READ, status=400)
    if tokens.check(asked):
        return _answer(True, envelope.OUR_GOOD, token_check.GOOD)
    return _answer(False, envelope.OUR_BAD, token_check.NOT_GOOD)


@csrf_exempt
@require_POST
@limited(CALLS)
@with_an_answer
def get_order_details(request: HttpRequest) -> HttpResponse:
    """GetOrderDetails (3.5): business refusals are 200 with `success: false`, our own fault is 503 (C17)."""
    asked = _read(request, "order-details", order_details.read)
    if asked is None:
        return _answer(False, envelope.MALFORMED, order_details.NOT_READ, status=400)
    try:
        data = serving.serve(asked)
    except serving.Refused:
        return _answer(False, envelope.OUR_BAD, order_details.REFUSED)
    except EncodeError:
        return _answer(False, envelope.OUR_FAULT, order_details.FAULT, status=503)
    return _answer(True, envelope.OUR_GOOD, order_details.SERVED, data=data)


@csrf_exempt
@require_POST
@limited(WEBHOOK)
def order_messages(request: HttpRequest, partner: str, secret: str) -> HttpResponse:
    """The webhook (3.8): committed, then 200. 404 for a wrong address, 403 for a wrong token, 503 if not kept (C33)."""
    try:
        return _received(request, partner, secret)
    except NOT_KEPT:
        return HttpResponse(status=503)


def _received(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    partner = _partner(code)
    if partner is None or not partner.webhook_secret_hash:
        return HttpResponse(status=404)
    right = constant_time_compare(sha256(secret), partner.webhook_secret_hash) and partner.serves
    if not right or not _from_its_networks(partner):
        _refused(partner, "a wrong address or network")
        return HttpResponse(status=404)
    try:
        body = request.body
        given = webhook.tokens(webhook.raw_rows(body))
    except Unreadable:
        inbox.receive(partner, body)
        return HttpResponse(status=200)
    if not given or not all(
        constant_time_compare(sha256(token), partner.application_token_hash) for token in given
    ):
        _refused(partner, "a wrong application token")
        return HttpResponse(status=403)
    inbox.receive(partner, body)
    return HttpResponse(status=200)


def _partner(code: str) -> Partner | None:
    """The partner of an address, looked up once a second: messages come in bursts."""
    cache, key = caches["process"], f"connector/partner/{sha256(code)}"
    found: Partner | None = cache.get(key)
    if found is None:
        found = Partner.objects.filter(code=code).first()
        if found is not None:
            cache.set(key, found, PARTNER_SECONDS)
    return found


def _from_its_networks(partner: Partner) -> bool:
    if not partner.webhook_networks:
        return True
    address = current_origin().address
    return address is not None and any(
        ipaddress.ip_address(address) in ipaddress.ip_network(network) for network in partner.webhook_networks
    )


def _refused(partner: Partner, why: str) -> None:
    words = f"Order messages for {partner.name} came with {why}, and were refused."
    findings.found(FindingKind.WEBHOOK, f"{partner.subject} {why}", words, partner=partner)


# --- what a client's browser brings back --------------------------------------------------------------------------


@csrf_exempt
@require_http_methods(["GET", "POST"])
@limited(PAGES)
@in_time
def basket_callback(request: HttpRequest) -> HttpResponse:
    """The callback of a basket (3.6). Whatever it says, the answer leads to a clean address (C26)."""
    said = _read(request, "callback/basket", callbacks.read_basket)
    return _see_other(returns.basket(said) if said else "neutral")


@csrf_exempt
@require_http_methods(["GET", "POST"])
@limited(PAGES)
@in_time
def login_callback(request: HttpRequest) -> HttpResponse:
    """The callback of a login (3.7). Its session is stored only if the cookie of the click is present (C25)."""
    said = _read(request, "callback/login", callbacks.read_login)
    response = _see_other(returns.login(said, request.COOKIES.get(LOGIN_COOKIE, "")) if said else "neutral")
    response.delete_cookie(LOGIN_COOKIE, path="/connector/")
    return response


@require_safe
@limited(PAGES)
def result(request: HttpRequest, shown: str) -> HttpResponse:
    """The browser's claim in words, without any data."""
    word = shown if shown in RESULTS else "neutral"
    context = {
        "shown": word,
        "may_continue": word in ("login", "invalid", "failed") and _is_visiting(request),
    }
    return render(request, "connector/result.html", context)


def _see_other(shown: str) -> HttpResponse:
    response = redirect("connector:result", shown=shown)
    response.status_code = 303
    return response


# --- pages of clients ---------------------------------------------------------------------------------------------


PAGE: ClientPages[Invitation] = ClientPages(
    cookie=VISIT_COOKIE,
    home="connector:visit",
    by_secret=visits.by_secret,
    by_pk=visits.by_pk,
    prove=visits.prove,
    title=lambda invitation: f"A basket from {invitation.partner.name}",
)


def _is_visiting(request: HttpRequest) -> bool:
    try:
        PAGE.visited(request)
    except ConnectorProblem:
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@limited(PAGES)
@in_time
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """The link of an invitation: asks who it is. The right answer leads to the basket, at an address without secret."""
    return PAGE.ask(request, secret)


@require_safe
@limited(PAGES)
@in_time
@PAGE.visiting
def visit(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The basket in words, with its risk text, and the button that leads to the broker.

    After the basket, as long as a login is kept, only the way to revoke it.
    """
    if words := visits.closed_because(invitation):
        return closed(request, ConnectorProblem(words), kept_login=True)
    lines = list(invitation.version.lines.all())
    context = {
        "invitation": invitation,
        "version": invitation.version,
        "lines": [{"line": line, "scrip": scrip_of(line), "words": in_words(line)} for line in lines],
        "may_go": invitation.state in visits.MAY_GO and invitation.last_message_at is None,
        "session": visits.session_of(invitation),
    }
    return render(request, "connector/basket.html", context)


@require_POST
@limited(PAGES)
@in_time
@PAGE.visiting
def go(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The click: makes the token, and answers with a page that holds the link to the Connector (C11)."""
    way = visits.go(invitation)
    response = render(request, "connector/go.html", {"way": way, "invitation": invitation})
    if way.login:
        secure = request.is_secure()
        response.set_cookie(
            LOGIN_COOKIE,
            way.login.reveal(),
            max_age=visits.LOGIN_SECONDS,
            path="/connector/",
            httponly=True,
            secure=secure,
            # The callback may be a POST from another site, which carries no Lax cookie (C25, C55).
            samesite="None" if secure else "Lax",
        )
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@limited(PAGES)
@in_time
@PAGE.visiting
def kept_session(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The client's kept session, and the button that revokes it (C29, C32)."""
    revoked = visits.revoke_session(invitation) if request.method == "POST" else 0
    context = {
        "invitation": invitation,
        "session": visits.session_of(invitation),
        "revoked": revoked,
    }
    return render(request, "connector/session.html", context)


# --- reading and answering ----------------------------------------------------------------------------------------


def _read(request: HttpRequest, path: str, read: Callable[[Fields], Said]) -> Said | None:
    """Return what a call says; None if it is unreadable, which is recorded without its values (C14)."""
    try:
        body = request.body
    except RawPostDataException:
        body = b""
    found: Fields = {}
    try:
        found = fields_of(request.content_type or "", request.META.get("QUERY_STRING", ""), body)
        return read(found)
    except Unreadable as error:
        calls.unreadable(path, request.content_type or "", shape_of(found), str(error))
        return None


def _answer(
    success: bool, code: str, message: str, *, data: str | None = None, status: int = 200
) -> HttpResponse:
    said = envelope.answer(success, code, message, data=data, trace_id=current_origin().request_id)
    return HttpResponse(json.dumps(said), status=status, content_type="application/json")
