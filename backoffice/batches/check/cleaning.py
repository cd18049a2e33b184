"""Correct every row of a checked file that has the same fault: by a worker, in slices.

It either takes the cleaned values that a finding offers, or replaces one text by another. The uploaded cells
stay. The correction is kept beside them, the audit trail names each one, and the row is checked again. Rows
that still have the fault are the remaining work, so another worker continues after a killed one.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from django.db import transaction
from django.db.models import QuerySet

from backoffice.batches import lease
from backoffice.batches.check import corrections
from backoffice.batches.check.checking import ROWS, RowChecker
from backoffice.batches.check.rereading import firsts
from backoffice.batches.check.storing import replace
from backoffice.batches.check.summary import with_finding
from backoffice.batches.counts import rows as in_words
from backoffice.batches.errors import LeaseLost
from backoffice.batches.models import Batch, Row, RowState
from backoffice.batches.trail import note
from backoffice.logins.models import User


def offered(rows: QuerySet[Row], path: str, rule: str) -> QuerySet[Row]:
    """Keep the rows for which the rule offers a cleaned value."""
    return with_finding(rows, path, rule, offered=True)


def alike(rows: QuerySet[Row], place: int, text: str) -> QuerySet[Row]:
    """Keep the rows that have errors, and this text at this place."""
    return corrections.with_text(rows.filter(state=RowState.WRONG), place, text)


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
        self._places = corrections.places_of(batch)
        self._secret = corrections.columns_of(batch)[self._asked["place"]].secret

    def __enter__(self) -> Self:
        # They are compared with the present values of the other rows, which may be corrected already.
        rows, beat = self._batch.rows.all(), lease.beat(self._batch, self._token)
        self._seen.add(firsts(rows, beat, but_not=self._faulty(rows)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._seen.close()

    def step(self) -> bool:
        """Correct and check the next rows, in one transaction. False if there are none.

        Raises LeaseLost, with nothing stored.
        """
        with transaction.atomic():
            if not lease.keep(self._batch, self._token):
                raise LeaseLost
            rows = self._next()
            if not rows:
                return False
            self._correct(rows)
            cells = [(row.number, corrections.cells_of(row, self._places)) for row in rows]
            references = {row.number: row.reference for row in rows}
            checked = self._checker.check(cells, self._seen, references)
            replace(Batch.objects.get(pk=self._batch.pk), list(zip(rows, checked, strict=True)))
            asked = {**self._asked, "after": rows[-1].number, "done": self._asked["done"] + len(rows)}
            Batch.objects.filter(pk=self._batch.pk).update(cleaning=asked, failures=0)
        self._asked = asked
        return True

    def _faulty(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        if "before" in self._asked:
            return alike(rows, self._asked["place"], self._asked["before"])
        return offered(rows, self._asked["path"], self._asked["rule"])

    def _next(self) -> list[Row]:
        later = self._batch.rows.filter(number__gt=self._asked["after"])
        return list(self._faulty(later).select_for_update().order_by("number")[:ROWS])

    def _instead(self, row: Row) -> str:
        """Return what replaces the faulty text."""
        if "before" in self._asked:
            return str(self._asked["text"])
        asked = (self._asked["path"], self._asked["rule"])
        return next(
            str(one["cleaned"])
            for one in row.findings
            if (one["path"], one["rule"]) == asked and one["cleaned"] is not None
        )

    def _correct(self, rows: Sequence[Row]) -> None:
        """Store the texts beside the cells, and name each in the audit trail."""
        place, header = self._asked["place"], self._batch.headers[self._asked["place"]]
        cells = [corrections.correct(row, place, self._instead(row), secret=self._secret) for row in rows]
        Row.objects.bulk_update(rows, ["corrections"])
        where = f"in {in_words(len(cells))} of the column {header}."
        by, named = User.objects.get(pk=self._asked["by"]), {"column": header, "cells": cells}
        if "before" in self._asked:
            note(self._batch, "batch.corrected", by, f"Corrected alike {where}", **named)
        else:
            words = f"Cleaned value accepted {where}"
            note(self._batch, "batch.cleaned", by, words, **named, rule=self._asked["rule"])
