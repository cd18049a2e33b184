"""Store checked rows, as texts that the database takes directly, five hundred in a transaction.

Messages and hashes of a row are made here once. Submitting and approving a file then only copies between
tables.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from backoffice.batches.check import tally
from backoffice.batches.check.tally import Tally
from backoffice.batches.errors import LeaseLost
from backoffice.batches.models import Batch, Row, RowState
from backoffice.changes.kinds import file_kind
from backoffice.copying import insert_rows
from backoffice.delivery.content import canonical, hash_of
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding

#: The columns of a row that checking sets; a row that is checked again keeps the others.
DECIDED = (
    "state",
    "lane",
    "reference",
    "profile",
    "profile_version",
    "values",
    "messages",
    "owed",
    "before",
    "findings",
    "risks",
    "flags",
    "amount",
    "record_version",
    "content_hash",
)
COLUMNS = ("batch_id", "number", "cells", "corrections", "reason", *DECIDED)
#: The counts of a batch, by the state of the row.
COUNTS = {
    RowState.GOOD: "good",
    RowState.WARNED: "warned",
    RowState.WRONG: "wrong",
    RowState.DONE_BEFORE: "done_before",
}

_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass
class CheckedRow:
    """A row after checking. Secrets in `cells`, `values` and `parts` are sealed; `parts` are its messages."""

    number: int
    cells: Sequence[Any]
    state: RowState
    lane: str = ""
    reference: str = ""
    profile: str = ""
    profile_version: int = 0
    values: dict[str, object] = field(default_factory=dict)
    parts: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    before: Values | None = None
    findings: list[Finding] = field(default_factory=list)
    risks: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    amount: Decimal | None = None
    record_version: int = 0


def store(batch: Batch, token: object, rows: Sequence[CheckedRow], next_row: int, counted: Tally) -> None:
    """Store rows and advance the batch, all or nothing. Raises LeaseLost if another worker holds the batch.

    `counted` is the tally of the previous rows and then includes these.
    """
    for row in rows:
        counted.add(row)
    made = [_tuple(batch.pk, row) for row in rows]
    counts = {name: sum(row.state == state for row in rows) for state, name in COUNTS.items()}
    amount = sum((row.amount for row in rows if row.amount and row.state != RowState.WRONG), Decimal(0))
    with transaction.atomic():
        moved = Batch.objects.filter(pk=batch.pk, lease_token=token, next_row=batch.next_row).update(  # type: ignore[misc]  # any token
            next_row=next_row,
            failures=0,
            total_rows=F("total_rows") + len(rows),
            summary=counted.as_stored(),
            amount=F("amount") + amount if batch.amount is not None else amount or None,
            **{name: F(name) + count for name, count in counts.items()},
        )
        if moved != 1:
            raise LeaseLost
        insert_rows(Row, COLUMNS, (list(map(_plain, row)) for row in made))
    batch.next_row = next_row
    if amount or batch.amount is not None:
        batch.amount = (batch.amount or Decimal(0)) + amount


def replace(batch: Batch, checked: Sequence[tuple[Row, CheckedRow]]) -> None:
    """Update stored rows that were checked again, and the tally of the batch.

    Runs in the caller's transaction, which holds the batch as it is stored.
    """
    counted = tally.of(batch, file_kind(batch.kind))
    for row, again in checked:
        counted.remove(row)
        setattr(batch, COUNTS[RowState(row.state)], getattr(batch, COUNTS[RowState(row.state)]) - 1)
        before = row.amount or Decimal(0)
        _take(row, again)
        counted.add(row)
        setattr(batch, COUNTS[again.state], getattr(batch, COUNTS[again.state]) + 1)
        if (row.amount or before) and batch.amount is None:
            batch.amount = Decimal(0)
        if batch.amount is not None:
            batch.amount += (row.amount or Decimal(0)) - before
    if tally.is_counted(batch):
        batch.summary = counted.as_stored()
    batch.save(update_fields=[*COUNTS.values(), "amount", "summary"])


def _take(row: Row, checked: CheckedRow) -> None:
    stored = dict(zip(COLUMNS, _tuple(row.batch_id, checked), strict=True))
    for name in DECIDED:
        texts = stored[name]
        setattr(row, name, json.loads(texts) if name in _JSON and texts is not None else texts)
    row.save(update_fields=DECIDED)


_JSON = frozenset({"values", "messages", "owed", "before", "findings", "risks", "flags"})


def _tuple(batch_id: int, row: CheckedRow) -> tuple[Any, ...]:
    """Return the columns of a row in the order of COLUMNS, JSON as text."""
    values = canonical(row.values)
    texts = [
        f'{{"type":{kind},"values":{values if part is row.values else canonical(part)}}}'
        for kind, part in row.parts
    ]
    hashes = [hash_of([text]) for text in texts]
    owed = [
        (kind, part.get("reference", ""), digest)
        for (kind, part), digest in zip(row.parts, hashes, strict=True)
    ]
    return (
        batch_id,
        row.number,
        _json(row.cells),
        "{}",
        "",
        row.state.value,
        row.lane[:40],
        row.reference[:50],
        row.profile,
        row.profile_version,
        values,
        f"[{','.join(texts)}]",
        _json(owed),
        _json(row.before) if row.before is not None else None,
        _json([asdict(finding) for finding in row.findings]) if row.findings else "[]",
        _json(row.risks) if row.risks else "[]",
        _json(row.flags) if row.flags else "[]",
        row.amount,
        row.record_version,
        (hashes[0] if len(texts) == 1 else hash_of(texts)) if texts else "",
    )


def _plain(value: Any) -> Any:
    """Return a decimal as SQLite stores it: a text with the places of the column."""
    return f"{value:.2f}" if isinstance(value, Decimal) else value
