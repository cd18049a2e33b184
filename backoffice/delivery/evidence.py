"""The part of evidence packs on deliveries: each message to ODIN, each attempt, and ODIN's answers."""

from collections.abc import Iterable

from backoffice.audit.evidence import Part, Row, Scope
from backoffice.delivery.models import Attempt, Delivery
from backoffice.protocol.message import REQUESTS


def rows(scope: Scope) -> Iterable[Row]:
    """Return the deliveries of a scope with their attempts, oldest first."""
    found = Delivery.objects.order_by("id").prefetch_related("attempts")
    if scope.change:
        found = found.filter(change=scope.change)
    elif scope.subject:
        found = found.filter(lane=scope.subject)
    return [_row(delivery) for delivery in scope.during(found, "created_at", "finished_at")]


def _row(delivery: Delivery) -> Row:
    return {
        "id": delivery.pk,
        "change": delivery.change_id,
        "message": REQUESTS[delivery.message_type].title,
        "type": delivery.message_type,
        "on": delivery.lane,
        "reference": delivery.reference,
        "state": delivery.get_state_display(),
        "reason": delivery.reason,
        "code": delivery.code,
        "answer": delivery.text,
        "created_at": delivery.created_at,
        "finished_at": delivery.finished_at,
        "content_hash": delivery.content_hash,
        "attempts": [_attempt(attempt) for attempt in delivery.attempts.all()],
    }


def _attempt(attempt: Attempt) -> Row:
    return {
        "number": attempt.number,
        "worker": attempt.worker,
        "started_at": attempt.started_at,
        "duration_ms": attempt.duration_ms,
        "sent": attempt.request,
        "received": attempt.answer,
        "outcome": attempt.outcome,
        "code": attempt.code,
        "answer": attempt.text,
        "reason": attempt.reason,
    }


PART = Part(
    "deliveries",
    "Messages to ODIN",
    "delivery.view_delivery",
    "delivery/_evidence.html",
    rows,
    of_change=True,
)
