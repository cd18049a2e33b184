"""Send a read (316, 318, 326, 328) to ODIN: it changes nothing, so it needs no approval and may be repeated."""

from backoffice.config import odin_config
from backoffice.odin import outcome, session
from backoffice.odin.gateway import GatewayError, gateway
from backoffice.odin.outcome import Outcome, OutcomeKind
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import EncodeError
from backoffice.protocol.message import Request
from backoffice.protocol.wire import Header, Reply, decode_reply, encode

#: An invalid session is replaced once (A2); a second one in a row is a fault of ODIN.
TRIES = 2


class ReadFailed(Exception):
    """ODIN gave no data. `words` say what happened and what to do next; `outcome` is None if nothing was sent."""

    def __init__(self, words: str, outcome: Outcome | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.outcome = outcome


def ask(message: type[Request], values: Values) -> Reply:
    """Return ODIN's answer to a read; its `data` is None if the JSON cannot be read (M4).

    Raises ReadFailed, and logon.NoSession if there is none: the read may be sent later.
    """
    for _ in range(TRIES):
        try:
            current = session.current()
            text = encode(message, values, Header(odin_config().dealer_id, current.id))
            answer = gateway().call(message.type, text)
        except EncodeError as error:
            raise ReadFailed(f"This cannot be asked: {error}") from error
        except GatewayError as error:
            raise ReadFailed(
                f"ODIN gave no answer: {error.words} Ask again.", outcome.from_exception(error)
            ) from error
        found = outcome.read(message, answer)
        if found.session_invalid:
            session.invalidate(current.number)
            continue
        if found.kind is OutcomeKind.APPLIED:
            return decode_reply(message, answer)
        said = found.text or found.reason
        raise ReadFailed(f"ODIN said: {said}" if found.code else f"{said} Ask again.", found)
    raise ReadFailed("ODIN refused two sessions in a row. Look at the dealer session, then ask again.")
