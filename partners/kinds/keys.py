"""Fetching the API keys of a partner: proposed by one person, approved by another, carried out by a worker (C39)."""

from typing import TYPE_CHECKING

from django.urls import reverse

from backoffice.changes.approvals import approved_values
from backoffice.changes.examination import each
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Text, Values
from backoffice.protocol.message import Request
from partners import key_fetches
from partners.fields import Words
from partners.refusals import AsRefusal
from partners.rights import APPROVE_PARTNER, PROPOSE_PARTNER

if TYPE_CHECKING:
    from backoffice.logins.models import User


class KeysFetched(Request, abstract=True):
    """Fetching the API keys of a partner, which replace its present ones."""

    title = "Keys of a Connector partner"

    partner = Text(0, "Short name", max_length=20, required=True)
    name = Words(
        0,
        "Partner",
        max_length=100,
        required=True,
        consequences={"*": "The keys that the portal has stop being used as soon as new ones come."},
    )
    partner_id = Text(0, "Partner ID", max_length=6)
    service = Text(0, "Fetched from", max_length=200)
    hosts = Text(0, "Hosts of key endpoints", max_length=300, help="Keys for any other host are refused.")


def subject_of(values: Values) -> str:
    """`partner:CODE`."""
    return f"partner:{values['partner']}" if values.get("partner") else ""


def effect(values: Values, before: Values | None) -> list[str]:
    """Whose keys."""
    return [f"Fetch new API keys of {values.get('name')}"]


def apply_here(change: Change, by: "User") -> Applied:
    with AsRefusal():
        key_fetches.order(approved_values(change), change)
    return Applied()


KIND = ChangeKind(
    slug=key_fetches.KEYS,
    title=KeysFetched.title,
    message=KeysFetched,
    page=lambda subject: reverse("partners:partner", args=[subject.partition(":")[2]]),
    records=lambda subjects: [key_fetches.known(subject) for subject in subjects],
    assess=each(key_fetches.findings),
    subject=subject_of,
    effect=effect,
    propose=PROPOSE_PARTNER,
    decide=APPROVE_PARTNER,
    apply_here=apply_here,
)
