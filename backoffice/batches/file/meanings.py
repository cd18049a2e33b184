"""The meaning of columns before a person looks: from their headers, or as chosen for the same headers."""

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backoffice.batches.file import matching
from backoffice.batches.file.reading import Inspected
from backoffice.batches.models import Mapping
from backoffice.changes.files import Layout
from backoffice.kit.formats import ist

if TYPE_CHECKING:
    from backoffice.logins.models import User


def meaning(kind: str, layout: Layout, found: Inspected, by: "User") -> tuple[list[str], list[str]]:
    """Return the known names of the columns, and what `by` must confirm about them first, in words."""
    names = matching.match(layout, found.headers)
    confirm = []
    said = remembered(kind, found.headers, by)
    if said and said.names != names:
        if said.set_by_id != by.pk:
            confirm.append(
                f"{said.set_by} said on {ist(said.set_at, 'date')} what these columns mean. Check each meaning."
            )
        names = list(said.names)
    hidden = [place for place in found.shape.get("hidden_columns", ()) if names[place] != matching.IGNORED]
    if hidden:
        headers = ", ".join(f"“{found.headers[place]}”" for place in hidden)
        confirm.append(f"Hidden in the sheet: {headers}. Check what they hold, or leave them out.")
    return names, confirm


def remembered(kind: str, headers: Sequence[str], by: "User") -> Mapping | None:
    """Return what this person chose for exactly these headers; otherwise the last choice of another person."""
    found = Mapping.objects.filter(kind=kind, headers_hash=_hash(headers)).select_related("set_by")
    return found.filter(set_by=by).first() or found.order_by("-set_at").first()


def remember(kind: str, headers: Sequence[str], names: Sequence[str], by: "User") -> None:
    """Remember what a person chose for these headers, for this person's next files."""
    Mapping.objects.update_or_create(
        kind=kind, headers_hash=_hash(headers), set_by=by, defaults={"names": list(names)}
    )


def _hash(headers: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(headers)).encode("ascii")).hexdigest()
