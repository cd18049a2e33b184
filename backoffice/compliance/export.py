"""Audit entries as a CSV file: of any filtered list, personal data hidden unless a reason was given."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from backoffice.audit.models import Entry
from backoffice.compliance.filters import EntryFilter
from backoffice.exports.kinds import AT_ONCE, Kind, Piece, Unreadable
from backoffice.kit import privacy
from backoffice.kit.formats import ist

HEADER = (
    *("Entry", "When (India)", "Who", "Action", "On", "In words", "Why", "Change", "Delivery"),
    *("Response code", "Reference", "Before", "After", "Details", "From", "Request id"),
)


def parameters(query: QueryDict) -> dict[str, Any]:
    """What an export of the list with these filters holds: what is recorded up to now."""
    newest = Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0
    filters = {name: query.getlist(name) for name in EntryFilter.Meta.fields if query.get(name)}
    return {"filters": filters, "up_to": newest}


def count(chosen: dict[str, Any], most: int | None) -> int:
    """How many entries are chosen; `most` at most, where it is given."""
    found = _entries(chosen).order_by()
    return found[:most].count() if most else found.count()


def words(chosen: dict[str, Any]) -> Sequence[tuple[str, str]]:
    """The filters as the list's page calls them."""
    labels = {name: str(found.label) for name, found in EntryFilter.base_filters.items()}
    filters = [(labels[name], ", ".join(values)) for name, values in chosen["filters"].items()]
    return [*(filters or [("Filters", "none: everything")]), ("Newest entry", str(chosen["up_to"]))]


def rows(chosen: dict[str, Any], whole: bool, after: list[Any] | None) -> Piece:
    """The next entries after a time and an id, oldest first."""
    found = _entries(chosen)
    if after:
        at, last = datetime.fromisoformat(after[0]), after[1]
        found = found.filter(Q(at__gt=at) | Q(id__gt=last), at__gte=at)
    entries = list(found.order_by("at", "id")[:AT_ONCE])
    end = [entries[-1].at.isoformat(), entries[-1].pk] if entries else None
    return Piece([_cells(entry, whole) for entry in entries], end)


def _entries(chosen: dict[str, Any]) -> QuerySet[Entry]:
    query = QueryDict(mutable=True)
    for name, values in chosen["filters"].items():
        query.setlist(name, values)
    filters = EntryFilter(query, queryset=Entry.objects.filter(id__lte=chosen["up_to"]))
    if filters.problems:
        raise Unreadable(" ".join(filters.problems))
    found: QuerySet[Entry] = filters.qs
    return found


def _cells(entry: Entry, whole: bool) -> list[object]:
    return [
        *(entry.pk, ist(entry.at), entry.by_name, entry.action, entry.subject),
        *(_text(entry.text, whole), _text(entry.reason, whole), entry.change_id, entry.delivery_id),
        *(entry.code, entry.reference, _values(entry.before, whole), _values(entry.after, whole)),
        *(_values(entry.details, whole), entry.address, entry.request_id),
    ]


def _text(text: str, whole: bool) -> str:
    return text if whole else privacy.hide_in_text(text)


def _values(values: Any, whole: bool) -> str:
    if not values:
        return ""
    shown = dict(values) if whole else privacy.hide_values(values)
    if not whole and "sent" in shown:
        shown["sent"] = privacy.hide_message(str(values["sent"]))
    return json.dumps(shown, ensure_ascii=False, sort_keys=True)


KIND = Kind(
    slug="audit",
    title="Audit entries",
    permission="audit.verify_entry",
    file_name="audit",
    action="audit.exported",
    header=HEADER,
    words=words,
    count=count,
    rows=rows,
)
