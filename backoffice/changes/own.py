"""What a maker has of their own: drafts, deleted together, and the reasons that they gave last."""

from typing import TYPE_CHECKING

from django.db import transaction

from backoffice.changes.models import Change, State

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: So many different reasons are offered, from so many changes at most, the newest.
REASONS, WITHIN = 5, 50


def drafts(person: "User") -> int:
    """How many drafts somebody has."""
    return Change.objects.filter(made_by=person, state=State.DRAFT).count()


@transaction.atomic
def discard_drafts(*, by: "User") -> int:
    """Delete all drafts of a maker: nothing was proposed, so nothing is kept. Returns how many there were."""
    mine = Change.objects.select_for_update().filter(made_by=by, state=State.DRAFT)
    numbers = list(mine.values_list("pk", flat=True))
    Change.objects.filter(pk__in=numbers).delete()
    return len(numbers)


def last_reasons(person: "User") -> list[str]:
    """The reasons that somebody gave last, each once, the newest first."""
    given = Change.objects.filter(made_by=person, batch=None).exclude(state=State.DRAFT).order_by("-pk")
    newest = given.values_list("reason", flat=True)[:WITHIN]
    return list(dict.fromkeys(reason for reason in newest if reason))[:REASONS]
