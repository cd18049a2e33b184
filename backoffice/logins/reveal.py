"""Personal data of a retail user shown to one person for a few minutes, for a reason that the audit trail keeps."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.free_text import checked
from backoffice.kit import privacy


def hide(request: HttpRequest, lane: str) -> None:
    """End before its time that this person is shown the personal data of a retail user."""
    still = request.session.get(privacy.SESSION_KEY, {})
    request.session[privacy.SESSION_KEY] = {other: until for other, until in still.items() if other != lane}


def reveal(request: HttpRequest, lane: str, reason: str) -> None:
    """Show this person the personal data of a retail user for `privacy.MINUTES`, and record why.

    Raises PermissionDenied for those who may not see any, ValueError without a reason that is short enough, and for a
    lane of nobody.
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
