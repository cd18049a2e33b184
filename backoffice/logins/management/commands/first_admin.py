"""Make an administrator while there are fewer than two, who could approve one another's proposals."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from backoffice.audit.operations import record
from backoffice.logins.models import USER_NAME, USER_NAME_WORDS, User
from backoffice.logins.passwords import link_path

#: Rights of staff are proposed by one administrator and approved by another.
NEEDED = 2


class Command(BaseCommand):
    """No password is set or printed: the link lets its owner choose one, once, within PASSWORD_LINK_MINUTES."""

    help = (
        "Make the first or the second administrator; prints a link with which that person chooses a password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user name")
        parser.add_argument("--email", default="", help="the address that single sign-on knows")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            admins = User.objects.select_for_update().filter(is_active=True, groups__name="admin")
            if len(admins) >= NEEDED:
                raise CommandError(
                    "There are two administrators already. They add others on the page Staff: one proposes, "
                    "another approves."
                )
            if not USER_NAME.fullmatch(options["name"]):
                raise CommandError(f"{options['name']} cannot be a user name. {USER_NAME_WORDS}")
            if User.objects.filter(username__iexact=options["name"]).exists():
                raise CommandError(f"{options['name']} is on the staff already. Choose another user name.")
            person = User.objects.create_user(options["name"], email=options["email"])
            person.groups.add(Group.objects.get(name="admin"))
            record(
                "staff.added",
                by=None,
                subject=person.get_username(),
                text=f"Made {person.get_username()} an administrator from the command line.",
                after={"roles": ["admin"]},
            )
        self.stdout.write(
            f"{person.get_username()} is an administrator. Page to choose a password on, within "
            f"{settings.PASSWORD_LINK_MINUTES:g} minutes:"
        )
        self.stdout.write(f"  {link_path(person)}")
