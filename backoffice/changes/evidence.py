"""The part of evidence packs on changes: who asked for what and why, approvals, and messages in words."""

from collections.abc import Iterable
from typing import Any

from backoffice.audit.evidence import Part, Row, Scope
from backoffice.changes.kinds import KINDS
from backoffice.changes.models import Approval, Change, State
from backoffice.changes.presentation import shown_messages
from backoffice.seal import SealError


def rows(scope: Scope) -> Iterable[Row]:
    """Return the submitted changes of a scope, oldest first, with secrets as dots."""
    found = Change.objects.exclude(state=State.DRAFT).order_by("id")
    if scope.change:
        found = found.filter(pk=scope.change)
    elif scope.subject:
        found = found.filter(subject=scope.subject)
    found = found.select_related("made_by", "decided_by").prefetch_related(
        "approvals__by", "batch__approvals__by"
    )
    return [_row(change) for change in scope.during(found, "submitted_at", "decided_at")]


def _row(change: Change) -> Row:
    approvals = change.batch.approvals.all() if change.batch else change.approvals.all()
    kind = KINDS.get(change.kind)
    return {
        "id": change.pk,
        "kind": kind.title if kind else change.kind,
        "on": change.subject,
        "state": change.status_label,
        "made_by": change.made_by.get_username(),
        "submitted_at": change.submitted_at,
        "reason": change.reason,
        "profile": str(change.filled_from),
        "warnings": [finding["text"] for finding in change.findings],
        "approvals": [_approval(approval) for approval in approvals],
        "decided_by": change.decided_by.get_username() if change.decided_by else "",
        "decided_at": change.decided_at,
        "decision_reason": change.decision_reason,
        "content_hash": change.content_hash,
        "file": change.batch_id,
        "row_of_file": change.row_number,
        "messages": _messages(change),
    }


def _approval(approval: Approval) -> Row:
    return {
        "by": approval.by.get_username(),
        "at": approval.at,
        "reason": approval.reason,
        "content_hash": approval.content_hash,
    }


def _messages(change: Change) -> list[dict[str, Any]]:
    try:
        shown = shown_messages(change, reveal=True)
    except SealError as error:  # its sealing key was removed; the rest is still evidence
        return [{"title": f"This message can no longer be read: {error}", "type": None, "lines": []}]
    return [
        {
            "title": one.message.title,
            "type": one.message.type or None,
            "lines": [
                {
                    "tag": line.tag or None,
                    "field": line.label,
                    "old": line.old,
                    "new": line.value,
                    "meaning": line.meaning,
                    "kind": line.kind,
                    "consequence": line.consequence,
                }
                for line in one.lines
            ],
        }
        for one in shown
    ]


PART = Part(
    "changes", "Changes and approvals", "changes.view_change", "changes/_evidence.html", rows, of_change=True
)
