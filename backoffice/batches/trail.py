"""Audit entries of a batch."""

from typing import TYPE_CHECKING

from backoffice.audit.operations import record
from backoffice.batches.models import Batch
from backoffice.changes.kinds import file_kind

if TYPE_CHECKING:
    from backoffice.logins.models import User


def note(
    batch: Batch, action: str, by: "User | None", text: str, reason: str = "", **details: object
) -> None:
    """Write one entry on a batch. `by` is None for actions of workers and beat."""
    approved = {"content_hash": batch.content_hash} if batch.content_hash else {}
    record(
        action,
        by=by,
        subject=batch.subject,
        text=f"{batch.label}, {file_kind(batch.kind).title.lower()}: {text}",
        reason=reason,
        details={"batch": batch.pk, "sha256": batch.sha256, **approved, **details},
    )
