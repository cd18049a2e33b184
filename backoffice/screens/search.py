"""Search for anything. Each app registers a provider in its AppConfig's ready(), since screens knows few."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from backoffice.changes.models import Change
from backoffice.delivery.models import Delivery
from backoffice.outside import whole

if TYPE_CHECKING:
    from backoffice.staff.models import User


@dataclass(frozen=True)
class Match:
    """One thing found: what kind it is, its name, its page. A single exact match is gone to at once."""

    kind: str
    label: str
    url: str
    note: str = ""
    exact: bool = False


#: Gets what was typed (stripped, never empty) and who searches; yields what they may see, at most `LIMIT`.
Provider = Callable[[str, "User"], Iterable[Match]]

LIMIT = 20
NUMBERED = re.compile(r"(?:(change|delivery)\s*+)?#?\s*+([0-9]{1,12})", re.IGNORECASE | re.ASCII)
_providers: dict[str, Provider] = {}


def register(name: str, provider: Provider) -> None:
    """Add a provider. The same name again replaces it."""
    _providers[name] = provider


def search(text: str, user: "User") -> list[Match]:
    """What all providers find for the text: exact matches first, otherwise in the order of registration."""
    text = text.strip()
    if not text:
        return []
    found = [match for provider in _providers.values() for match in list(provider(text, user))[:LIMIT]]
    return sorted(found, key=lambda match: not match.exact)


def changes(text: str, user: "User") -> Iterator[Match]:
    """A change by its number: "12", "#12", "change 12"."""
    number = _number(text, "change")
    if number is not None and user.has_perm("changes.view_change"):
        for change in Change.objects.filter(pk=number):
            note = f"{change.lane} · {change.get_state_display()}".strip(" ·")
            yield Match(
                "Change", f"Change {change.pk}", reverse("changes:detail", args=[change.pk]), note, exact=True
            )


def deliveries(text: str, user: "User") -> Iterator[Match]:
    """A delivery by its number ("delivery 12") or its reference (tag 252 or 227)."""
    if not user.has_perm("delivery.view_delivery"):
        return
    number = _number(text, "delivery")
    found = Delivery.objects.filter(pk=number) if number is not None else Delivery.objects.none()
    by_reference = Delivery.objects.filter(reference=text)
    for delivery in [*found, *by_reference[:LIMIT]]:
        yield Match(
            "Delivery",
            f"Delivery {delivery.pk}",
            reverse("delivery:detail", args=[delivery.pk]),
            f"{delivery.message_type} for {delivery.lane} · {delivery.get_state_display()}",
            exact=True,
        )


def _number(text: str, kind: str) -> int | None:
    found = NUMBERED.fullmatch(text)
    if found is None or (found[1] and found[1].lower() != kind):
        return None
    return whole(found[2])
