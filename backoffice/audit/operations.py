"""Writing audit entries."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backoffice.audit.middleware import current_origin
from backoffice.audit.models import Entry

if TYPE_CHECKING:
    from backoffice.staff.models import User

SYSTEM = "system"


def record(
    action: str,
    *,
    by: "User | None",
    subject: str,
    text: str,
    details: Mapping[str, object] | None = None,
    reason: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    change_id: int | None = None,
    delivery_id: int | None = None,
) -> Entry:
    """Write one audit entry in the caller's transaction.

    `by` is None for what workers do by themselves. Secrets must be masked by the caller; address and request id
    come from the request being served, if any.
    """
    origin = current_origin()
    return Entry.objects.create(
        action=action,
        by=by,
        by_name=by.get_username() if by else SYSTEM,
        subject=subject,
        text=text,
        details=dict(details or {}),
        reason=reason,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        change_id=change_id,
        delivery_id=delivery_id,
        address=origin.address,
        request_id=origin.request_id,
    )
