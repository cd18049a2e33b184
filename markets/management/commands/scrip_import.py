"""Import a scrip master from a file, or fetch it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from markets import importing, operations
from markets.master_file import PUBLISHED
from markets.models import ScripImport, State

BLOCK = 1 << 20


class Command(BaseCommand):
    """Reads the file itself, beside the workers, and prints the result. Exit code 1 if nothing was imported."""

    help = (
        "Import the scrip master of one exchange from FILE; without FILE it is fetched from SCRIP_MASTER_URL."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("exchange", choices=[one.value for one in PUBLISHED])
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, *args: Any, exchange: str, file: Path | None, **options: Any) -> None:
        try:
            if file is None:
                asked = operations.ask_fetch(exchange, by=None)
            else:
                with file.open("rb") as opened:
                    asked = operations.upload(
                        exchange, file.name, iter(lambda: opened.read(BLOCK), b""), by=None
                    )
        except (operations.ImportProblem, OSError) as error:
            raise CommandError(str(error)) from None
        while ScripImport.objects.filter(pk=asked.pk, state=State.READING).exists() and importing.work_due():
            pass
        done = ScripImport.objects.get(pk=asked.pk)
        if done.state != State.CURRENT:
            raise CommandError(done.problem or f"The import is {done.get_state_display().lower()}.")
        self.stdout.write(
            f"{done}: {done.rows} scrips, {done.added} added, {done.gone} gone, {done.changed} changed. "
            f"{done.bad_isin_count} ISINs have a wrong check digit."
        )
