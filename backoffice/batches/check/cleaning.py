"""Taking the cleaned value that a finding offers, in every row of a checked file that has it: by a worker, in slices.

The cells stay as uploaded. The correction is kept beside them, each one is named in the audit trail, and the row is
checked again. Rows that still have the finding are those to come, so that a killed worker's successor goes on there.
"""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from django.db import transaction
from django.db.models import Count, Q, Sum

from backoffice.audit.operations import record
from backoffice.batches import lease
from backoffice.batches.check.checking import ROWS, RowChecker, firsts
from backoffice.batches.check.storing import COUNTS, replace
from backoffice.batches.check.summary import with_finding
from backoffice.batches.counts import rows as in_words
from backoffice.batches.errors import LeaseLost
from backoffice.batches.file import columns
from backoffice.batches.file.marks import ROW, restored
from backoffice.batches.models import Batch, Row
from backoffice.changes.kinds import file_kind
from backoffice.logins.models import User
from backoffice.seal import SEALED, unseal


class Cleaning:
    """What `batch.cleaning` asks for, by the worker that holds the lease.

    with Cleaning(batch, token) as run:
        while run.step(): ...
    """

    def __init__(self, batch: Batch, token: Any) -> None:
        self._batch = batch
        self._token = token
        self._asked: dict[str, Any] = dict(batch.cleaning or {})
        self._checker = RowChecker(batch)
        self._seen = self._checker.seen()
        known = columns.by_name(file_kind(batch.kind).layout)
        places = {known[name].path: place for place, name in enumerate(batch.mapping) if name in known}
        self._places = {"": ROW, **places}

    def __enter__(self) -> Self:
        # Those to come are compared with what the others have by then, not with what they have now.
        self._seen.add(firsts(self._batch, but_not=self._is_it))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._seen.close()

    def step(self) -> bool:
        """Correct and check the next rows, in one transaction. False where there are none, and all is counted anew.

        Raises LeaseLost, with nothing stored.
        """
        with transaction.atomic():
            if not lease.keep(self._batch, self._token):
                raise LeaseLost
            rows = self._next()
            if not rows:
                _count(self._batch)
                return False
            self._correct(rows)
            cells = [(row.number, _corrected(row, self._places)) for row in rows]
            references = {row.number: row.reference for row in rows}
            for row, checked in zip(rows, self._checker.check(cells, self._seen, references), strict=True):
                replace(row, checked)
            asked = {**self._asked, "after": rows[-1].number, "done": self._asked["done"] + len(rows)}
            Batch.objects.filter(pk=self._batch.pk).update(cleaning=asked, failures=0)
        self._asked = asked
        return True

    def _is_it(self, finding: Mapping[str, Any]) -> bool:
        asked = (self._asked["path"], self._asked["rule"])
        return (finding["path"], finding["rule"]) == asked and finding["cleaned"] is not None

    def _next(self) -> list[Row]:
        later = self._batch.rows.filter(number__gt=self._asked["after"])
        found = with_finding(later, self._asked["path"], self._asked["rule"], offered=True)
        return list(found.select_for_update().order_by("number")[:ROWS])

    def _correct(self, rows: Sequence[Row]) -> None:
        """Note the cleaned values beside the cells, and name each in the audit trail."""
        place, header = self._asked["place"], self._batch.headers[self._asked["place"]]
        altered = []
        for row in rows:
            cleaned = next(finding["cleaned"] for finding in row.findings if self._is_it(finding))
            before = row.corrections.get(str(place), row.cells[place])
            altered.append({"row": row.number, "before": before, "after": cleaned})
            row.corrections[str(place)] = cleaned
        Row.objects.bulk_update(rows, ["corrections"])
        title = file_kind(self._batch.kind).title.lower()
        record(
            "batch.cleaned",
            by=User.objects.get(pk=self._asked["by"]),
            subject=self._batch.subject,
            text=f"Batch {self._batch.pk}, {title}: Cleaned value accepted in {in_words(len(altered))} "
            f"of the column {header}.",
            details={
                "batch": self._batch.pk,
                "sha256": self._batch.sha256,
                "column": header,
                "rule": self._asked["rule"],
                "cells": altered,
            },
        )


def _corrected(row: Row, places: Mapping[str, int]) -> list[str]:
    """The cells as they are to be read: with corrections, secrets opened, and marked where they are not corrected."""
    cells = {str(place): cell for place, cell in enumerate(row.cells)} | row.corrections
    texts = [unseal(cell[SEALED]).reveal() if isinstance(cell, dict) else cell for cell in cells.values()]
    left = {path: place for path, place in places.items() if str(place) not in row.corrections}
    return restored(texts, left, row.findings)


def _count(batch: Batch) -> None:
    """Count the rows of a batch anew."""
    totals: dict[str, Any] = {name: Count("pk", filter=Q(state=state)) for state, name in COUNTS.items()}
    counts = batch.rows.aggregate(**totals, sum=Sum("amount"))
    amount = counts.pop("sum")
    Batch.objects.filter(pk=batch.pk).update(**counts, amount=amount)
