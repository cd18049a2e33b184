"""Try the configured ODIN step by step, and explain errors."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backoffice.config import odin_config
from backoffice.odin import session
from backoffice.odin.gateway import Gateway, GatewayError
from backoffice.odin.logon import NoSession, Session
from backoffice.odin.outcome import OutcomeKind, read
from backoffice.protocol.messages.reads import PeriodicityList
from backoffice.protocol.wire import Header, encode


class Command(BaseCommand):
    """WSDL, operation names, logon, one read. Exit code 1 on the first error; prints no secret.

    The session is the shared one: if it existed before, it is used and kept.
    """

    help = "Try the configured ODIN: WSDL, operation names, logon, periodicity list."

    def handle(self, *args: Any, **options: Any) -> None:
        gateway = Gateway(odin_config())
        self._wsdl(gateway)
        found_logged_on = session.status_for_screens().state == session.State.LOGGED_ON
        current = self._logon()
        try:
            self._read(gateway, current)
        finally:
            if not found_logged_on:
                session.log_off(None)
                self.stdout.write("Logged off again.")
        self.stdout.write("ODIN can be used with these settings.")

    def _wsdl(self, gateway: Gateway) -> None:
        config = odin_config()
        try:
            there, missing = gateway.operations(), gateway.missing()
        except GatewayError as error:
            raise CommandError(f"{error.words} Look at ODIN_WSDL_URL ({config.wsdl_url}).") from error
        self.stdout.write(f"The WSDL is read: {len(there)} operations. Calls go to {config.service_url}.")
        if missing:
            wanted = ", ".join(f"{name} (for {number})" for number, name in missing.items())
            raise CommandError(
                f"The service has no operation {wanted}. It has: {', '.join(sorted(there))}. "
                "Set the right names in ODIN_OPERATIONS, for example 301:CreateRetailUser."
            )
        self.stdout.write("Every message has its operation.")

    def _logon(self) -> Session:
        try:
            current = session.current()
        except NoSession as none:
            raise CommandError(
                f"No dealer session: {none.words} Look at ODIN_SERVICE_URL, ODIN_DEALER_ID, ODIN_DEALER_PASSWORD, "
                "ODIN_PASSWORD_KEY, ODIN_PASSWORD_MODE and ODIN_PASSWORD_PADDING."
            ) from none
        status = session.status_for_screens()
        days = (
            "" if status.days_to_expiry is None else f" The password expires in {status.days_to_expiry} days."
        )
        self.stdout.write(f"Logged on as {odin_config().dealer_id}, session {current.number}.{days}")
        return current

    def _read(self, gateway: Gateway, current: Session) -> None:
        text = encode(PeriodicityList, {}, Header(odin_config().dealer_id, current.id))
        try:
            outcome = read(PeriodicityList, gateway.call(PeriodicityList.type, text))
        except GatewayError as error:
            raise CommandError(f"The periodicity list could not be read: {error.words}") from error
        if outcome.session_invalid:
            session.invalidate(current.number)
        if outcome.kind is not OutcomeKind.APPLIED:
            words = " ".join(part for part in (outcome.code, outcome.text, outcome.reason) if part)
            raise CommandError(f"The periodicity list was not given: {words} Run the check again.")
        self.stdout.write("The periodicity list was read.")
