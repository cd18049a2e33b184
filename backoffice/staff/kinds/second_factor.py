"""The change that resets the second factor of a member of staff."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

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
from backoffice.staff.kinds.rights import records
from backoffice.staff.members import APPROVE, PROPOSE, UserName, not_ones_own, page_of, subject
from backoffice.staff.sessions import end_all

SLUG = "staff_second_factor"


class SecondFactorReset(Request, abstract=True):
    """Removes a person's lost authenticator app, recovery codes, and account at the provider of single sign-on."""

    title = "Reset a second factor"

    username = UserName(
        0,
        "User name",
        required=True,
        consequences={
            "*": "Until this person sets up a new one, the password alone logs in. The next login by single sign-on "
            "binds the account at the provider again."
        },
    )


def may_reset(person: User) -> bool:
    """Whether there is something to reset: a second factor, or an account at the provider of single sign-on."""
    factors = Authenticator.objects.filter(user=person)
    accounts = SocialAccount.objects.filter(user=person)
    return bool(factors.exists() or accounts.exists())


def findings(values: Values) -> list[Finding]:
    """Findings on a reset: the name is unknown, or there is nothing to reset."""
    person = person_of(subject(values))
    if person is None:
        return [Finding("username", "No member of staff has this user name.", rule="portal.exists")]
    if not may_reset(person):
        words = "This person has no second factor and is bound to no account. There is nothing to reset."
        return [Finding("username", words)]
    return []


def apply_here(change: Change, by: User) -> Applied:
    """Remove the second factor and end the sessions. Raises NotAllowed for one's own."""
    not_ones_own(change, by)
    person = User.objects.select_for_update().get(username=approved_values(change)["username"])
    factors = Authenticator.objects.filter(user=person)
    accounts = SocialAccount.objects.filter(user=person)
    before: dict[str, object] = {
        "second_factor": sorted(factor.type for factor in factors),
        "single_sign_on": sorted(account.provider for account in accounts),
    }
    factors.delete()
    accounts.delete()
    person.rights_version += 1
    person.save(update_fields=["rights_version"])
    end_all(person, by=by)
    return Applied(before, {"second_factor": [], "single_sign_on": []})


KIND = ChangeKind(
    slug=SLUG,
    title=SecondFactorReset.title,
    message=SecondFactorReset,
    page=page_of("staff:reset"),
    records=records,
    assess=each(findings),
    subject=subject,
    propose=PROPOSE,
    decide=APPROVE,
    apply_here=apply_here,
)
