"""Reveal personal data of a retail user to one person for a few minutes, for a reason in the audit trail."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.free_text import checked
from backoffice.kit import privacy


def hide(request: HttpRequest, lane: str) -> None:
    """End a reveal early."""
    still = request.session.get(privacy.SESSION_KEY, {})
    request.session[privacy.SESSION_KEY] = {other: until for other, until in still.items() if other != lane}


def reveal(request: HttpRequest, lane: str, reason: str) -> None:
    """Reveal the retail user's personal data to this person for `privacy.MINUTES`, and record why.

    Raises PermissionDenied for people who may never see it, ValueError for a missing or overlong reason, and
    for a lane that does not exist.
    """
    if not privacy.sees(request.user):
        raise PermissionDenied
    reason = checked(reason, ValueError, "Give a reason: the audit trail keeps it.")
    if not privacy.known(lane, request.user):
        raise ValueError(
            "Nothing was shown: no retail user of this name is known here. Reveal from the retail user's own page."
        )
    record(
        "privacy.revealed",
        by=request.user,  # type: ignore[arg-type]  # nobody anonymous has the permission
        subject=lane,
        text=f"Personal data of {lane} shown for {privacy.MINUTES} minutes.",
        reason=reason,
    )
    now = timezone.now().timestamp()
    still = {
        other: until for other, until in request.session.get(privacy.SESSION_KEY, {}).items() if until > now
    }
    request.session[privacy.SESSION_KEY] = {**still, lane: now + privacy.MINUTES * 60}
