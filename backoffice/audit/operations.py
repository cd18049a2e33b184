"""Writing audit entries."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from backoffice.audit.middleware import current_origin
from backoffice.audit.models import SUBJECT_LENGTH, SYSTEM, Entry
from backoffice.copying import insert_all

if TYPE_CHECKING:
    from backoffice.logins.models import User


def client_name(lane: str) -> str:
    """Return the trail's name for actions of a retail user themselves; `lane` is GROUP/USER.

    Login names have neither spaces nor slashes, so none can be mistaken for it.
    """
    return f"Client {lane}"


def record(
    action: str,
    *,
    by: "User | None",
    by_client: bool = False,
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

    `by` is None for actions of workers, and for those of the retail user of `subject`, with `by_client`. The
    caller must mask secrets; address and request id come from the request being served, if any.
    """
    entry = _entry(
        action,
        by=by,
        by_client=by_client,
        subject=subject,
        text=text,
        details=details,
        reason=reason,
        before=before,
        after=after,
        change_id=change_id,
        delivery_id=delivery_id,
    )
    entry.save()
    return entry


def record_many(rows: Iterable[Mapping[str, Any]]) -> int:
    """Write many entries at once, each given as the arguments of `record`. Returns how many."""
    entries = [_entry(**row) for row in rows]
    insert_all(entries)
    return len(entries)


def _entry(
    action: str,
    *,
    by: "User | None",
    by_client: bool = False,
    subject: str,
    text: str,
    details: Mapping[str, object] | None = None,
    reason: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    change_id: int | None = None,
    delivery_id: int | None = None,
) -> Entry:
    origin = current_origin()
    return Entry(
        action=action,
        by=by,
        by_name=by.get_username() if by else client_name(subject) if by_client else SYSTEM,
        subject=subject[:SUBJECT_LENGTH],
        text=text,
        details=dict(details or {}),
        reason=reason,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        change_id=change_id,
        delivery_id=delivery_id,
        address=origin.address,
        request_id=origin.request_id,
        code=str((details or {}).get("code") or "")[:10],
        reference=str((details or {}).get("reference") or "")[:50],
    )
