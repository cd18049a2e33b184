"""The kinds of change that the page of a retail user offers."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.urls import reverse

from accounts.models import RetailUser
from backoffice.changes.entry import EntryForm
from backoffice.changes.views import ENTRY_PAGES
from backoffice.kit.sections import plain_sections
from backoffice.protocol.fields import Values


def plain(form: EntryForm, known: Values) -> EntryForm:
    """The form of a short message: its single values, then its groups of records."""
    return replace(form, sections=plain_sections(form.message, hidden=form.fixed))


@dataclass(frozen=True)
class Offer:
    """A kind of change as the page of a retail user offers it.

    `starting` is what its form starts with beyond what the declarations say. `shape` gives the form its sections
    and whatever else the kind needs, by what is known of the user. `applies` says for which users it is offered.
    """

    starting: Callable[[], Values] = dict
    shape: Callable[[EntryForm, Values], EntryForm] = plain
    applies: Callable[[RetailUser], bool] = lambda user: True


#: By the name of the kind.
OFFERS: dict[str, Offer] = {}


def offer(slug: str, how: Offer | None = None) -> None:
    """Offer a registered kind on the pages of retail users. Called from `AppConfig.ready` of the kind's room."""
    OFFERS[slug] = how or Offer()
    ENTRY_PAGES[slug] = lambda lane: reverse("accounts:change", args=[*lane.split("/", 1), slug])
