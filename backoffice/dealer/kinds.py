"""Changing the dealer's password (tag 69 of 101, section 4.1): proposed by one admin, approved by another."""

from typing import TYPE_CHECKING, cast

from backoffice.changes.approvals import approved_values
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.errors import Stale
from backoffice.changes.examination import Known, each
from backoffice.changes.form_pages import form_address
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change
from backoffice.config import odin_config
from backoffice.delivery.handlers import Applied
from backoffice.kit.sections import plain_sections
from backoffice.odin import session
from backoffice.odin.dealer_password import PasswordInDoubt
from backoffice.odin.models import DealerSession
from backoffice.protocol.fields import SecretText, Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Request
from backoffice.protocol.messages.session import Logon

if TYPE_CHECKING:
    from backoffice.logins.models import User

SLUG = "dealer_password"
PERMISSION = "odin.operate_dealersession"


class NewDealerPassword(Request, abstract=True):
    """The dealer's new password. It goes out as a part of the next logon, not as a message of its own."""

    title = "Change the dealer's password"

    new_password = Logon.new_password.again(
        required=True, help="6 to 12 characters, a letter and a digit at least."
    )


def findings(values: Values) -> list[Finding]:
    """An earlier change is not settled yet."""
    if DealerSession.objects.filter(new_password_doubtful=True).exists():
        words = (
            "An earlier change of the password is in doubt. Lift the stop on the dealer session's page first."
        )
        return [Finding("new_password", words, rule="portal.pending")]
    return []


def apply_here(change: Change, by: "User") -> Applied:
    """Keep the approved password, to be sent with the next logon. Raises Stale while an earlier one is in doubt."""
    try:
        session.set_new_password(cast(SecretText, approved_values(change)["new_password"]))
    except PasswordInDoubt as doubt:
        raise Stale(str(doubt)) from doubt
    return Applied()


def subject(values: Values) -> str:
    """The dealer, as changes and the audit trail name it."""
    return f"dealer:{odin_config().dealer_id}"


FORM = EntryForm(
    kind=SLUG,
    title=NewDealerPassword.title,
    text="Used from the next logon that ODIN confirms.",
    sections=plain_sections(NewDealerPassword),
    starting=dict,
    address=form_address("dealer:password"),
    back=("Dealer session", "/odin/session/"),
)

KIND = ChangeKind(
    slug=SLUG,
    title=NewDealerPassword.title,
    message=NewDealerPassword,
    page=lambda subject: FORM.new_url,
    records=lambda subjects: [Known() for _ in subjects],
    assess=each(findings),
    subject=subject,
    propose=PERMISSION,
    decide=PERMISSION,
    apply_here=apply_here,
)
