"""What the kinds of change about a member of staff share: who it is, who may propose and approve, where the form is."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.urls import reverse

from backoffice.changes.approvals import approved_values
from backoffice.changes.errors import NotAllowed
from backoffice.changes.models import Change
from backoffice.logins.models import User
from backoffice.protocol.fields import Values

if TYPE_CHECKING:
    from backoffice.logins.models import User as Person

PROPOSE, APPROVE = "logins.propose_rights", "logins.approve_rights"
#: `Change.lane` of a change about a member of staff.
PREFIX = "staff:"


def subject(values: Values) -> str:
    """`staff:LOGIN` of the member of staff that the values name; "" where they name none yet."""
    return f"{PREFIX}{values['username']}" if values.get("username") else ""


def person_of(lane: str) -> User | None:
    """The member of staff whom a change is about."""
    return User.objects.filter(username=lane.removeprefix(PREFIX)).first()


def not_ones_own(change: Change, by: "Person") -> None:
    """Raise NotAllowed for a change about the person who approves it."""
    if subject(approved_values(change)) == f"{PREFIX}{by.get_username()}":
        raise NotAllowed("This is about yourself. Another administrator must approve it.")


def page_of(view: str) -> Callable[[str], str]:
    """Where a kind of change about somebody is proposed: the form for somebody new where nobody has the name yet."""

    def page(subject: str) -> str:
        person = person_of(subject)
        return reverse(view, args=[person.pk]) if person else reverse("staff:new")

    return page
