"""Approve a submitted file as a checker."""

from typing import Any

from django.core.management.base import CommandParser

from backoffice.batches.command import BatchCommand
from backoffice.batches.counts import rows
from backoffice.batches.decide import decisions
from backoffice.logins.models import User


class Command(BatchCommand):
    """Approves the present content; somebody other than the uploader must do it."""

    help = "Approve a submitted batch: its messages go into the queue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("batch", type=int)
        super().add_arguments(parser)
        parser.add_argument("--reason", default="")

    def act(self, person: User, **options: Any) -> None:
        batch = self.batch(options["batch"])
        done = decisions.approve(
            batch.pk, by=person, content_hash=batch.content_hash, reason=options["reason"]
        )
        if done.given < done.needed:
            self.stdout.write(f"Approval {done.given} of {done.needed}: another checker must approve it too.")
        else:
            self.stdout.write(f"{rows(done.rows)} approved, {rows(done.stale)} left out as stale.")
