"""Links that a page shows once, to whoever made them: a reload shows none, and makes no new ones.

A link opens what it is for, so the database keeps only its hash. Between the click and the page that shows it, it
is in the person's session, which is sealed.
"""

from typing import Any

from django.http import HttpRequest

from partners.models import Consent, Invitation

_KEY = "handed_over"


def keep(request: HttpRequest, what: str, links: Any) -> None:
    """Keep links for the next page of `what`, a kind and a number, as JSON takes them."""
    request.session[_KEY] = [what, links]


def take(request: HttpRequest, what: str) -> Any:
    """Return what was kept for this page, once; None if there is nothing."""
    found = request.session.get(_KEY)
    if not found or found[0] != what:
        return None
    del request.session[_KEY]
    return found[1]


def shown(lane: str, own: Invitation | Consent | None, link: str, problem: str) -> dict[str, str]:
    """Return a row of a list of links: a client's user id and name, and the link or why there is none."""
    return {"lane": lane, "name": own.client.name if own else "", "link": link, "problem": problem}
