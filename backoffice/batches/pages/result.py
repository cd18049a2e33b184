"""The uploader's own file back, with what became of each row; and the rows that failed, to be corrected.

Streamed: a file of any length costs the same memory. Secrets come back blank.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q

from backoffice.batches.file import columns
from backoffice.batches.models import Batch, RowState, State
from backoffice.batches.pages.rows import with_outcome
from backoffice.changes.kinds import file_kind, kind_of_file
from backoffice.changes.models import State as ChangeState
from backoffice.delivery.states import State as DeliveryState
from backoffice.kit.csv_files import line
from backoffice.kit.formats import ist

#: What the portal adds behind the uploader's columns. An upload passes over columns that begin like this.
ADDED = ("Portal status", "Portal reference", "Portal code", "Portal text", "Portal time")
#: So many rows are read from the database at a time.
AT_ONCE = 500

#: Rows that somebody has to do something about: they were not, and will not be, applied as they are.
FAILED = (
    Q(state__in=(RowState.WRONG, RowState.REJECTED))
    | Q(
        change_state__in=(ChangeState.REJECTED, ChangeState.STALE, ChangeState.WITHDRAWN, ChangeState.EXPIRED)
    )
    | Q(delivery_state__in=(DeliveryState.REFUSED, DeliveryState.CANCELLED))
)


def lines(batch: Batch, *, failed_only: bool = False) -> Iterator[str]:
    """The result as CSV text, line by line, the header first; with a byte order mark, so that Excel reads UTF-8."""
    secrets = secret_places(batch)
    yield "\ufeff" + line([*_own(batch, batch.headers), *ADDED])
    taken = batch.next_row if batch.state == State.APPROVED and kind_of_file(batch.kind).local else 0
    rows = with_outcome(batch)
    if failed_only:
        rows = rows.filter(FAILED)
    for row in rows.order_by("number").iterator(chunk_size=AT_ONCE):
        cells = ["" if place in secrets else str(cell) for place, cell in enumerate(row.cells)]
        cells += [""] * (len(batch.headers) - len(cells))
        yield line([*_own(batch, cells), *_became(row, taken)])


def secret_places(batch: Batch) -> set[int]:
    """The positions of the columns whose cells never come back."""
    known = columns.by_name(file_kind(batch.kind).layout)
    return {place for place, name in enumerate(batch.mapping) if name in known and known[name].secret}


def _own(batch: Batch, cells: Sequence[str]) -> list[str]:
    """Without what an earlier result added, when such a file was uploaded again."""
    return [cell for header, cell in zip(batch.headers, cells, strict=False) if header not in ADDED]


def _became(row: Any, taken: int) -> list[str]:
    """The portal's columns for a row. The records took the rows up to number `taken`, where nothing goes to ODIN."""
    return [
        _status(row, taken),
        row.delivery_reference or row.reference,
        row.answer_code or "",
        _words(row),
        ist(row.finished_at),
    ]


def _status(row: Any, taken: int) -> str:
    if row.delivery_state:
        return str(DeliveryState(row.delivery_state).label)
    if row.change_state == ChangeState.APPROVED and row.number <= taken:
        return str(DeliveryState.APPLIED.label)
    if row.change_state and row.state != RowState.REJECTED:
        return str(ChangeState(row.change_state).label)
    return str(RowState(row.state).label)


def _words(row: Any) -> str:
    """ODIN's words where it said something, otherwise why the row got no further."""
    if row.answer_text or row.answer_reason:
        return str(row.answer_text or row.answer_reason)
    if row.reason:
        return str(row.reason)
    return " ".join(str(finding["text"]) for finding in row.findings)
