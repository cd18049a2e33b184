"""A short file that a page makes from typed rows: stored, checked and submitted together, or not at all.

It becomes an ordinary batch, through the ordinary operations. All of it is one transaction, so no worker sees
it before the end.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from backoffice.batches import ending, lease, operations
from backoffice.batches.check.checking import Checking
from backoffice.batches.decide import decisions
from backoffice.batches.errors import BatchError
from backoffice.batches.file import uploads
from backoffice.batches.models import Batch, Mode, RowState
from backoffice.protocol.findings import Finding, restored

if TYPE_CHECKING:
    from backoffice.logins.models import User


class RowsNotFine(BatchError):
    """Rows have errors, or unconfirmed warnings; `findings` maps row numbers to them."""

    def __init__(self, words: str, findings: Mapping[int, Sequence[Finding]]) -> None:
        super().__init__(words)
        self.findings = findings


def propose(
    kind: str,
    chunks: Iterable[bytes],
    file_name: str,
    *,
    by: "User",
    token: uuid.UUID,
    reason: str,
    control_total: Decimal | None = None,
    warnings_seen: bool = False,
) -> Batch:
    """Make a batch of a short file and submit it. The same token a second time returns the first batch.

    Raises RowsNotFine, and the errors of `operations.upload` and `decisions.submit`; nothing is stored then.
    """
    with ExitStack() as undo:
        with transaction.atomic():
            batch = operations.upload(kind, chunks, file_name, by=by, token=token).batch
            if batch.submitted_at:
                return batch
            undo.callback(uploads.forget, batch.path)
            batch = operations.check(batch.pk, by=by)
            _check(batch)
            _require_fine(batch, warnings_seen=warnings_seen)
            batch = decisions.submit(
                batch.pk, by=by, mode=Mode.ALL, reason=reason, control_total=control_total
            )
        undo.pop_all()  # the file is kept
    return batch


def _check(batch: Batch) -> None:
    token = lease.take(batch)
    if token is None:  # it was uploaded before, and its check continues
        raise BatchError("This is being checked already. Open it in Batches.")
    with Checking(batch, token) as run:
        while run.step():
            pass
    ending.finish_check(batch, token)


def _require_fine(batch: Batch, *, warnings_seen: bool) -> None:
    batch.refresh_from_db()
    found = batch.rows.filter(state__in=(RowState.WRONG, RowState.WARNED)).values_list("number", "findings")
    findings = {number: [restored(one) for one in several] for number, several in found}
    if batch.wrong:
        raise RowsNotFine("Some rows have errors. Correct them below; nothing was submitted.", findings)
    if batch.warned and not warnings_seen:
        raise RowsNotFine("Some rows have warnings. Check them, then submit again.", findings)
    if batch.done_before:
        raise BatchError("Some rows were applied before. Remove them.")
