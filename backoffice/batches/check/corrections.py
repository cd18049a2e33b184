"""Corrections by a maker in the cells of a checked file, kept beside the uploaded cells."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from backoffice.batches.file import columns
from backoffice.batches.file.columns import Column
from backoffice.batches.file.marks import ROW, restored
from backoffice.batches.models import Batch, Row
from backoffice.changes.kinds import file_kind
from backoffice.protocol.secret import MASK, SecretText
from backoffice.seal import SEALED, seal, unseal


def columns_of(batch: Batch) -> dict[int, Column]:
    """Return the columns of the file that are read, by their place."""
    known = columns.by_name(file_kind(batch.kind).layout)
    return {place: known[name] for place, name in enumerate(batch.mapping) if name in known}


def places_of(batch: Batch) -> dict[str, int]:
    """Return where findings with a path belong: the place of the column, or of the row as a whole."""
    return {"": ROW, **{column.path: place for place, column in columns_of(batch).items()}}


def current(row: Row, place: int) -> Any:
    """Return the text of a cell as corrected, otherwise as uploaded; sealed texts stay sealed."""
    uploaded = row.cells[place] if place < len(row.cells) else ""
    return row.corrections.get(str(place), uploaded)


def text_of(place: int) -> str:
    """Return the SQL for the text of a cell as corrected. A sealed cell never equals a typed text."""
    if connection.vendor == "postgresql":
        return f"COALESCE(batches_row.corrections ->> '{place:d}', batches_row.cells ->> {place:d})"
    corrected, uploaded = f"'$.\"{place:d}\"'", f"'$[{place:d}]'"
    return (
        f"COALESCE(json_extract(batches_row.corrections, {corrected}), "
        f"json_extract(batches_row.cells, {uploaded}))"
    )


def with_text(rows: QuerySet[Row], place: int, text: str) -> QuerySet[Row]:
    """Keep the rows whose cell at this place has this text now."""
    # The expression is a constant of the portal; the text is a parameter.
    return rows.filter(RawSQL(f"{text_of(place)} = %s", [text], output_field=BooleanField()))  # noqa: S611


def cells_of(row: Row, places: Mapping[str, int]) -> list[str]:
    """Return the cells to read: with corrections, secrets opened, and marks on uncorrected ones."""
    cells = [current(row, place) for place in range(len(row.cells))]
    texts = [unseal(cell[SEALED]).reveal() if isinstance(cell, dict) else cell for cell in cells]
    left = {path: place for path, place in places.items() if str(place) not in row.corrections}
    return restored(texts, left, row.findings)


def correct(row: Row, place: int, text: str, *, secret: bool) -> dict[str, Any]:
    """Set a correction without saving it, and return its data for the audit trail."""
    before = current(row, place)
    row.corrections[str(place)] = {SEALED: seal(SecretText(text))} if secret and text else text
    if secret:
        return {"row": row.number, "before": MASK if before else "", "after": MASK if text else ""}
    return {"row": row.number, "before": before, "after": text}
