"""Upload a file, wait for its check, and submit it on request."""

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from backoffice.batches import operations
from backoffice.batches.check import summary
from backoffice.batches.command import BatchCommand, Exit
from backoffice.batches.counts import rows
from backoffice.batches.decide import decisions
from backoffice.batches.errors import FileProblem
from backoffice.batches.models import Batch, Mode, State
from backoffice.batches.tasks import work_due
from backoffice.logins.models import User
from backoffice.outside import quoted, rupees
from backoffice.protocol.bent import plain_amount

#: Bytes read at a time.
CHUNK = 1 << 16


class Command(BatchCommand):
    """Prints the number of the batch on the standard output, and everything else on the standard error."""

    help = "Upload a file of a kind and check it here and now; with --submit also propose its rows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "kind", help="create_retail_user, cash_deposit, ...: as in the addresses of the pages"
        )
        parser.add_argument("file", type=Path)
        super().add_arguments(parser)
        parser.add_argument("--submit", choices=Mode.values, help="all rows or none, or only the valid ones")
        parser.add_argument("--reason", default="", help="why; needed with --submit")
        parser.add_argument(
            "--control-total", default="", help="rupees; needed with --submit for money files"
        )

        parser.add_argument(
            "--corrects",
            type=int,
            metavar="ID",
            help="the batch whose failed rows this file holds, corrected",
        )

    def act(self, person: User, **options: Any) -> None:
        total = _rupees(options["control_total"])
        path: Path = options["file"]
        try:
            done = operations.upload(
                options["kind"], _chunks(path), path.name, by=person, corrects=options["corrects"]
            )
        except OSError as error:
            raise FileProblem(f"{path} cannot be read: {error.strerror}.") from error
        for other in done.earlier:
            self.stderr.write(f"The same file was uploaded before: {other.label}.")
        self.stdout.write(str(done.batch.pk))
        operations.check(done.batch.pk, by=person)
        batch = self._checked(done.batch)
        self._report(batch)
        if options["submit"]:
            decisions.submit(
                batch.pk, by=person, mode=options["submit"], reason=options["reason"], control_total=total
            )
            self.stderr.write(f"{batch.label} waits for a checker.")
        elif batch.wrong:
            raise CommandError(
                f"There are errors in {rows(batch.wrong)}: `manage.py batch_result {batch.pk} --failed` gives them.",
                returncode=Exit.HAS_ERRORS,
            )

    def _checked(self, batch: Batch) -> Batch:
        """Work on it here, or wait for a worker that was quicker. Raises FileProblem."""
        while batch.state == State.CHECKING or not batch.checked_at:
            if batch.problem:
                raise FileProblem(batch.problem)
            if not work_due():
                time.sleep(0.1)
            batch.refresh_from_db()
        return batch

    def _report(self, batch: Batch) -> None:
        self.stderr.write(
            f"{rows(batch.total_rows)}: {batch.good} good, {batch.warned} with warnings, {batch.wrong} with errors, "
            f"{batch.done_before} applied before."
        )
        for found in summary.finding_kinds(batch):
            self.stderr.write(f"{found.severity}, {rows(found.rows)}, first {found.first_row}: {found.text}")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _rupees(text: str) -> Decimal | None:
    if text and (amount := rupees(plain_amount(text))) is None:
        raise CommandError(f"--control-total: {quoted(text)} is no amount.", returncode=Exit.MISUSED)
    return amount if text else None
