"""A maker's recent reasons, offered for reuse."""

from typing import TYPE_CHECKING

from backoffice.changes.models import Change, State

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: How many different reasons are offered, from how many of the newest changes.
REASONS, WITHIN = 5, 50


def last_reasons(person: "User") -> list[str]:
    """Return a person's recent reasons, each once, newest first."""
    given = Change.objects.filter(made_by=person, batch=None).exclude(state=State.DRAFT).order_by("-pk")
    newest = given.values_list("reason", flat=True)[:WITHIN]
    return list(dict.fromkeys(reason for reason in newest if reason))[:REASONS]
