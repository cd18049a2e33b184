"""The keys that open the API: the operator's own pair, and those that another service issued and handed over here."""

import hmac
import re

from standins.rest.store import Store

_KEY = re.compile(r"[!-~]{8,500}")
_ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?/[!-~]{0,200}")
_OWNER = re.compile(r"[!-~]{1,100}")


class BadKey(ValueError):
    """A key that makes no sense; the words say what to send."""


class Keys:
    """Says whether a key is known. A handed-over key serves in the header and at the login alike."""

    def __init__(self, store: Store, api_key: str, x_api_key: str) -> None:
        self._store = store
        self._own = (api_key, x_api_key)

    def hand_over(self, owner: str, key: str, address: str = "") -> None:
        """Accept a key from now on, replacing its owner's earlier one. Raises BadKey.

        `address`: where the owner is notified of orders placed with it, "" for nowhere.
        """
        if not _OWNER.fullmatch(owner) or not _KEY.fullmatch(key):
            raise BadKey("Send owner (1 to 100 signs) and key (8 to 500 signs), without spaces.")
        if address and not _ADDRESS.fullmatch(address):
            raise BadKey("Send an http address of this machine as orders, or none.")
        self._store.save_issued(owner, key, address)

    def owner_of(self, header: str) -> str:
        """Whose handed-over key this is; "" for the operator's own."""
        return next((owner for owner, key in self._store.issued().items() if _same(header, key)), "")

    def address_of(self, owner: str) -> str:
        """Where an owner hears of orders; "" for nowhere."""
        return self._store.address(owner) if owner else ""

    def opens_gateway(self, header: str) -> bool:
        """Whether this is the `x-api-key` of a pair."""
        return any(_same(header, in_header) for _, in_header in self._pairs())

    def opens_login(self, api_key: str, header: str) -> bool:
        """Whether the `api_key` of a login belongs to the `x-api-key` of its header."""
        return any(_same(api_key, own) and _same(header, in_header) for own, in_header in self._pairs())

    def _pairs(self) -> list[tuple[str, str]]:
        return [self._own, *((key, key) for key in self._store.issued().values())]


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
