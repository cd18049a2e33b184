"""The stand-in's judgement: checks a message in ODIN's order, applies it, answers, and writes the ledger."""

from collections.abc import Mapping
from datetime import datetime

from backoffice.protocol import wire
from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.context import Context
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import DecodeError, Finding, errors
from backoffice.protocol.message import REQUESTS, Request, check
from backoffice.protocol.secret import SecretText
from standins.odin.arming import Faults
from standins.odin.dealer import Dealer, LogonAnswer, failure
from standins.odin.faults import FAULTS
from standins.odin.handlers import HANDLERS
from standins.odin.handlers.base import ERROR, Ask, Refused
from standins.odin.handlers.users import NORMALISERS
from standins.odin.incoming import Incoming
from standins.odin.reply import xml
from standins.odin.soap import answer as envelope
from standins.odin.store import Store, hashed
from standins.odin.times import IST
from standins.serving import Reply

INVALID_SESSION = "Invalid Session"
BAD_CHECKSUM = "Invalid Check Sum Value"
LOGOFF = 108

#: The document's own words for a value that is missing, by message and field.
MISSING = {
    (310, "template_name"): "Template Name is not provided",
    (312, "exchange"): "Exchange Code is not provided",
    (314, "dealer_group"): "Dealer Group Id is not provided",
}


def operations() -> dict[str, set[int]]:
    """The operations of the service and the message types that each takes."""
    found: dict[str, set[int]] = {}
    for type_, message in REQUESTS.items():
        found.setdefault(message.operation, set()).add(type_)
    return found


class Service:
    """Judges messages by the protocol's declarations and its own store. Any thread may call it."""

    def __init__(
        self,
        store: Store,
        faults: Faults,
        dealer: Dealer,
        cipher: PasswordCipher,
        *,
        new_limit_structure: bool,
    ) -> None:
        self.store = store
        self.faults = faults
        self.dealer = dealer
        self.cipher = cipher
        self.new_limit_structure = new_limit_structure
        self.operations = operations()

    def receive(self, operation: str, text: str) -> tuple[Reply, Incoming]:
        """Handle one call, faults included: the reply, and the message, to be finished after it."""
        incoming = Incoming(self, operation, text)
        armed = self.faults.take(incoming.facts)
        if armed is None:
            return xml(envelope(operation, incoming.apply())), incoming
        incoming.struck_by(armed)
        reply = FAULTS[armed.fault].run(incoming, armed)
        if not incoming.recorded:
            incoming.record_unapplied()
        return reply, incoming

    def decide(self, incoming: Incoming) -> str:
        """The text of success, after applying. Raises Refused; the caller undoes and answers."""
        try:
            decoded = wire.decode_request(incoming.text)
        except DecodeError as error:
            raise Refused(ERROR, f"Not readable: {error}") from error
        message = decoded.message
        if message.type not in self.operations[incoming.operation]:
            raise Refused(ERROR, f"Message {message.type} does not belong to operation {incoming.operation}.")
        if message.checksum and not decoded.checksum_ok:
            raise Refused(BAD_CHECKSUM, "Tag 999 is missing or is not the sum of what was received.")
        values = decoded.values
        session = decoded.header.session_id.reveal() if decoded.header.session_id else ""
        incoming.entry.session = self.dealer.valid(decoded.header.dealer_id, session)
        if message.session and not incoming.entry.session:
            raise Refused(INVALID_SESSION, "Tags 67 and 4 are not the dealer's live session.")
        if message.type == LOGOFF:
            self.dealer.end()
            return "Logoff successful"
        values, password_hash = self._open_passwords(message, values)
        values = NORMALISERS.get(message.type, dict)(values)
        self._check(message, values)
        return HANDLERS[message.type](Ask(self.store, message.type, values, password_hash))

    def logon(self, incoming: Incoming) -> LogonAnswer:
        """Judge a logon. What cannot be read gets status 2, "invalid parameter length"."""
        try:
            decoded = wire.decode_request(incoming.text)
        except DecodeError as error:
            incoming.entry.reason = f"Not readable: {error}"
            return failure("2")
        if decoded.message.type not in self.operations[incoming.operation]:
            incoming.entry.reason = f"A logon does not belong to operation {incoming.operation}."
            return failure("0")
        values = decoded.values
        found = errors(check(decoded.message, self._clear(values), self._context()))
        bad_new = any(finding.path == "new_password" for finding in found)
        if others := [f for f in found if f.path not in ("password", "new_password", "connection_type")]:
            incoming.entry.reason = " ".join(f"{finding.path}: {finding.text}" for finding in others)
            return failure("2")
        clear = self._clear(values)
        answer = self.dealer.logon(
            dealer_id=decoded.header.dealer_id,
            password=_reveal(clear.get("password")),
            new_password=_reveal(clear.get("new_password")),
            new_password_good=not bad_new,
            connection_type=str(values.get("connection_type", "")),
            force=values.get("force_login") == "1",
        )
        incoming.entry.session = self.dealer.session().get("number", 0) if answer.session_id else 0
        return answer

    def _clear(self, values: Values) -> Values:
        """Decrypt the values of 68 and 69; one that does not decrypt becomes an impossible password."""
        clear = dict(values)
        for name in ("password", "new_password"):
            given = values.get(name)
            if isinstance(given, SecretText) and given.reveal():
                try:
                    clear[name] = self.cipher.decrypt(given.reveal())
                except (DecodeError, ValueError):
                    clear[name] = SecretText("\0")
        return clear

    def _context(self) -> Context:
        return Context(today=datetime.now(IST).date(), new_limit_structure=self.new_limit_structure)

    def _check(self, message: type[Request], values: Values) -> None:
        found = errors(check(message, values, self._context()))
        if not found:
            return
        for finding in found:
            name = finding.path.rpartition(".")[2]
            if (message.type, name) in MISSING and not _value(values, finding):
                raise Refused(MISSING[message.type, name], finding.text)
        raise Refused(ERROR, " ".join(f"{finding.path or 'message'}: {finding.text}" for finding in found))

    def _open_passwords(self, message: type[Request], values: Values) -> tuple[Values, str]:
        """Values with 207 in the clear for its check, and the hash to keep."""
        given = values.get("password")
        if not isinstance(given, SecretText) or not given.reveal():
            return values, ""
        try:
            clear = self.cipher.decrypt(given.reveal())
        except (DecodeError, ValueError) as error:
            raise Refused(ERROR, "Tag 207 cannot be decrypted with the key.") from error
        return {**values, "password": clear}, hashed(clear.reveal())


def _reveal(value: object) -> str:
    return value.reveal() if isinstance(value, SecretText) else ""


def _value(values: Values, finding: Finding) -> object:
    """The value a finding speaks of; None when it is not there."""
    place: object = values
    for step in finding.path.split("."):
        if isinstance(place, list):
            place = place[int(step)] if step.isdigit() and int(step) < len(place) else None
        elif isinstance(place, Mapping):
            place = place.get(step)
        else:
            return None
    return place
