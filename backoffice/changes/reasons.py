"""The reasons that a maker gave last, to be given again."""

from typing import TYPE_CHECKING

from backoffice.changes.models import Change, State

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: So many different reasons are offered, from so many changes at most, the newest.
REASONS, WITHIN = 5, 50


def last_reasons(person: "User") -> list[str]:
    """The reasons that somebody gave last, each once, the newest first."""
    given = Change.objects.filter(made_by=person, batch=None).exclude(state=State.DRAFT).order_by("-pk")
    newest = given.values_list("reason", flat=True)[:WITHIN]
    return list(dict.fromkeys(reason for reason in newest if reason))[:REASONS]
