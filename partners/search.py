"""Results of the global search for the Connector: baskets by name, published versions by Reco ID."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from backoffice.kit.search import LIMIT, Match
from partners.models import Basket, BasketVersion
from partners.rights import MONITOR

if TYPE_CHECKING:
    from backoffice.logins.models import User

RECO_LENGTH = 6


def find(text: str, user: "User") -> Iterator[Match]:
    """A version by its whole Reco ID, and baskets whose name begins so. Nothing while CONNECTOR is off."""
    if not settings.CONNECTOR or not user.has_perm(MONITOR):
        return
    if len(text) == RECO_LENGTH:
        known = BasketVersion.objects.select_related("basket__partner")
        for version in known.filter(reco_id=text.upper()):
            note = f"{version.basket.partner} · {version.stage.label}"
            label = f"{version.reco_id} {version}"
            yield Match("Reco ID", label, reverse("partners:reco", args=[version.pk]), note, exact=True)
    own = Basket.objects.filter(name__istartswith=text).select_related("partner")
    for basket in own[:LIMIT]:
        note = f"{basket.partner} · {basket.product_code}"
        yield Match("Basket", basket.name, reverse("partners:basket", args=[basket.pk]), note)
