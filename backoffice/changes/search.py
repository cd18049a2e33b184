"""Results of the global search among changes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from backoffice.changes.effects import effect
from backoffice.changes.kinds import title
from backoffice.changes.models import Change
from backoffice.kit.privacy import sees_at_once
from backoffice.kit.search import Match, number_of
from backoffice.kit.subjects import words

if TYPE_CHECKING:
    from backoffice.logins.models import User


def find(text: str, user: "User") -> Iterator[Match]:
    """Find a change by its number: "12", "#12", "change 12"."""
    number = number_of(text, "change")
    if number is not None and user.has_perm("changes.view_change"):
        for change in Change.objects.filter(pk=number):
            said = effect(change, reveal=sees_at_once(user))
            note = f"{words(change.subject)} · {said} · {change.status_label}".strip(" ·")
            yield Match(
                "Change",
                f"C-{change.pk} {title(change.kind)}",
                change.get_absolute_url(),
                note,
                exact=True,
            )
