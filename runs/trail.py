"""The audit entries of runs (C47)."""

from typing import TYPE_CHECKING

from backoffice.audit.operations import record
from runs.models import Run, RunClient

if TYPE_CHECKING:
    from backoffice.logins.models import User


def note_run(action: str, run: Run, text: str, *, by: "User | None", reason: str = "") -> None:
    """Record what happened to a run, in the caller's transaction."""
    details = {"run": run.pk, "version": run.version_id, "content": run.content_hash}
    record(action, by=by, subject=run.subject, text=f"{run}: {text}", reason=reason, details=details)


def note(
    action: str,
    own: RunClient,
    text: str,
    *,
    by: "User | None" = None,
    by_client: bool = False,
    reason: str = "",
    **details: object,
) -> None:
    """Record what happened to a client of a run, under the client. `by`: None for the client and the portal."""
    record(
        action,
        by=by,
        by_client=by_client,
        subject=own.client.lane,
        text=f"Run {own.run_id}: {text}",
        reason=reason,
        details={"run": own.run_id, "run_client": own.pk, **details},
    )
