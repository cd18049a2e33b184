"""The effect of accepting an offer: each value with the offered one, and in how many rows.

A few queries, however long the file is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from backoffice.batches.check.corrections import text_of
from backoffice.batches.check.summary import MEMBER, OPENED
from backoffice.batches.models import Batch


@dataclass(frozen=True)
class Offer:
    """A value, the offered one, in how many rows, and the first of them."""

    before: str
    after: str
    rows: int
    first_row: int


class Offers:
    """Return the offers of one rule for the column at `place`, most frequent first, for a paginator."""

    def __init__(self, batch: Batch, place: int, path: str, rule: str) -> None:
        before = text_of(place)
        cleaned, said_path, said_rule = (
            MEMBER[connection.vendor].format(name) for name in ("cleaned", "path", "rule")
        )
        # The parts are constants of the portal; the values are parameters.
        self._statement = (
            f"SELECT {before}, {cleaned}, count(*), min(batches_row.number) "  # noqa: S608
            f"FROM batches_row CROSS JOIN {OPENED[connection.vendor]} WHERE batches_row.batch_id = %s "
            f"AND {said_path} = %s AND {said_rule} = %s AND {cleaned} IS NOT NULL GROUP BY 1, 2"
        )
        self._parameters: list[Any] = [batch.pk, path, rule]
        counted = self._query(
            f"WITH pairs(before, after, times, first) AS ({self._statement}) "  # noqa: S608
            "SELECT count(*), COALESCE(sum(times), 0) FROM pairs"
        )
        self.pairs, self.rows = map(int, counted[0])

    def __len__(self) -> int:
        return self.pairs

    def __getitem__(self, wanted: slice) -> Sequence[Offer]:
        statement = f"{self._statement} ORDER BY 3 DESC, 4 LIMIT {wanted.stop - wanted.start:d} OFFSET {wanted.start:d}"
        return [Offer(*row) for row in self._query(statement)]

    def _query(self, statement: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, self._parameters)
            return list(cursor.fetchall())


def seen(batch: Batch) -> str:
    """Return the check that the offers belong to: another check makes other offers."""
    return batch.checked_at.isoformat() if batch.checked_at else ""
