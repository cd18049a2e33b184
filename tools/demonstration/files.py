"""The files of the demonstration: clients as rows, and rows with the errors that people make."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from backoffice.batches.check.correcting import Typed, mark
from backoffice.batches.fixing import correct
from backoffice.batches.models import Batch
from backoffice.logins.models import User
from tools.demonstration.people import Client

#: Columns, and what a person typed into them by mistake, each with an error.
SLIPS = (
    ("pan", "ZZZPB123"),
    ("birth_date", "31-02-1990"),
    ("gst_template", ""),
    ("gender", "X"),
    ("bank_1_account_type", "SAVE"),
    ("name", ""),
    ("demat_1_dp_id", "IN3009"),
    ("status", "Q"),
    ("trading_segments", "NSE Kash"),
    ("pan", "ZZZ 12 34"),
)


def as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows as the text of a CSV file with one header."""
    headers = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, headers, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def row(client: Client) -> dict[str, str]:
    """A client as the cells of a row, by the names of the columns."""
    cells: dict[str, str] = {}
    for name, value in {"user_id": client.user_id, "group_id": client.group_id, **client.whole}.items():
        cells |= _cells(name, value)
    return cells


def _cells(name: str, value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {f"{name}_{part}": text for part, text in value.items()}
    if name in ("banks", "demats"):
        prefix = name.removesuffix("s")
        return {
            f"{prefix}_{number}_{part}": text
            for number, record in enumerate(value, 1)
            for part, text in record.items()
        }
    return {name: ";".join(value) if isinstance(value, list) else str(value)}


def with_slips(rows: list[dict[str, str]]) -> tuple[list[dict[str, str]], list[tuple[int, str, str]]]:
    """The rows with a slip in every second one, as far as there are slips, and what belongs there: row of the file,
    column, text.
    """
    right, spoiled = [], [dict(one) for one in rows]
    for (column, slip), index in zip(SLIPS, range(0, len(rows), 2), strict=False):
        right.append((index + 2, column, rows[index][column]))
        spoiled[index][column] = slip
    return spoiled, right


def fix(batch: Batch, right: Sequence[tuple[int, str, str]], by: User) -> None:
    """Correct cells in the grid of a checked file: row of the file, column, text."""
    typed = []
    for number, column, text in right:
        place = batch.mapping.index(column)
        typed.append(Typed(number, place, text, mark(batch.rows.get(number=number), place)))
    correct(batch.pk, typed, by=by)
