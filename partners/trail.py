"""Audit entries of invitations and consents."""

from typing import TYPE_CHECKING

from backoffice.audit.operations import record
from partners.models import Consent, Invitation

if TYPE_CHECKING:
    from backoffice.logins.models import User


def note(
    action: str,
    invitation: Invitation,
    text: str,
    *,
    by: "User | None" = None,
    by_client: bool = False,
    reason: str = "",
) -> None:
    """Record an event of an invitation, under its client. `by`: None for the client and the vendor."""
    record(
        action,
        by=by,
        by_client=by_client,
        subject=invitation.client.lane,
        text=text,
        reason=reason,
        details={
            "invitation": invitation.pk,
            "partner": invitation.partner.code,
            "reco_id": invitation.version.reco_id or "",
        },
    )


def note_consent(
    action: str,
    consent: Consent,
    text: str,
    *,
    by: "User | None" = None,
    by_client: bool = False,
    reason: str = "",
) -> None:
    """Record an event of a consent, under its client, with the hash of its text. `by`: None for the client."""
    record(
        action,
        by=by,
        by_client=by_client,
        subject=consent.client.lane,
        text=f"{consent.partner.name}, {consent.product_code}: {text}",
        reason=reason,
        details={
            "consent": consent.pk,
            "partner": consent.partner.code,
            "product": consent.product_code,
            "text_version": consent.text_version,
            "text_hash": consent.text_hash,
        },
    )
