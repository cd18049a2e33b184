"""API keys: new ones with each call, the interactive one handed over to the stand-in REST API, which checks it."""

import hashlib
import secrets

from standins.connector.calls import Calls
from standins.connector.publishers import Publisher
from standins.connector.store import Document

#: Seconds that the stand-in REST API has to take a key.
PATIENCE = 3.0


class Keys:
    """Issues keys. `rest`: the address of the stand-in REST API; `orders`: where that tells of what they place."""

    def __init__(self, rest: str, orders: str, calls: Calls) -> None:
        self._rest = rest.rstrip("/")
        self._orders = orders
        self._calls = calls

    def issue(self, publisher: Publisher) -> tuple[list[Document], str]:
        """Make new keys for a publisher, replacing earlier ones; and words for the note if REST lacks them."""
        key = secrets.token_urlsafe(24)
        body = {"owner": owner_of(publisher), "key": key, "orders": self._orders}
        taken = self._calls.post("hand over a key", f"{self._rest}/keys", body, PATIENCE)
        words = "" if taken.status == 200 else "The stand-in REST API did not take the key."
        return [
            _row("interactive", key, f"{self._rest}/interactive"),
            _row("broadcast", secrets.token_urlsafe(24), f"{self._rest}/broadcast"),
            _row("omex", secrets.token_urlsafe(24), f"{self._rest}/omex", secrets.token_urlsafe(24)),
        ], words


def owner_of(publisher: Publisher) -> str:
    """What a publisher is called at the stand-in REST API, which has no use for its token."""
    return hashlib.sha256(publisher.application_token.encode()).hexdigest()[:12]


def _row(kind: str, key: str, endpoint: str, secret: str | None = None) -> Document:
    return {"type": kind, "apikey": key, "endpoint": endpoint, "secretkey": secret}
