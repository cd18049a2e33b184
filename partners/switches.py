"""Kill switches (C45): thrown by one person at once, released by two."""

import uuid
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.retail_users import by_lane
from backoffice.audit.operations import record
from backoffice.changes import operations as changes
from backoffice.changes.examination import Known
from backoffice.changes.models import Change
from backoffice.free_text import checked
from backoffice.outside import whole
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding
from partners import sessions
from partners.errors import ConnectorProblem
from partners.models import KillSwitch, Partner
from partners.models.records import Scope
from partners.rights import STOP, need

if TYPE_CHECKING:
    from accounts.models import RetailUser
    from backoffice.logins.models import User

RELEASE = "connector_release"
#: Said on the page of every switch (C45).
CANNOT_STOP = (
    "Baskets that a client already has open at the broker.",
    "Orders that are in the market already.",
    "Sessions that the vendor still honours, and keys that it holds.",
)


def throw(scope: str, target: str, *, by: "User", reason: str) -> KillSwitch:
    """Throw a switch: from this moment no link opens, checks and baskets are refused, sessions are revoked.

    `target`: "" for everything; "1" to "3" for a model; a partner's code; `CODE/PRODUCT`; `GROUP/USER` of a client.
    Throwing it again gives the one that holds. Raises NotPermitted and ConnectorProblem.
    """
    need(by, STOP, "You may not stop the Connector. Call a colleague who may.")
    reason = checked(reason, ConnectorProblem, "Say why you stop it: the trail needs it.")
    if scope not in set(Scope) or not _exists(scope, target):
        raise ConnectorProblem("Choose what to stop: it is not in the list.")
    try:
        with transaction.atomic():
            switch = KillSwitch.objects.create(scope=scope, target=target, reason=reason, thrown_by=by)
            ended = sessions.end_of_switch(switch)
            words = f"Kill switch thrown: {switch}. {ended} sessions revoked."
            record("connector.stopped", by=by, subject=switch.subject, text=words, reason=reason)
    except IntegrityError:
        return KillSwitch.objects.get(scope=scope, target=target, released_at=None)
    return switch


def holding(
    *, model: int | None, partner: Partner, product_code: str = "", client: "RetailUser | None" = None
) -> KillSwitch | None:
    """Return the switch that stops this, if any. `model` None: features of no single model."""
    return that_hold(model=model, partner=partner, product_code=product_code, client=client).first()


def that_hold(
    *, model: int | None, partner: Partner, product_code: str = "", client: "RetailUser | None" = None
) -> QuerySet[KillSwitch]:
    """The switches that stop this, the first one first."""
    applies = Q(scope=Scope.ALL) | Q(scope=Scope.PARTNER, target=partner.code)
    if model is not None:
        applies |= Q(scope=Scope.MODEL, target=str(model))
    if product_code:
        applies |= Q(scope=Scope.PRODUCT, target=f"{partner.code}/{product_code}")
    if client is not None:
        applies |= Q(scope=Scope.CLIENT, target=client.lane)
    return KillSwitch.objects.filter(applies, released_at=None).order_by("id")


def propose_release(switch: KillSwitch, *, by: "User", reason: str, token: uuid.UUID) -> Change:
    """Propose to release a switch. A checker decides. Raises the errors of `changes.submit`."""
    values: Values = {"switch": str(switch.pk), "what": str(switch)}
    return changes.submit(RELEASE, values, by=by, reason=reason, token=token)


def known(lane: str) -> Known:
    """A switch that holds, as its kind of change asks for it."""
    switch = _switch(lane.partition(":")[2])
    return Known(1) if switch and switch.released_at is None else Known()


def findings(values: Values) -> list[Finding]:
    """Findings on a release: there is nothing to release."""
    switch = _switch(values.get("switch"))
    if switch is None or switch.released_at is not None:
        return [Finding("switch", "There is no such switch, or it is released already.")]
    return []


def release(values: dict[str, Any], change: Change) -> dict[str, object]:
    """Release a switch by an approved change. Raises ConnectorProblem if it is released already."""
    done = KillSwitch.objects.filter(pk=values["switch"], released_at=None).update(
        released_at=timezone.now(), released_by=change
    )
    if not done:
        raise ConnectorProblem("This switch is released already.")
    return {"released": values["what"]}


def _switch(text: object) -> KillSwitch | None:
    number = whole(text)
    return KillSwitch.objects.filter(pk=number).first() if number else None


def _exists(scope: str, target: str) -> bool:
    if scope == Scope.ALL:
        return target == ""
    if scope == Scope.MODEL:
        return target in ("1", "2", "3")
    if scope == Scope.CLIENT:
        return by_lane(target) is not None
    code, _, product = target.partition("/")
    partner = Partner.objects.filter(code=code).first()
    if partner is None:
        return False
    return partner.has_product(product) if scope == Scope.PRODUCT else not product
