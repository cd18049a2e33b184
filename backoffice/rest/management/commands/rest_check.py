"""Try the configured REST API, and say in words what is right and what is wrong."""

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.outside import quoted
from backoffice.protocol.secret import SecretText
from backoffice.rest import client
from backoffice.rest.api.calls import Login
from backoffice.rest.api.masking import Mask
from backoffice.rest.api.outcome import Outcome, OutcomeKind
from backoffice.rest.api.session import Session, Validity
from backoffice.rest.config import NotConfigured, RestConfig, rest_config

#: No retail user has this id: the service refuses it and counts no wrong password of a client.
NOBODY = "PORTALCHECK"


class Command(BaseCommand):
    """Address, path and key are tried with a login that must be refused; with --user a real login follows.

    Exit code 1 on the first thing that is wrong. No secret is printed, and none is taken from the command line.
    """

    help = "Try the configured REST API: address, path, key; with --user also a login, validate, balance and logout."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--user", help="log in as this retail user; password and second factor are asked for"
        )
        parser.add_argument("--factor", default="TOTP", help="type of the second factor (TOTP)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            config = rest_config()
        except NotConfigured as none:
            raise CommandError(
                f"{none.words} Set it, REST_API_KEY and, where it differs, REST_X_API_KEY."
            ) from none
        self._reach(config)
        if options["user"]:
            self._log_in(options["user"], options["factor"])
            self.stdout.write("The REST API can be used with these settings.")
        else:
            self.stdout.write("Address, path and key are accepted. Use --user to try a login too.")

    def _reach(self, config: RestConfig) -> None:
        factor = next(iter(sorted(config.terms.second_factors - {"untyped", "REGISTER"})), None)
        values = {"user_id": NOBODY, "password": SecretText(NOBODY), "second_auth": SecretText("000000")}
        outcome = client.login({**values, "second_auth_type": factor} if factor else _register()).outcome
        if outcome.kind is OutcomeKind.SUCCESS:
            raise CommandError(
                f"The service accepted {NOBODY}, a user that does not exist. Check REST_BASE_URL."
            )
        if outcome.kind is not OutcomeKind.REFUSED or outcome.detail in ("gateway", "rate"):
            raise CommandError(self._words(outcome))
        self.stdout.write(f"{config.base_url} is reached and refuses an unknown user, as it should.")

    def _log_in(self, user: str, factor: str) -> None:
        password, code = self._secret("Password: "), self._secret(f"{factor}: ")
        values = {"user_id": user, "password": password, "second_auth_type": factor, "second_auth": code}
        if wrong := client.invalid(Login, values):
            raise CommandError(" ".join(finding.text for finding in wrong))
        result = client.login(values)
        if result.session is None:
            raise CommandError(self._words(result.outcome))
        self.stdout.write(f"Logged in as {result.session.user_id}.")
        try:
            self._use(result.session)
        finally:
            ended = client.logout(result.session)
            said = (
                "Logged out." if ended.kind is OutcomeKind.SUCCESS else f"Logout failed: {self._words(ended)}"
            )
            self.stdout.write(said)

    def _use(self, session: Session) -> None:
        validity, found = client.validate(session)
        words = {
            Validity.VALID: "Validate says that the session is valid.",
            Validity.NOT_VALID: "Validate says that the session is not valid.",
            Validity.UNCLEAR: f"Validate answers without a clear word: {quoted(Mask().value(found.data))[:200]}",
        }
        self.stdout.write(words[validity])
        balance = client.balance(session).outcome
        if balance.kind is not OutcomeKind.SUCCESS:
            raise CommandError(f"The balance could not be read: {self._words(balance)}")
        self.stdout.write("The balance was read.")

    def _secret(self, prompt: str) -> SecretText:
        """Typed unseen; from a pipe, the next line of it."""
        if sys.stdin.isatty():
            return SecretText(getpass.getpass(prompt))
        return SecretText(sys.stdin.readline().rstrip("\n"))

    def _words(self, outcome: Outcome) -> str:
        said = outcome.words or f"HTTP status {outcome.http}."
        hint = f" Look at {outcome.setting}." if outcome.setting and outcome.setting not in said else ""
        if outcome.kind is OutcomeKind.NOT_SENT and "REST_" not in said:
            hint = " Look at REST_BASE_URL."
        return f"{outcome.kind.value.capitalize()}: {said}{hint}"


def _register() -> dict[str, Any]:
    return {"user_id": NOBODY, "password": SecretText(NOBODY), "second_auth_type": "REGISTER"}
