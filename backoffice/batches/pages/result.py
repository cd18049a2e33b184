"""The uploader's own file with the outcome of each row; and the failed rows, to be corrected.

The portal's columns come first, and cells are as corrected. Secrets are blank. A CSV file is streamed with
constant memory; a workbook has a limited number of rows.
"""

import io
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from backoffice.batches.check import corrections
from backoffice.batches.check.rereading import in_parts
from backoffice.batches.file import columns
from backoffice.batches.models import Batch, RowState, State
from backoffice.batches.pages.rows import with_outcome
from backoffice.changes.corrections import CAME_TO_NOTHING
from backoffice.changes.kinds import file_kind, kind_of_file
from backoffice.changes.models import Change
from backoffice.changes.models import State as ChangeState
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State as DeliveryState
from backoffice.kit.csv_files import line
from backoffice.kit.formats import ist
from backoffice.protocol.findings import Severity

#: The columns that the portal adds first. An upload ignores columns with this beginning.
ADDED = ("Portal row", "Portal status", "Portal text", "Portal code", "Portal reference", "Portal time")
#: Columns of a row that a result does not show: reading them takes half of the time.
UNREAD = ("values", "messages", "owed", "before", "risks", "flags")
#: Rows of a workbook, which is written completely before it is sent.
MOST_IN_WORKBOOK = 5000
#: Colours of cells with an error and with a warning.
RED, AMBER = "#F8D0D0", "#FBE7B8"

#: Rows that need attention: they were not, and will not be, applied as they are.
FAILED = (
    Q(state__in=(RowState.WRONG, RowState.REJECTED))
    | Q(
        change_state__in=(ChangeState.REJECTED, ChangeState.STALE, ChangeState.WITHDRAWN, ChangeState.EXPIRED)
    )
    | Q(delivery_state__in=(DeliveryState.REFUSED, DeliveryState.CANCELLED))
)


def lines(batch: Batch, *, failed_only: bool = False) -> Iterator[str]:
    """Return the result as CSV text, line by line, with header and byte order mark, so that Excel reads UTF-8."""
    yield "\ufeff" + line([*ADDED, *_own(batch, batch.headers)])
    taken, secrets = _taken(batch), secret_places(batch)
    for part in in_parts(_rows(batch, failed_only), lambda row: int(row.number)):
        for row in part:
            yield line([*_became(row, taken), *_own(batch, _cells(batch, row, secrets))])


def workbook(batch: Batch) -> io.BytesIO:
    """Return the first failed rows as an .xlsx workbook: coloured cells with their findings as comments."""
    import xlsxwriter  # large: not at every start of a process

    file = io.BytesIO()
    kinds = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, {"constant_memory": True, **kinds}) as book:
        _write(book, batch)
    file.seek(0)
    return file


def _write(book: Any, batch: Batch) -> None:
    head = book.add_format({"bold": True, "num_format": "@"})
    plain = book.add_format({"num_format": "@"})
    colours = {
        Severity.ERROR: book.add_format({"num_format": "@", "bg_color": RED}),
        Severity.WARNING: book.add_format({"num_format": "@", "bg_color": AMBER}),
    }
    sheet = book.add_worksheet("Failed rows")
    sheet.freeze_panes(1, len(ADDED))
    own = [place for place, header in enumerate(batch.headers) if header not in ADDED]
    sheet.set_column(0, len(ADDED) + len(own), 16, plain)
    for column, header in enumerate([*ADDED, *_own(batch, batch.headers)]):
        sheet.write_string(0, column, header, head)
    taken, secrets, places = _taken(batch), secret_places(batch), corrections.places_of(batch)
    parts = in_parts(_rows(batch, failed_only=True), lambda row: int(row.number))
    for at, row in enumerate(islice(chain.from_iterable(parts), MOST_IN_WORKBOOK), 1):
        for column, text in enumerate(_became(row, taken)):
            sheet.write_string(at, column, text, plain)
        found = _by_place(row, places)
        cells = _cells(batch, row, secrets)
        for column, place in enumerate(own, len(ADDED)):
            said = found.get(place, ())
            look = colours[Severity(said[0]["severity"])] if said else plain
            if cells[place]:
                sheet.write_string(at, column, cells[place], look)
            else:
                sheet.write_blank(at, column, None, look)
            if said:
                sheet.write_comment(at, column, "\n".join(one["text"] for one in said))


def _by_place(row: Any, places: dict[str, int]) -> dict[int, list[dict[str, Any]]]:
    """Return the findings of a row by the place of their column, errors first."""
    found: dict[int, list[dict[str, Any]]] = {}
    for one in sorted(row.findings, key=lambda finding: str(finding["severity"])):
        found.setdefault(places.get(one["path"], -1), []).append(one)
    return found


def _rows(batch: Batch, failed_only: bool) -> QuerySet[Any]:
    rows = with_outcome(batch).defer(*UNREAD)
    return rows.filter(FAILED).exclude(_corrected(batch)) if failed_only else rows


def _corrected(batch: Batch) -> Q:
    """Return rows that a form corrects: the whole change, or each of its failed messages."""
    number = OuterRef("number")
    # Aliased, so that PostgreSQL knows how few they are, and reads them by index.
    submitted = Change.objects.exclude(state=ChangeState.DRAFT).filter(corrects__isnull=False)
    corrections = submitted.filter(corrects__batch=batch, corrects__row_number=number)
    own = submitted.filter(corrects=OuterRef("change"), corrects_part=OuterRef("part"))
    of_row = Delivery.objects.filter(change__batch=batch, change__row_number=number)
    left = of_row.meeting(~Exists(own), state__in=CAME_TO_NOTHING)
    return Exists(corrections.filter(corrects_part=None)) | (Exists(corrections) & ~Exists(left))


def _taken(batch: Batch) -> int:
    """Return the number of the last row that was applied, for files that stay in the portal."""
    return batch.next_row if batch.state == State.APPROVED and kind_of_file(batch.kind).local else 0


def _cells(batch: Batch, row: Any, secrets: set[int]) -> list[str]:
    return [
        "" if place in secrets else str(corrections.current(row, place))
        for place in range(len(batch.headers))
    ]


def secret_places(batch: Batch) -> set[int]:
    """Return the places of columns whose cells are never returned."""
    known = columns.by_name(file_kind(batch.kind).layout)
    return {place for place, name in enumerate(batch.mapping) if name in known and known[name].secret}


def _own(batch: Batch, cells: Sequence[str]) -> list[str]:
    """Return the columns without those that an earlier result added."""
    return [cell for header, cell in zip(batch.headers, cells, strict=False) if header not in ADDED]


def _became(row: Any, taken: int) -> list[str]:
    """Return the portal's columns for a row, in the order of ADDED."""
    return [
        str(row.number),
        _status(row, taken),
        _words(row),
        row.answer_code or "",
        row.delivery_reference or row.reference,
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
    """Return ODIN's words if there are any, otherwise why the row stopped."""
    if row.answer_text or row.answer_reason:
        return str(row.answer_text or row.answer_reason)
    if row.reason:
        return str(row.reason)
    return " ".join(str(finding["text"]) for finding in row.findings)
