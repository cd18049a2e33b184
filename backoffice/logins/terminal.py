"""Identify the acting person at a terminal: a command must not believe a login name without proof."""

from getpass import getpass

from allauth.mfa.models import Authenticator

from backoffice.audit.operations import record
from backoffice.logins.models import User
from backoffice.logins.second_factor import enforced, missing, takes


class NotProven(Exception):
    """The person's identity is not proven; `words` say why and what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def prove(person: User) -> None:
    """Ask for the password, and for a code if there is an app; nothing in a demonstration. Raises NotProven.

    Both are asked for before either is checked, and a failure is recorded like one of the login page.
    """
    if not enforced():
        return
    name = person.get_username()
    if missing(person):
        raise NotProven(f"{name} must set up a second factor first, at the login page.")
    if not person.has_usable_password():
        raise NotProven(f"{name} has no password, so nothing can be proved here. Use the pages.")
    password = getpass(f"Password of {name}: ")
    app = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()
    code = getpass(f"Code of {name}'s authenticator app: ") if app else ""
    if not person.check_password(password) or (app and not takes(app, code)):
        record("staff.login_failed", by=None, subject=name, text="A proof at the command line failed.")
        raise NotProven("Incorrect username, password or code. Try again.")
