"""Results of the global search among deliveries."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.urls import reverse

from backoffice.delivery.models import Delivery
from backoffice.kit.search import LIMIT, Match, number_of

if TYPE_CHECKING:
    from backoffice.logins.models import User


def find(text: str, user: "User") -> Iterator[Match]:
    """Find a delivery by its number ("delivery 12") or its reference (tag 252 or 227)."""
    if not user.has_perm("delivery.view_delivery"):
        return
    number = number_of(text, "delivery")
    found = Delivery.objects.filter(pk=number) if number is not None else Delivery.objects.none()
    by_reference = Delivery.objects.filter(reference=text)
    for delivery in [*found, *by_reference[:LIMIT]]:
        yield Match(
            "Delivery",
            f"D-{delivery.pk}",
            reverse("delivery:detail", args=[delivery.pk]),
            f"{delivery.message_type} for {delivery.lane} · {delivery.get_state_display()}",
            exact=True,
        )
