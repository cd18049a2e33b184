"""Correct single cells of a checked file and check their rows again, with the rows that depend on them.

Duplicates are only searched for if a correction touches a value that must be unique in the file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import JSONField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.crypto import constant_time_compare, salted_hmac

from backoffice.batches.check import corrections
from backoffice.batches.check.checking import NumberedCells, RowChecker
from backoffice.batches.check.repeats import RULE, Seen
from backoffice.batches.check.storing import CheckedRow, replace
from backoffice.batches.check.summary import with_finding
from backoffice.batches.models import Batch, Row, RowState
from backoffice.batches.trail import note
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding, restored

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Rows read at a time when all of a file are searched.
AT_ONCE = 2000


@dataclass(frozen=True)
class Typed:
    """A text typed into a cell of a row, and the mark of the content that the person saw (see `mark`)."""

    number: int
    place: int
    text: str
    seen: str


@dataclass
class Corrected:
    """The result: rows that were checked again, and texts not stored because the cell had changed meanwhile."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Typed] = field(default_factory=list)
    cells: int = 0


def mark(row: Row, place: int) -> str:
    """Return a token that differs for different contents of a cell and reveals nothing else."""
    return _mark(row, place, corrections.current(row, place))


def _mark(row: Row, place: int, content: Any) -> str:
    return salted_hmac("batches.cell", f"{row.pk}:{place}:{content}").hexdigest()[:32]


def correct(batch: Batch, typed: Iterable[Typed], by: "User") -> Corrected:
    """Correct cells of a checked batch, each with an audit entry, and check their rows again.

    Runs in the caller's transaction, which holds the batch. A cell that already has the typed text is left
    alone.
    """
    done = Corrected()
    columns = corrections.columns_of(batch)
    asked = [one for one in typed if one.place in columns]
    found = batch.rows.select_for_update().filter(number__in={one.number for one in asked})
    rows = {row.number: row for row in found.order_by("number")}
    changed: dict[int, Row] = {}
    for one in asked:
        row, secret = rows.get(one.number), columns[one.place].secret
        if row is None or one.place >= len(row.cells):
            continue
        if not one.text if secret else one.text == _on_one_line(corrections.current(row, one.place)):
            continue
        if not constant_time_compare(mark(row, one.place), one.seen):
            done.refused.append(one)
            continue
        cell = corrections.correct(row, one.place, one.text, secret=secret)
        header = batch.headers[one.place]
        words = f"Row {row.number}, column {header}, corrected."
        note(batch, "batch.corrected", by, words, column=header, cells=[cell])
        changed[row.number] = row
        done.cells += 1
    if changed:
        Row.objects.bulk_update(changed.values(), ["corrections"])
        done.rows = _check(batch, list(changed.values()))
    return done


def _on_one_line(text: str) -> str:
    """Return the text as an HTML input has it, without line ends."""
    return text.replace("\r", "").replace("\n", "")


class _Kept:
    """Finds duplicates with the digests that are already stored."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._found = {
            row.number: [restored(one) for one in row.findings if one["rule"] == RULE] for row in rows
        }

    def findings(self, rows: Mapping[int, Values]) -> Mapping[int, list[Finding]]:
        """Return the findings on these rows, by row number."""
        return self._found


def _check(batch: Batch, rows: list[Row]) -> list[Row]:
    """Check rows again, together with rows that were duplicates of their old values. Returns all of them."""
    checker = RowChecker(batch)
    checked = _checked(batch, checker, rows, _Kept(rows))
    seen = checker.seen()
    try:
        gone: set[int] = set()
        come: set[int] = set()
        for row, again in zip(rows, checked, strict=True):
            before, after = seen.digests(row.values), seen.digests(again.values)
            gone |= before - after
            come |= after - before
        if gone or come:
            rows = sorted([*rows, *_behind(batch, seen, gone, rows)], key=lambda row: row.number)
            checked = _checked(batch, checker, rows, _Kept(rows))
            wanted = {digest for one in checked for digest in seen.digests(one.values)}
            seen.add(_sharing(batch.rows.all(), seen, wanted, but_not={row.number for row in rows}))
            checked = _checked(batch, checker, rows, seen)
    finally:
        seen.close()
    replace(batch, list(zip(rows, checked, strict=True)))
    return rows


def _checked(batch: Batch, checker: RowChecker, rows: Sequence[Row], others: Any) -> list[CheckedRow]:
    places = corrections.places_of(batch)
    cells: list[NumberedCells] = [(row.number, corrections.cells_of(row, places)) for row in rows]
    return checker.check(cells, others, {row.number: row.reference for row in rows})


def _behind(batch: Batch, seen: Seen, gone: set[int], rows: Sequence[Row]) -> list[Row]:
    """Return rows with a digest that `rows` no longer have, which were not the first to have it."""
    if not gone:
        return []
    said = with_finding(batch.rows.filter(state__in=(RowState.WRONG, RowState.WARNED)), None, RULE)
    sharing = _sharing(said, seen, gone, but_not={row.number for row in rows})
    numbers = [number for number, _ in sharing]
    return list(batch.rows.select_for_update().filter(number__in=numbers).order_by("number"))


def _sharing(
    rows: QuerySet[Row], seen: Seen, wanted: set[int], but_not: set[int]
) -> list[tuple[int, Values]]:
    """Return number and values of those of these rows that have one of these digests."""
    names = seen.fields
    read = rows.order_by("number").values_list("number", _Members(names))
    found = []
    for number, members in read.iterator(chunk_size=AT_ONCE):
        values = dict(zip(names, members, strict=True))
        if number not in but_not and not wanted.isdisjoint(seen.digests(values)):
            found.append((number, values))
    return found


class _Members(RawSQL):
    """Return these members of the values of a row, as a list: a tenth of the time of reading all values."""

    def __init__(self, names: Sequence[str]) -> None:
        values = f"batches_row.{connection.ops.quote_name('values')}"
        member, array = {
            "postgresql": ("{} -> '{}'", "jsonb_build_array"),
            "sqlite": ("json_extract({}, '$.{}')", "json_array"),
        }[connection.vendor]
        # Names of fields, which are constants of the portal.
        members = ", ".join(member.format(values, name) for name in names)
        super().__init__(f"{array}({members})", [], output_field=JSONField())
