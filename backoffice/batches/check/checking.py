"""Check the rows of a file: their values and all findings.

A row is examined like the form of its kind (`ChangeKind.examine`). A file adds findings of its own: damage by
a spreadsheet, and equal values in other rows.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, islice
from types import TracebackType
from typing import Any, Protocol, Self

from backoffice.batches import lease
from backoffice.batches.check import tally
from backoffice.batches.check.repeats import Seen
from backoffice.batches.check.rereading import firsts
from backoffice.batches.check.risks import Risks
from backoffice.batches.check.storing import CheckedRow, store
from backoffice.batches.file.cells import RowRead, RowReader
from backoffice.batches.file.reading import open_rows
from backoffice.batches.file.uploads import path_of
from backoffice.batches.models import Batch, RowState
from backoffice.batches.rules import in_force
from backoffice.changes import rules
from backoffice.changes.examination import Examined
from backoffice.changes.kinds import file_kind, kind_of, kind_of_file
from backoffice.changes.references import new_reference
from backoffice.protocol.fields import Secret, SecretText, Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.seal import SEALED, seal

#: Rows of one transaction: few enough not to delay a page that writes. The limit of characters may end it
#: sooner.
ROWS, CHARACTERS = 500, 4_000_000

NumberedCells = tuple[int, Sequence[str]]


class Others(Protocol):
    """Finds values that other rows of the file have too."""

    def findings(self, rows: Mapping[int, Values]) -> Mapping[int, list[Finding]]:
        """Return the findings on these rows, by row number."""


class RowChecker:
    """Checks rows of one batch, many at a time."""

    def __init__(self, batch: Batch) -> None:
        self._file = file_kind(batch.kind)
        self._change = kind_of_file(batch.kind)
        fields = self._change.message.fields
        self._reader = RowReader(self._file.layout, batch.mapping)
        self.date_places = self._reader.date_places
        self._risks = Risks(self._change.message)
        self._follow_up_risks = {kind_of(each).slug: Risks(each) for each in self._change.follows}
        self._rule = in_force(batch)
        self._secrets = [name for name, f in fields.items() if isinstance(f, Secret)]
        self._has_reference = "reference" in fields

    def seen(self) -> Seen:
        """An empty memory of values that must be unique."""
        return Seen(self._file.unique, self._change.message.fields)

    def check(
        self, rows: Sequence[NumberedCells], seen: Others, references: Mapping[int, str] | None = None
    ) -> list[CheckedRow]:
        """Return the result for each row. `references` maps row numbers to references that rows already have."""
        read = [self._reader.read(cells) for _, cells in rows]
        given = [
            self._with_reference(row.values, (references or {}).get(number, ""))
            for (number, _), row in zip(rows, read, strict=True)
        ]
        examined = self._change.examine(given, self._file.compose)
        twice = seen.findings({number: one.values for (number, _), one in zip(rows, examined, strict=True)})
        return [
            self._row(number, cells, row, one, twice.get(number, []))
            for (number, cells), row, one in zip(rows, read, examined, strict=True)
        ]

    def _with_reference(self, values: Values, known: str) -> Values:
        if not self._has_reference:
            return values
        return {**values, "reference": values.get("reference") or known or new_reference()}

    def _row(
        self, number: int, cells: Sequence[str], row: RowRead, examined: Examined, twice: list[Finding]
    ) -> CheckedRow:
        if not row.values:  # the row does not match the columns, so nothing else is checked
            return CheckedRow(number, self._sealed_cells(cells, {}), RowState.WRONG, findings=row.findings)
        findings = [*row.findings, *_findings(row, examined), *twice]
        state = _state(findings, examined.done)
        known = examined.known
        values: Any = self._sealed(examined.values)
        sent = state in (RowState.GOOD, RowState.WARNED)
        amount = None if state == RowState.WRONG else self._change.rupees(values, examined.follow_ups)
        return CheckedRow(
            number,
            self._sealed_cells(cells, values),
            state,
            lane=f"{values.get('group_id', '')}/{values.get('user_id', '')}",
            reference=str(values.get("reference", "")),
            profile=examined.filled_from.name,
            profile_version=examined.filled_from.version,
            values=values,
            parts=self._parts(values, examined) if sent else [],
            before=known.values,
            findings=findings,
            risks=self._consequences(examined) if sent else [],
            flags=rules.flags(self._change, examined.values, known, findings, amount, self._rule)
            if sent
            else [],
            amount=amount,
            record_version=known.version,
        )

    def _parts(self, values: Values, examined: Examined) -> list[tuple[int, Any]]:
        return [(kind, part) for kind, _, part in self._change.parts(values, examined.follow_ups)]

    def _consequences(self, examined: Examined) -> list[str]:
        """Return the warnings of all messages of a row, without duplicates."""
        found = self._risks.of(examined.values, examined.known.values)
        for one in examined.follow_ups:
            found += self._follow_up_risks[one.kind].of(one.values, None)
        return list(dict.fromkeys(found)) if examined.follow_ups else found

    def _sealed(self, values: Values) -> dict[str, Any]:
        secrets = {
            name: {SEALED: seal(value)}
            for name in self._secrets
            if isinstance(value := values.get(name), SecretText)
        }
        return {**values, **secrets} if secrets else values

    def _sealed_cells(self, cells: Sequence[str], values: Mapping[str, Any]) -> Sequence[Any]:
        """Return the cells with secrets sealed. If the row got that far, the token is that of its value."""
        if not self._reader.secret_places:
            return cells
        kept: list[Any] = list(cells)
        for place in self._reader.secret_places:
            if place < len(kept) and kept[place]:
                sealed = values.get(self._secrets[0])
                kept[place] = sealed if isinstance(sealed, dict) else {SEALED: seal(SecretText(kept[place]))}
        return kept


def _findings(row: RowRead, examined: Examined) -> list[Finding]:
    """Return the findings of the examination, without those that the cell's damage already reports."""
    if examined.done or not examined.findings:
        return []
    damaged = {finding.path for finding in row.findings}
    return [finding for finding in examined.findings if finding.path not in damaged]


def _state(findings: Sequence[Finding], done: bool) -> RowState:
    if any(finding.severity is Severity.ERROR for finding in findings):
        return RowState.WRONG
    if done:
        return RowState.DONE_BEFORE
    return RowState.WARNED if findings else RowState.GOOD


class Checking:
    """The check of a batch by the worker that holds its lease, from its present position.

    with Checking(batch, token) as run:
        while run.step(): ...
    """

    def __init__(self, batch: Batch, token: Any) -> None:
        self._batch = batch
        self._token = token
        self._checker = RowChecker(batch)
        self._seen = self._checker.seen()
        self._counted = tally.of(batch, file_kind(batch.kind))
        self._beat = lease.beat(batch, token)

    def __enter__(self) -> Self:
        batch = self._batch
        after = batch.next_row - 1
        if batch.total_rows:
            self._seen.add(firsts(batch.rows.all(), self._beat))
        self._rows = open_rows(
            path_of(batch.path),
            batch.shape,
            len(batch.mapping),
            after,
            dates=self._checker.date_places,
            beat=self._beat,
        )
        try:
            # In a workbook it may take long to reach the first of these rows; that does not count as a
            # worker's time.
            first = list(islice(self._rows, 1))
        except BaseException:
            self._seen.close()
            raise
        self._to_come = chain(first, self._rows)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._rows.close()
        self._seen.close()

    def step(self) -> bool:
        """Check and store the next rows, in one transaction. False if there are none.

        Raises FileProblem if the file cannot be read further, and LeaseLost; nothing is stored then.
        """
        rows = self._next()
        if not rows:
            return False
        checked = self._checker.check(rows, self._seen)
        store(self._batch, self._token, checked, rows[-1][0] + 1, self._counted)
        return True

    def _next(self) -> list[NumberedCells]:
        """Return as many rows as fit into a transaction by number and characters."""
        rows: list[NumberedCells] = []
        characters = 0
        for row in islice(self._to_come, ROWS):
            rows.append(row)
            characters += len(row[1]) + sum(map(len, row[1]))
            if characters > CHARACTERS:
                break
        return rows
