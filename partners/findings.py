"""Findings for people: raised once while open, settled with a reason."""

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.free_text import checked
from partners.errors import ConnectorProblem
from partners.models import ConnectorFinding, Invitation, Partner, ReportedOrder
from partners.models.records import FindingKind
from partners.rights import SETTLE, need

if TYPE_CHECKING:
    from backoffice.logins.models import User

TEXT_LENGTH, KEY_LENGTH = 500, 120


def found(
    kind: FindingKind,
    key: str,
    text: str,
    *,
    partner: Partner | None = None,
    invitation: Invitation | None = None,
    order: ReportedOrder | None = None,
) -> None:
    """Raise a finding, or count it again if it is open. `text` holds no secret and no personal data."""
    own = ConnectorFinding.objects.filter(kind=kind, key=key[:KEY_LENGTH], settled_at=None)
    now = timezone.now()
    if own.update(times=F("times") + 1, last_at=now, text=text[:TEXT_LENGTH]):
        return
    try:
        with transaction.atomic():
            ConnectorFinding.objects.create(
                kind=kind,
                key=key[:KEY_LENGTH],
                text=text[:TEXT_LENGTH],
                partner=partner,
                invitation=invitation,
                order=order,
                last_at=now,
            )
    except IntegrityError:  # another process raised it at this moment
        own.update(times=F("times") + 1, last_at=now)


def over(kind: FindingKind, key: str, reason: str) -> None:
    """End a finding that has resolved itself, in the caller's transaction. Does nothing if none is open."""
    own = ConnectorFinding.objects.filter(kind=kind, key=key[:KEY_LENGTH], settled_at=None)
    for finding in own.select_for_update():
        own.filter(pk=finding.pk).update(settled_at=timezone.now(), reason=reason)
        record(
            "connector.finding_settled",
            by=None,
            subject=f"finding:{finding.pk}",
            text=f"Finding settled: {finding.get_kind_display()}.",
            reason=reason,
            details={"key": finding.key},
        )


def settle(finding: ConnectorFinding, *, by: "User", reason: str) -> None:
    """Settle a finding; a conflict of an order goes with it. Raises NotPermitted and ConnectorProblem."""
    need(by, SETTLE, "You may not settle findings of the Connector.")
    reason = checked(reason, ConnectorProblem, "Say what you found out: the trail needs it.")
    with transaction.atomic():
        done = ConnectorFinding.objects.filter(pk=finding.pk, settled_at=None).update(
            settled_at=timezone.now(), settled_by=by, reason=reason
        )
        if not done:
            raise ConnectorProblem("This finding is settled already.")
        if finding.kind == FindingKind.CONFLICT and finding.order_id:
            ReportedOrder.objects.filter(pk=finding.order_id).update(conflict=False)
        record(
            "connector.finding_settled",
            by=by,
            subject=f"finding:{finding.pk}",
            text=f"Finding settled: {finding.get_kind_display()}.",
            reason=reason,
            details={"key": finding.key},
        )
