"""The history of a retail user as a CSV file: a row for each change, and for each entry outside changes."""

from collections.abc import Sequence
from typing import Any

from django.db.models import prefetch_related_objects

from accounts.history import History, Place, chosen
from backoffice.access import StaffRequest
from backoffice.audit.models import Entry
from backoffice.changes.effects import effect
from backoffice.changes.kinds import title
from backoffice.changes.models import Change
from backoffice.changes.steps import RELATED, of_change
from backoffice.exports.kinds import AT_ONCE, Kind, Piece, Unreadable
from backoffice.kit import privacy
from backoffice.kit.formats import ist
from backoffice.kit.steps import Step

HEADER = (
    *("When (India)", "What", "Effect or event", "Status", "Change", "File", "Row", "Submitted by", "Reason"),
    *(
        "Approved or decided by",
        "Decided (India)",
        "Remarks",
        "Sent (India)",
        "Settled by",
        "Settled (India)",
    ),
    "References",
)
FILTERS = ("kind", "person", "outcome", "since", "until")


def seen_by(request: StaffRequest) -> dict[str, Any]:
    """The requested history, if this person may see it."""
    return {
        "filters": {name: request.GET[name] for name in FILTERS if request.GET.get(name)},
        "changes": request.user.has_perm("changes.view_change"),
        "entries": request.user.has_perm("audit.view_entry"),
    }


def parameters(request: StaffRequest, lane: str) -> dict[str, Any]:
    """Return the content of an export of this history."""
    return {"lane": lane, **seen_by(request)}


def count(asked: dict[str, Any], most: int | None) -> int:
    """Count the rows; at most `most` if given."""
    return _history(asked).count(most)


def words(asked: dict[str, Any]) -> Sequence[tuple[str, str]]:
    """The retail user and the filters."""
    return [
        ("Retail user", asked["lane"]),
        *((name.capitalize(), value) for name, value in asked["filters"].items()),
    ]


def rows(asked: dict[str, Any], whole: bool, after: Any) -> Piece:
    """Return the next rows after a position in the history, newest first."""
    merged = _history(asked).after(Place.read(after or ""), AT_ONCE)
    prefetch_related_objects([one for one, _ in merged if isinstance(one, Change)], *RELATED)
    rows = [_of_change(one, whole) if isinstance(one, Change) else _of_entry(one, whole) for one, _ in merged]
    return Piece(rows, str(merged[-1][1]) if merged else None)


def _history(asked: dict[str, Any]) -> History:
    found = chosen(asked["lane"], asked["filters"], changes=asked["changes"], entries=asked["entries"])
    if found.filters.problems:
        raise Unreadable(" ".join(found.filters.problems))
    return found


def _of_change(change: Change, whole: bool) -> list[object]:
    """Return the cells of a change: its steps by place, since the names of the second and last may differ."""
    steps = of_change(change)
    approval = steps[1]
    sent = next((step for step in steps[2:] if step.label == "Sent"), None)
    last = steps[-1] if len(steps) > 2 and steps[-1] is not sent else None
    return [
        *(ist(change.submitted_at), title(change.kind), effect(change, reveal=whole), change.status_label),
        *(f"C-{change.pk}", change.batch.label if change.batch else "", change.row_number or ""),
        *(str(change.made_by), privacy.words(change.reason, whole), _who(approval), _when(approval)),
        *(privacy.words(change.decision_reason, whole), _when(sent), _who(last), _when(last)),
        ", ".join(one.reference for one in change.deliveries.all() if one.reference),
    ]


def _of_entry(entry: Entry, whole: bool) -> list[object]:
    text, why = privacy.words(entry.text, whole), privacy.words(entry.reason, whole)
    return [ist(entry.at), entry.action, text, "", "", "", "", entry.who, why, *[""] * 7]


def _who(step: Step | None) -> str:
    return ", ".join(who for who, _ in step.people if who) if step else ""


def _when(step: Step | None) -> str:
    times = [at for _, at in step.people if at] if step else []
    return ist(max(times)) if times else ""


KIND = Kind(
    slug="history",
    title="History of a retail user",
    permission="changes.view_change",
    file_name="history.csv",
    action="history.exported",
    header=HEADER,
    words=words,
    count=count,
    rows=rows,
)
