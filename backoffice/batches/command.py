"""Shared code of the commands of batches: the acting person, and exit codes."""

from enum import IntEnum
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.batches.errors import AlreadyDecided, BatchError, FileProblem, NotAllowed
from backoffice.batches.models import Batch
from backoffice.batches.operations import ColumnsUnclear
from backoffice.logins.models import User
from backoffice.logins.terminal import NotProven, prove
from backoffice.outside import quoted


class Exit(IntEnum):
    """Exit codes for scripts; docs/batches.md lists them."""

    DONE = 0
    MISUSED = 1
    NOT_ALLOWED = 2
    UNREADABLE = 3
    HAS_ERRORS = 4
    NOT_NOW = 5


class BatchCommand(BaseCommand):
    """A command that does one operation as a member of staff, who proves their identity first.

    Every rule of the pages applies, including four eyes: a person at a terminal cannot be both makers or both
    checkers.
    """

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--by", required=True, metavar="USER", help="the login name of the person who acts"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = self.person(options["by"])
            prove(person)
            self.act(person, **options)
        except NotProven as error:
            raise CommandError(error.words, returncode=Exit.NOT_ALLOWED) from error
        except (FileProblem, ColumnsUnclear) as error:
            raise CommandError(error.words, returncode=Exit.UNREADABLE) from error
        except NotAllowed as error:
            raise CommandError(error.words, returncode=Exit.NOT_ALLOWED) from error
        except AlreadyDecided as error:
            raise CommandError(error.words, returncode=Exit.NOT_NOW) from error
        except BatchError as error:
            raise CommandError(error.words, returncode=Exit.HAS_ERRORS) from error

    def act(self, person: User, **options: Any) -> None:
        """Do the operation. Raises BatchError or FileProblem."""
        raise NotImplementedError

    def person(self, name: str) -> User:
        """Return the member of staff with this login name. Raises CommandError."""
        found = User.objects.filter(username=name, is_active=True).first()
        if found is None:
            raise CommandError(
                f"There is no active member of staff {quoted(name)}.", returncode=Exit.NOT_ALLOWED
            )
        return found

    def batch(self, number: int) -> Batch:
        """Return the batch with this number. Raises CommandError."""
        found = Batch.objects.filter(pk=number).first()
        if found is None:
            raise CommandError(f"There is no batch B-{number}.", returncode=Exit.MISUSED)
        return found
