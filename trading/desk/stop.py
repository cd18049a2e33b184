"""The kill switch of all order desks: one person stops them at once, two release the switch.

It stops orders and modifications. Books are still read, orders in doubt looked for, and orders in the market
cancelled: reducing risk must not wait.
"""

import uuid
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.changes import operations as changes
from backoffice.changes.errors import NotAllowed
from backoffice.changes.examination import Known
from backoffice.changes.models import Change
from backoffice.outside import whole
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding
from trading.desk.errors import DeskProblem, NotPermitted
from trading.desk.rights import STOP
from trading.models import DeskStop

if TYPE_CHECKING:
    from backoffice.logins.models import User

RELEASE_KIND = "desk_release"


#: Whether a switch is active, as a subquery.
HOLDS = Exists(DeskStop.objects.filter(released_at=None))


def holding() -> DeskStop | None:
    """Return the switch that stops the desks, if one is active."""
    return DeskStop.objects.filter(released_at=None).order_by("id").first()


def check() -> None:
    """Raise DeskProblem while the desks are stopped. Call it in the transaction that commits an order."""
    if found := holding():
        when = timezone.localtime(found.thrown_at)
        raise DeskProblem(
            f"All order desks are stopped since {when:%d-%m-%Y %H:%M} by {found.thrown_by}. Nothing was sent."
        )


def throw(*, by: "User") -> DeskStop:
    """Stop all desks at once. An active switch is returned unchanged. Raises NotPermitted."""
    if not by.has_perm(STOP):
        raise NotPermitted("You may not stop the order desks. Call a colleague who may.")
    with transaction.atomic():
        if found := holding():
            return found
        made = DeskStop.objects.create(thrown_by=by)
        words = "All order desks stopped: no order and no modification leaves."
        record("desk.stopped", by=by, subject=made.subject, text=words)
    return made


def propose_release(switch: DeskStop, *, by: "User", reason: str, token: uuid.UUID) -> Change:
    """Propose that the desks work again. A checker decides. Raises the errors of `changes.submit`."""
    values: Values = {"switch": str(switch.pk), "what": str(switch)}
    return changes.submit(RELEASE_KIND, values, by=by, reason=reason, token=token)


def known(subject: str) -> Known:
    """An active switch, as its kind of change asks for it."""
    return Known(1) if _held(subject.partition(":")[2]) else Known()


def findings(values: Values) -> list[Finding]:
    """Findings on a release: there is nothing to release."""
    if _held(values.get("switch")):
        return []
    return [Finding("switch", "There is no such switch, or it is released already.")]


def release(values: dict[str, Any], change: Change) -> dict[str, object]:
    """Release all active switches by an approved change. Raises NotAllowed."""
    if not _held(values["switch"]):
        raise NotAllowed("This switch is released already.")
    DeskStop.objects.filter(released_at=None).update(released_at=timezone.now(), released_by=change)
    return {"released": values["what"]}


def _held(text: object) -> bool:
    number = whole(text)
    return number is not None and DeskStop.objects.filter(pk=number, released_at=None).exists()
