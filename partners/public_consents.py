"""The pages of a consent, for the client who has its link. Nobody is logged in here (C4, C40)."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners import consent_visits
from partners.consent_visits import Sent
from partners.errors import ConnectorProblem
from partners.limits import PAGES, limited
from partners.middleware import CONSENT_COOKIE
from partners.models import Consent
from partners.public_views import VISIT_SECONDS, View, in_time
from partners.visits import NOT_FOUND

_SALT = "connector.consent"


def visiting(view: Callable[[HttpRequest, Consent], HttpResponse]) -> View:
    """Give a view the consent of whoever proved who they are, and close the page where there is none."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        try:
            return view(request, _visit(request))
        except ConnectorProblem as error:
            return _closed(request, error)

    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@limited(PAGES)
@in_time
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """The link of a consent: asks who it is. The right answer leads to the text, at an address without secret."""
    try:
        consent = consent_visits.by_secret(secret)
    except ConnectorProblem as error:
        return _closed(request, error)
    words = ""
    if request.method == "POST":
        try:
            consent_visits.prove(consent, request.POST.get("proof", "")[:50])
            return _begin_visit(consent)
        except ConnectorProblem as error:
            words = error.words
    context = {"words": words, "title": f"Your consent for {consent.partner.name}", "label": "Open"}
    return render(request, "connector/proof.html", context, status=403 if words else 200)


@require_safe
@limited(PAGES)
@in_time
@visiting
def consent(request: HttpRequest, found: Consent) -> HttpResponse:
    """The text, and what the client may do: ask for a code, or revoke what is in force."""
    return _page(request, found)


@require_POST
@limited(PAGES)
@visiting
def code(request: HttpRequest, found: Consent) -> HttpResponse:
    """Send a one-time code, and ask for it."""
    try:
        sent = consent_visits.send_code(found)
    except ConnectorProblem as error:
        return _page(request, found, words=error.words, status=409)
    return _page(request, found, sent=sent)


@require_POST
@limited(PAGES)
@in_time
@visiting
def confirm(request: HttpRequest, found: Consent) -> HttpResponse:
    """Confirm with the code: the consent is in force."""
    try:
        consent_visits.confirm(found, request.POST.get("code", "")[:20], request.POST.get("text", "")[:64])
    except ConnectorProblem as error:
        return _page(request, found, words=error.words, status=409)
    return _clean()


@require_POST
@limited(PAGES)
@in_time
@visiting
def revoke(request: HttpRequest, found: Consent) -> HttpResponse:
    """Revoke the consent, at once."""
    consent_visits.revoke(found)
    response = render(request, "connector/consent_revoked.html", {"consent": found})
    response.delete_cookie(CONSENT_COOKIE, path="/connector/")
    return response


def _page(
    request: HttpRequest, found: Consent, *, sent: Sent | None = None, words: str = "", status: int = 200
) -> HttpResponse:
    own = consent_visits.read(found)
    context = {
        "consent": own,
        "stopped": consent_visits.closed_because(own),
        "sent": sent,
        "asks": bool(own.code_hash),
        "words": words,
    }
    return render(request, "connector/consent.html", context, status=status)


def _begin_visit(consent: Consent) -> HttpResponse:
    response = _clean()
    response.set_cookie(
        CONSENT_COOKIE,
        signing.dumps([consent.pk, (consent.link_hash or "")[:16]], salt=_SALT),
        max_age=VISIT_SECONDS,
        path="/connector/",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


def _visit(request: HttpRequest) -> Consent:
    """The consent of whoever proved who they are. A new link ends the visit. Raises ConnectorProblem."""
    try:
        pk, link_hash = signing.loads(
            request.COOKIES.get(CONSENT_COOKIE, ""), salt=_SALT, max_age=VISIT_SECONDS
        )
        found = consent_visits.by_pk(pk)
    except (signing.BadSignature, ValueError, TypeError):
        raise ConnectorProblem("Open the link that your broker sent you, and say who you are.") from None
    if (found.link_hash or "")[:16] != link_hash:
        raise ConnectorProblem(NOT_FOUND)
    return found


def _clean() -> HttpResponse:
    response = redirect("connector:consent")
    response.status_code = 303
    return response


def _closed(request: HttpRequest, error: ConnectorProblem) -> HttpResponse:
    return render(request, "connector/closed.html", {"words": error.words}, status=404)
