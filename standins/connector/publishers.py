"""Who is registered at the Connector: publishers with the addresses of their services, and the brokers."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from standins.connector.store import Store

ACTIVE, SUSPENDED = "active", "suspended"
PARTNER_ID = re.compile(r"[0-9A-F]{6}")
#: The brokers of the stand-in: Partner ID, name, state.
BROKERS = (
    ("A1B2C3", "Banyan Broking", ACTIVE),
    ("D4E5F6", "Gulmohar Securities", ACTIVE),
    ("5C5C5C", "Teak Capital", SUSPENDED),
)
URLS = (
    *("token_check_url", "order_details_url", "basket_callback_url", "login_callback_url"),
    "webhook_url",
)
CHOICES = {
    "callback_method": ("GET", "POST"),
    "client_code": ("auto", "sTpUserId", "sVasUserId", "UCC"),
    "segment_ids": ("plain", "mapped"),
    "webhook_shape": ("plain", "rows"),
    "invalid_session": ("login", "callback"),
}


class BadPublisher(ValueError):
    """Settings of a publisher that make no sense; the words say what to send."""


@dataclass(frozen=True)
class Publisher:
    """A publisher as the Connector knows it.

    `partners`: state by Partner ID, each naming a broker. `callback_method`: how callbacks come. `client_code`: the id
    of the client that GetOrderDetails carries; auto: sTpUserId where there is one, else sVasUserId. `segment_ids`: how
    mktSegId is read. `webhook_shape`: a message as it is, or within objJSONRows. `invalid_session`: what a type 3 with
    a session that is not good leads to. `webhook_pause`: seconds between tries. `connected`: False once webhooks failed
    `webhook_tries` times.
    """

    application_token: str
    name: str = "Research desk"
    token_check_url: str = ""
    order_details_url: str = ""
    basket_callback_url: str = ""
    login_callback_url: str = ""
    webhook_url: str = ""
    partners: dict[str, str] = field(default_factory=lambda: {id_: state for id_, _, state in BROKERS})
    callback_method: str = "GET"
    client_code: str = "auto"
    segment_ids: str = "plain"
    webhook_shape: str = "plain"
    invalid_session: str = "login"
    webhook_tries: int = 3
    webhook_pause: float = 2.0
    connected: bool = True


NAMES = tuple(one.name for one in fields(Publisher))


def broker_name(partner_id: str) -> str:
    """The name of the broker that a Partner ID stands for."""
    return {id_: name for id_, name, _ in BROKERS}.get(partner_id, f"Broker {partner_id}")


class Publishers:
    """The publishers. The store keeps what differs from the usual, so that another `portal` moves the addresses."""

    def __init__(self, store: Store, portal: str, application_token: str, webhook_url: str) -> None:
        self._store = store
        self._portal = portal.rstrip("/")
        if application_token:
            known = self.find(application_token)
            given = {"webhook_url": webhook_url} if webhook_url or known is None else {}
            self.change({"application_token": application_token, **given})
        elif not self.all():
            self.change({"application_token": secrets.token_hex(16), "webhook_url": webhook_url})

    def all(self) -> list[Publisher]:
        """All publishers, the first one first."""
        return [Publisher(**{**self._usual(), **document}) for document in self._store.all("publisher")]

    def find(self, application_token: object) -> Publisher | None:
        """A publisher by its application token."""
        document = self._store.find("publisher", str(application_token))
        return Publisher(**{**self._usual(), **document}) if document else None

    def change(self, given: Mapping[str, Any]) -> Publisher:
        """Register a publisher, or change the given settings of a known one. Raises BadPublisher."""
        token = str(given.get("application_token", ""))
        if not re.fullmatch(r"[\w.~-]{1,100}", token, re.ASCII):
            raise BadPublisher("application_token is 1 to 100 letters, digits, and . _ ~ - characters.")
        if odd := sorted(set(given) - set(NAMES)):
            raise BadPublisher(f"Unknown setting {', '.join(odd)}. Known: {', '.join(NAMES)}.")
        usual = self._usual()
        with self._store.transaction():
            kept = self._store.find("publisher", token) or {}
            changed = Publisher(**{**usual, **kept, **_read(given), "application_token": token})
            differs = {name: value for name, value in asdict(changed).items() if usual.get(name) != value}
            self._store.keep("publisher", token, differs)
        return changed

    def _usual(self) -> dict[str, Any]:
        return {
            "token_check_url": f"{self._portal}/connector/token-check/",
            "order_details_url": f"{self._portal}/connector/order-details/",
            "basket_callback_url": f"{self._portal}/connector/callback/basket/",
            "login_callback_url": f"{self._portal}/connector/callback/login/",
        }


def _read(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they are kept; those of a form are texts."""
    read = dict(given)
    for name in URLS:
        if name in read:
            read[name] = _address(name, read[name])
    for name, known in CHOICES.items():
        if name in read and read[name] not in known:
            raise BadPublisher(f"{name} is one of {', '.join(known)}.")
    if "partners" in read:
        read["partners"] = _partners(read["partners"])
    try:
        if "webhook_tries" in read:
            read["webhook_tries"] = int(read["webhook_tries"])
        if "webhook_pause" in read:
            read["webhook_pause"] = float(read["webhook_pause"])
    except (TypeError, ValueError):
        raise BadPublisher("webhook_tries is a whole number and webhook_pause a number of seconds.") from None
    if not 1 <= read.get("webhook_tries", 1) <= 20 or not 0 <= read.get("webhook_pause", 0) <= 600:
        raise BadPublisher("webhook_tries is from 1 to 20, webhook_pause from 0 to 600.")
    if not isinstance(read.get("connected", True), bool):
        raise BadPublisher("connected is true or false.")
    return read


def _address(name: str, value: object) -> str:
    parts = urlsplit(str(value))
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise BadPublisher(f"{name} is an address that begins with http:// or https://.")
    return str(value)


def _partners(value: object) -> dict[str, str]:
    """Partner IDs with their state. A form has them as text, `A1B2C3 active, D4E5F6 suspended`."""
    if isinstance(value, str):
        words = (part.split() for part in value.split(","))
        value = {pair[0]: pair[1] if len(pair) > 1 else ACTIVE for pair in words if pair}
    good = isinstance(value, dict) and all(
        PARTNER_ID.fullmatch(str(id_)) and state in (ACTIVE, SUSPENDED) for id_, state in value.items()
    )
    if not isinstance(value, dict) or not good:
        raise BadPublisher("partners are Partner IDs of 6 characters 0-9 and A-F, each active or suspended.")
    return value
