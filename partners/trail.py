"""What the audit trail keeps of invitations."""

from typing import TYPE_CHECKING

from backoffice.audit.operations import record
from partners.models import Invitation

if TYPE_CHECKING:
    from backoffice.logins.models import User


def note(
    action: str, invitation: Invitation, text: str, *, by: "User | None" = None, reason: str = ""
) -> None:
    """Record what happened to an invitation, under its client. `by`: None for the client and the vendor."""
    record(
        action,
        by=by,
        subject=invitation.client.lane,
        text=text,
        reason=reason,
        details={
            "invitation": invitation.pk,
            "partner": invitation.partner.code,
            "reco_id": invitation.version.reco_id or "",
        },
    )
