"""Binding the vendor's id of a client that a login callback claimed (C25, C31)."""

from typing import TYPE_CHECKING

from django.urls import reverse

from backoffice.changes.approvals import approved_values
from backoffice.changes.examination import each
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Text, Values
from backoffice.protocol.message import Request
from partners import sessions
from partners.fields import Words
from partners.refusals import AsRefusal
from partners.rights import APPROVE_PARTNER, SETTLE

if TYPE_CHECKING:
    from backoffice.logins.models import User


class MappingSettled(Request, abstract=True):
    """Binding the vendor's id of a client that a login callback claimed."""

    title = "Mapping of a client"

    mapping = Text(0, "Mapping number", max_length=18, required=True)
    partner = Words(0, "Partner", max_length=100)
    client = Text(0, "Client", max_length=40)
    vas_user_id = Text(
        0,
        "Id at the vendor",
        max_length=50,
        required=True,
        consequences={"*": "Baskets asked for under this id are served as this client's."},
    )


def subject_of(values: Values) -> str:
    """`mapping:NUMBER`."""
    return f"mapping:{values['mapping']}" if values.get("mapping") else ""


def apply_here(change: Change, by: "User") -> Applied:
    with AsRefusal():
        before, after = sessions.bind(approved_values(change), by=by)
    return Applied(before, after)


KIND = ChangeKind(
    slug=sessions.MAPPING,
    title=MappingSettled.title,
    message=MappingSettled,
    page=lambda subject: reverse("partners:mapping", args=[subject.partition(":")[2]]),
    records=lambda subjects: [sessions.known(subject) for subject in subjects],
    assess=each(sessions.findings),
    subject=subject_of,
    propose=SETTLE,
    decide=APPROVE_PARTNER,
    apply_here=apply_here,
)
