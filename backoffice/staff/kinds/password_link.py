"""The change that lets an administrator see, once, a link with which another person chooses a password."""

from backoffice.changes.approvals import approved_values
from backoffice.changes.examination import each
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.logins.models import User
from backoffice.logins.subjects import person_of
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Request
from backoffice.staff import links
from backoffice.staff.kinds.rights import records
from backoffice.staff.members import APPROVE, PROPOSE, UserName, not_ones_own, page_of, subject

SLUG = "staff_password_link"


class PasswordLinkAsked(Request, abstract=True):
    """Lets the administrator who asks see, once, a link with which another person chooses a password."""

    title = "A link to choose a password"

    username = UserName(
        0,
        "User name",
        required=True,
        consequences={
            "*": "Whoever has the link chooses this person's password, and without a second factor logs in with it."
        },
    )


def findings(values: Values) -> list[Finding]:
    """Findings on a link: the name is unknown, or the person may not log in."""
    person = person_of(subject(values))
    if person is None:
        return [Finding("username", "No member of staff has this user name.", rule="portal.exists")]
    if not person.is_active:
        return [Finding("username", "This person may not log in. Change the rights first.")]
    return []


def apply_here(change: Change, by: User) -> Applied:
    """Let whoever asked see the link. Raises NotAllowed for one's own, asked for or approved."""
    not_ones_own(change, by)
    person = User.objects.get(username=approved_values(change)["username"])
    links.grant(change, person)
    return Applied({}, {"password_link_for": change.made_by.get_username()})


KIND = ChangeKind(
    slug=SLUG,
    title=PasswordLinkAsked.title,
    message=PasswordLinkAsked,
    page=page_of("staff:link"),
    records=records,
    assess=each(findings),
    subject=subject,
    propose=PROPOSE,
    decide=APPROVE,
    apply_here=apply_here,
)
