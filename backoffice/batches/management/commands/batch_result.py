"""Write the outcome of each row of a file."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from backoffice.batches.command import BatchCommand, Exit
from backoffice.batches.models import State
from backoffice.batches.pages import result


class Command(BatchCommand):
    """Writes the uploader's file as CSV to the standard output. Whoever may run it can read the database anyway."""

    help = "The uploader's own file with the outcome of each row, as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("batch", type=int)
        parser.add_argument("--failed", action="store_true", help="only the rows that failed")

    def handle(self, *args: Any, **options: Any) -> None:
        batch = self.batch(options["batch"])
        if batch.state in (State.UPLOADED, State.CHECKING):
            raise CommandError(f"{batch.label} is not checked yet.", returncode=Exit.NOT_NOW)
        for line in result.lines(batch, failed_only=options["failed"]):
            self.stdout.write(line, ending="")
        if batch.state == State.APPROVED and not batch.finished_at:
            self.stderr.write(f"{batch.label} is still being sent.")
