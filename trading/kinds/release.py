"""The release of the kill switch of all order desks, which anybody with the right throws alone."""

from typing import TYPE_CHECKING

from django.urls import reverse

from backoffice.changes.approvals import approved_values
from backoffice.changes.examination import each
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Text, Values
from backoffice.protocol.message import Request
from trading.desk import stop
from trading.desk.rights import RELEASE, STOP

if TYPE_CHECKING:
    from backoffice.logins.models import User


class DeskRelease(Request, abstract=True):
    """Letting the order desks work again."""

    title = "Release of the order desks"

    switch = Text(0, "Switch number", max_length=18, required=True, example="1")
    what = Text(0, "What it stops", max_length=120, required=True, example="Stop of all order desks")


def subject_of(values: Values) -> str:
    """`deskstop:NUMBER`."""
    return f"deskstop:{values['switch']}" if values.get("switch") else ""


def apply_here(change: Change, by: "User") -> Applied:
    """Release the switch by an approved change. Raises NotAllowed if it is released already."""
    return Applied({}, stop.release(approved_values(change), change))


KIND = ChangeKind(
    slug=stop.RELEASE_KIND,
    title=DeskRelease.title,
    message=DeskRelease,
    page=lambda subject: reverse("trading:desk"),
    records=lambda subjects: [stop.known(subject) for subject in subjects],
    assess=each(stop.findings),
    subject=subject_of,
    propose=STOP,
    decide=RELEASE,
    apply_here=apply_here,
)
