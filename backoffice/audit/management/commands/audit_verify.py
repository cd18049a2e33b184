"""Verify the chain of seals over the audit trail, and name the first mismatch."""

import re
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.audit.seals import verify


class Command(BaseCommand):
    """Exit code 0: everything matches. 1: something was altered, deleted, slipped in or reordered."""

    help = "Verify the audit trail against its seals."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", default="", help="NUMBER:HASH of a seal that was kept elsewhere")
        parser.add_argument(
            "--print-head", action="store_true", help="print the newest seal, to be kept elsewhere"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        head = options["head"]
        if head and not re.fullmatch(r"[0-9]{1,10}:[0-9a-f]{64}", head):
            raise CommandError("--head must be NUMBER:HASH as --print-head printed it.", returncode=2)
        started = time.monotonic()
        found = verify(head)
        if found.fault:
            raise CommandError(found.fault, returncode=1)
        took = time.monotonic() - started
        self.stdout.write(
            f"{found.entries} entries in {found.seals} seals fit, {found.unsealed} are not sealed yet ({took:.1f} s)."
        )
        if options["print_head"]:
            self.stdout.write(f"Head: {found.head or 'none yet'}")
