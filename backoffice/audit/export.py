"""Audit entries as a CSV file: of any filtered list, streamed, personal data hidden from those who may not see it."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from backoffice.audit.models import Entry
from backoffice.screens import privacy
from backoffice.screens.formats import ist

HEADER = (
    *("Entry", "When (India)", "Who", "What", "On", "In words", "Why", "Change", "Delivery"),
    *("Response code", "Reference", "Before", "After", "Details", "From", "Request id"),
)


def rows(entries: QuerySet[Entry], viewer: Any) -> Iterator[list[object]]:
    """One row an entry, oldest first, streamed from the database."""
    whole = privacy.sees(viewer)
    for entry in entries.order_by("id").iterator(chunk_size=1000):
        yield [
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
