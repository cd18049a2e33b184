"""The kinds of change that the page of a retail user offers."""

from collections.abc import Callable

from django.urls import reverse

from backoffice.changes.views import ENTRY_PAGES
from backoffice.protocol.fields import Values

#: By the name of the kind: what its form starts with beyond what the declarations say.
OFFERS: dict[str, Callable[[], Values]] = {}


def offer(slug: str, starting: Callable[[], Values] = dict) -> None:
    """Offer a registered kind on the pages of retail users. Called from `AppConfig.ready` of the kind's room."""
    OFFERS[slug] = starting
    ENTRY_PAGES[slug] = lambda lane: reverse("accounts:change", args=[*lane.split("/", 1), slug])
