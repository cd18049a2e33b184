"""Make the staff of a demonstration: two makers, two checkers, two admins, and one of each other role."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from backoffice.logins.models import User

PEOPLE = (
    ("admin", "Asha Admin"),
    ("maker", "Manu Maker"),
    ("checker", "Chitra Checker"),
    ("compliance", "Kiran Compliance"),
    ("support", "Sunil Support"),
    ("admin2", "Amar Admin"),
    ("maker2", "Mitali Maker"),
    ("checker2", "Charu Checker"),
    ("access", "Anil Access"),
    ("dealer", "Divya Dealer"),
)


class Command(BaseCommand):
    """Passwords are random for each installation and printed once; `--reset` makes new ones."""

    help = "Make the demonstration's staff and print their passwords once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="make new passwords for all of them")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PORTAL_ENVIRONMENT != "DEMO":
            raise CommandError("Demonstration staff exist only where PORTAL_ENVIRONMENT is DEMO.")
        with transaction.atomic():
            made = [
                line for login, name in PEOPLE if (line := self._make(login, name, reset=options["reset"]))
            ]
        if made:
            self.stdout.write(
                'Log in as (printed only now; `make manage DO="demo_staff --reset"` makes new ones):'
            )
            for line in made:
                self.stdout.write(f"  {line}")

    def _make(self, login: str, name: str, *, reset: bool) -> str:
        first, last = name.split()
        user, created = User.objects.get_or_create(
            username=login, defaults={"first_name": first, "last_name": last}
        )
        if not created and not reset:
            return ""
        password = secrets.token_urlsafe(9)
        user.set_password(password)
        user.save()
        user.groups.set([Group.objects.get(name=login.rstrip("0123456789"))])
        return f"{login:<12} {password}"
