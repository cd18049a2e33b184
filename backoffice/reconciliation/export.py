"""The result of a comparison as CSV: a line for each unmatched user, unreadable row, and difference."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from backoffice.exports.kinds import AT_ONCE, Kind, Piece
from backoffice.reconciliation import shown
from backoffice.reconciliation.exported import label
from backoffice.reconciliation.models import Difference, Line, Outcome, Reconciliation

SLUG = "reconciliation"
HEADER = (
    "Row in the file",
    "Group id",
    "User id",
    "Name",
    "Found",
    "Field",
    "In the portal",
    "In the file",
    "Batch",
)
#: The outcomes that come before the differences, in this order of the table.
LINES = (Outcome.ONLY_THERE, Outcome.ONLY_HERE, Outcome.UNREADABLE)


def count(chosen: dict[str, Any], most: int | None) -> int:
    """Count the lines of the file; at most `most` if given."""
    lines, found = _lines(chosen).count(), _differences(chosen).count()
    return min(lines + found, most) if most else lines + found


def words(chosen: dict[str, Any]) -> Sequence[tuple[str, str]]:
    """Return the title of the comparison."""
    return [("Reconciliation", str(chosen["reconciliation"]))]


def rows(chosen: dict[str, Any], whole: bool, after: Any) -> Piece:
    """Return the next lines: rows and records first, then differences."""
    part, last = after or ("line", 0)
    if part == "line":
        lines = list(_lines(chosen).filter(pk__gt=last).order_by("pk")[:AT_ONCE])
        if lines:
            return Piece([_of_line(line, whole) for line in lines], ["line", lines[-1].pk])
        last = 0
    differences = list(_differences(chosen).filter(pk__gt=last).order_by("pk")[:AT_ONCE])
    end = ["difference", differences[-1].pk] if differences else None
    return Piece([_of_difference(one, whole) for one in differences], end)


def _lines(chosen: dict[str, Any]) -> QuerySet[Line]:
    return Line.objects.filter(reconciliation=chosen["reconciliation"], outcome__in=LINES)


def _differences(chosen: dict[str, Any]) -> QuerySet[Difference]:
    return Difference.objects.filter(reconciliation=chosen["reconciliation"])


def _of_line(line: Line, whole: bool) -> list[object]:
    said = shown.words(line, whole)
    found = f"{line.get_outcome_display()}: {said}" if said else line.get_outcome_display()
    return [line.number, line.group_id, line.user_id, line.name, found, "", "", "", line.batch_id]


def _of_difference(one: Difference, whole: bool) -> list[object]:
    found = (Outcome.DIFFERENT.label, label(one.field), *shown.sides(one, whole), one.batch_id)
    return [one.number, one.group_id, one.user_id, one.name, *found]


def parameters(one: Reconciliation) -> dict[str, Any]:
    """Return the content of an export of this comparison."""
    return {"reconciliation": one.pk}


KIND = Kind(
    slug=SLUG,
    title="Result of a reconciliation",
    permission="reconciliation.view_reconciliation",
    file_name="reconciliation",
    action="reconciliation.exported",
    header=HEADER,
    words=words,
    count=count,
    rows=rows,
)
