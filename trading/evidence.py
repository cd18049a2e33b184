"""What evidence packs say of access checks: who checked, why, how the client was identified, every call and row."""

from collections.abc import Iterable

from backoffice.audit.evidence import Part, Row, Scope
from trading.models import AccessCheck
from trading.statuses import ACCESS_CHECK, ACCESS_ROW


def rows(scope: Scope) -> Iterable[Row]:
    """The checks of a scope, oldest first."""
    found = AccessCheck.objects.order_by("id").select_related("by", "result").prefetch_related("steps")
    if scope.subject:
        found = found.filter(lane=scope.subject)
    return [_row(check) for check in scope.during(found, "at")]


def _row(check: AccessCheck) -> Row:
    return {
        "id": check.pk,
        "on": check.lane,
        "by": check.by.get_username(),
        "at": check.at,
        "reason": check.reason,
        "identified": check.get_identified_display(),
        "factor": check.factor,
        "record_version": check.record_version,
        "verdict": ACCESS_CHECK[check.state].word,
        "calls": [
            {"call": step.call, "outcome": step.outcome, "words": step.words, "at": step.at}
            for step in check.steps.all()
        ],
        "rows": [
            {**row, "compared": ACCESS_ROW[row["sight"]].word}
            for row in (check.result.rows if hasattr(check, "result") else [])
        ],
    }


PART = Part("access_checks", "Access checks", "trading.view_accesscheck", "trading/_evidence.html", rows)
