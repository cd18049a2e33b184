"""What the kinds of change about a member of staff share: who it is, who may propose and approve, where the form is."""

from collections.abc import Callable, Iterator

from django.urls import reverse

from backoffice.changes.approvals import approved_values
from backoffice.changes.errors import NotAllowed
from backoffice.changes.models import Change
from backoffice.logins.models import USER_NAME, User
from backoffice.logins.subjects import PREFIX, person_of, subject_of
from backoffice.protocol.fields import Text, Values
from backoffice.protocol.findings import Finding

PROPOSE, APPROVE = "logins.propose_rights", "logins.approve_rights"


class UserName(Text):
    """The name of a member of staff. An old one may be anything and stays; a new one is judged by the kind `rights`."""

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """Nothing: it does not go to ODIN."""
        return iter(())


def subject(values: Values) -> str:
    """The subject of changes about the person whom the values name, old or new; "" if they name none yet."""
    name = str(values.get("username") or "")
    if USER_NAME.fullmatch(name):
        return f"{PREFIX}{name}"
    person = User.objects.filter(username=name).first()
    return subject_of(person) if person else ""


def not_ones_own(change: Change, by: User) -> None:
    """Raise NotAllowed for a change about the person who approves it."""
    if subject(approved_values(change)) == subject_of(by):
        raise NotAllowed("This is about yourself. Another administrator must approve it.")


def page_of(view: str) -> Callable[[str], str]:
    """Where a kind of change about a person is proposed; for a name that is new, the form for new staff."""

    def page(subject: str) -> str:
        person = person_of(subject)
        return reverse(view, args=[person.pk]) if person else reverse("staff:new")

    return page
