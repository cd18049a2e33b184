"""Record approvals: one person, once, for the content that they saw."""

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from backoffice.changes.errors import AlreadyDecided
from backoffice.changes.models import Approval, Change
from backoffice.seal import unseal_values

if TYPE_CHECKING:
    from backoffice.logins.models import User


def approve_change(change: Change, *, by: "User", reason: str) -> int:
    """Record a person's approval of a change.

    Returns how many it has now. Raises AlreadyDecided on their second one.
    """
    return _give(Approval(change=change, content_hash=change.content_hash, by=by, reason=reason))


def approve_batch(batch_id: int, *, by: "User", content_hash: str, reason: str) -> int:
    """Record a person's approval of a whole file.

    Returns how many it has now. Raises AlreadyDecided on their second one.
    """
    return _give(Approval(batch_id=batch_id, content_hash=content_hash, by=by, reason=reason))


def approved_values(change: Change) -> dict[str, Any]:
    """Return the approved content of a change that stays in the portal, with secrets as SecretText.

    Not its `values`: approvals are bound to its messages.
    """
    return dict(unseal_values(change.messages[0]["values"]))


def _give(approval: Approval) -> int:
    try:
        with transaction.atomic():
            approval.save()
    except IntegrityError:
        raise AlreadyDecided("You approved this already. A second checker must approve it too.") from None
    return Approval.objects.filter(change=approval.change_id, batch=approval.batch_id).count()
