"""What the search on top finds among changes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.urls import reverse

from backoffice.changes.models import Change
from backoffice.kit.search import Match, number_of

if TYPE_CHECKING:
    from backoffice.logins.models import User


def find(text: str, user: "User") -> Iterator[Match]:
    """A change by its number: "12", "#12", "change 12"."""
    number = number_of(text, "change")
    if number is not None and user.has_perm("changes.view_change"):
        for change in Change.objects.filter(pk=number):
            note = f"{change.subject} · {change.status_label}".strip(" ·")
            yield Match(
                "Change", f"Change {change.pk}", reverse("changes:detail", args=[change.pk]), note, exact=True
            )
