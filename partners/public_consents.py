"""The pages of a consent, for the client who has its link. Nobody is logged in here (C4, C40)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners import consent_visits
from partners.client_pages import ClientPages
from partners.consent_visits import Sent
from partners.errors import ConnectorProblem
from partners.limits import PAGES, limited
from partners.middleware import CONSENT_COOKIE
from partners.models import Consent
from partners.public_views import in_time

PAGE: ClientPages[Consent] = ClientPages(
    cookie=CONSENT_COOKIE,
    home="connector:consent",
    by_secret=consent_visits.by_secret,
    by_pk=consent_visits.by_pk,
    prove=consent_visits.prove,
    title=lambda consent: f"Your consent for {consent.partner.name}",
    label="Open",
)


@require_http_methods(["GET", "HEAD", "POST"])
@limited(PAGES)
@in_time
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """The link of a consent: asks who it is. The right answer leads to the text, at an address without secret."""
    return PAGE.ask(request, secret)


@require_safe
@limited(PAGES)
@in_time
@PAGE.visiting
def consent(request: HttpRequest, found: Consent) -> HttpResponse:
    """The text, and the client's actions: ask for a code, or revoke a consent in force."""
    return _page(request, found)


@require_POST
@limited(PAGES)
@PAGE.visiting
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
@PAGE.visiting
def confirm(request: HttpRequest, found: Consent) -> HttpResponse:
    """Confirm with the code: the consent is in force."""
    try:
        consent_visits.confirm(found, request.POST.get("code", "")[:20], request.POST.get("text", "")[:64])
    except ConnectorProblem as error:
        return _page(request, found, words=error.words, status=409)
    return PAGE.go_home()


@require_POST
@limited(PAGES)
@in_time
@PAGE.visiting
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
