"""The release of a kill switch, which anybody with the right throws alone (C45)."""

from typing import TYPE_CHECKING

from django.urls import reverse

from backoffice.changes.approvals import approved_values
from backoffice.changes.examination import each
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Text, Values
from backoffice.protocol.message import Request
from partners import switches
from partners.fields import Words
from partners.refusals import AsRefusal
from partners.rights import APPROVE_PARTNER, STOP

if TYPE_CHECKING:
    from backoffice.logins.models import User


class SwitchRelease(Request, abstract=True):
    """Releasing a kill switch."""

    title = "Release of a kill switch"

    switch = Text(0, "Switch number", max_length=18, required=True)
    what = Words(
        0,
        "What it stops",
        max_length=120,
        required=True,
        consequences={"*": "Links, token checks and baskets work again at once."},
    )


def subject_of(values: Values) -> str:
    """`switch:NUMBER`."""
    return f"switch:{values['switch']}" if values.get("switch") else ""


def apply_here(change: Change, by: "User") -> Applied:
    with AsRefusal():
        return Applied({}, switches.release(approved_values(change), change))


KIND = ChangeKind(
    slug=switches.RELEASE,
    title=SwitchRelease.title,
    message=SwitchRelease,
    page=lambda subject: reverse("partners:switches"),
    records=lambda subjects: [switches.known(subject) for subject in subjects],
    assess=each(switches.findings),
    subject=subject_of,
    propose=STOP,
    decide=APPROVE_PARTNER,
    apply_here=apply_here,
)
