"""The API's calls of section User, and what every call passes: key, token, body, and the note of what was received."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from standins.rest.constants import FACTORS, KOLKATA, LOGIN_TYPES, SOURCES
from standins.rest.keys import Keys
from standins.rest.oms import Oms
from standins.rest.people import People, Person
from standins.rest.reply import Refused, success
from standins.rest.store import Store

Now = Callable[[], datetime]
#: What a login may hold. A key that it does not know is refused, so that a slip of the client's shows.
LOGIN_KEYS = frozenset(
    {
        *(
            "user_id",
            "login_type",
            "password",
            "second_auth_type",
            "second_auth",
            "api_key",
            "source",
            "UDID",
        ),
        *("version", "iosversion", "build_version", "deviceinfo"),
    }
)


@dataclass
class Asked:
    """One request to the API. `parts`: what the path holds, decoded; `user_id` is known once the token is read.

    `owner`: whose key it came with, where another service issued that.
    """

    call: str
    method: str
    path: str
    parts: dict[str, str]
    query: dict[str, str]
    body: Any
    token: str
    header_key: str = field(default="", repr=False)
    user_id: str = ""
    owner: str = ""
    person: Person | None = field(default=None, repr=False)


class Service:
    """What the API answers, as an envelope. Refusals are raised."""

    def __init__(
        self, store: Store, people: People, oms: Oms, keys: Keys, profile_key: str, now: Now
    ) -> None:
        self._store = store
        self._people = people
        self._oms = oms
        self._keys = keys
        self._profile_key = profile_key
        self._now = now
        self._signing = secrets.token_bytes(32)
        self._registered: dict[str, str] = {}

    def answer(self, asked: Asked) -> dict[str, Any]:
        """The envelope of a success. Raises Refused."""
        if asked.call == "login":
            return self.login(asked)
        self._authorise(asked)
        own = {
            "logout": self._logout,
            "validate": lambda _: success("Session verified.", json.dumps({"status": "true"})),
            "balance": self._balance,
            "profile": self._profile,
        }
        handler = own.get(asked.call) or getattr(self._oms, asked.call)
        answered: dict[str, Any] = handler(asked)
        return answered

    # --- sessions -------------------------------------------------------------------------------------------------

    def login(self, asked: Asked) -> dict[str, Any]:
        """Every row of the table of section Login."""
        body = asked.body
        if not isinstance(body, dict):
            raise Refused(400, "Bad request", "e-100", "The body is not a JSON object.")
        if odd := sorted(set(body) - LOGIN_KEYS):
            raise Refused(400, "Bad request", "e-100", dict.fromkeys(odd, "not a field"))
        missing = [
            n for n in ("user_id", "password", "api_key", "source") if not isinstance(body.get(n), str)
        ]
        if missing or body["source"] not in SOURCES:
            raise Refused(400, "Bad request", "e-100", dict.fromkeys(missing or ["source"], "required"))
        if not self._keys.opens_login(body["api_key"], asked.header_key):
            raise Refused(400, "Invalid api_key", "e-102", "e-12")
        asked.user_id = body["user_id"]
        kind, factor = body.get("login_type", "PASSWORD"), body.get("second_auth_type", "")
        if kind not in LOGIN_TYPES:
            raise Refused(400, "Invalid login_type", "e-100", {"login_type": "invalid"})
        person = self._credentials(body["user_id"], kind, body["password"])
        self._allowed(person, body["source"])
        if kind == "PASSWORD" and factor == "REGISTER":
            return self._register(person)
        if kind != "TP_TOKEN":
            self._second(person, factor, body.get("second_auth"))
        return success("User logged in Successfully.", self._open(person))

    def _credentials(self, user_id: str, kind: str, secret: str) -> Person:
        found = self._people.find(user_id, secret if kind == "PASSWORD" else None)
        if found is None or user_id != user_id.upper():
            raise Refused(400, "Invalid user id or password", "e-101", "e-11")
        person, right = found
        keys = self._people.keys(person.user_id)
        kept = {
            "MPIN": keys.mpin,
            "TP_TOKEN": keys.sso_token,
            "TOKEN": self._registered.get(person.user_id, ""),
        }.get(kind, "")
        if kind != "PASSWORD":
            right = bool(kept) and hmac.compare_digest(secret.encode(), kept.encode())
        if not right:
            raise Refused(400, "Invalid user id or password", "e-101", "e-11")
        return person

    @staticmethod
    def _allowed(person: Person, source: str) -> None:
        if not person.active:
            raise Refused(403, "User is not active", "e-103", "e-14")
        if source not in person.sources:
            raise Refused(403, f"User is not allowed to log in from {source}", "e-103", "e-15")

    def _second(self, person: Person, factor: str, value: Any) -> None:
        if factor not in FACTORS or not isinstance(value, str):
            raise Refused(400, "Second factor is required", "e-100", {"second_auth_type": "required"})
        if not self._people.keys(person.user_id).fits(factor, value):
            raise Refused(400, f"Invalid {factor}", "e-101", "e-17")

    def _register(self, person: Person) -> dict[str, Any]:
        token = self._registered[person.user_id] = "reg-" + secrets.token_urlsafe(24)
        data = {
            "register_token": token,
            "ptnType": "TOTP_OPT",
            "totp_enabled": True,
            "mpin_enabled": True,
            "fingerprint_enabled": True,
        }
        return success("Password validated.", data)

    def _open(self, person: Person) -> dict[str, Any]:
        now = self._now().astimezone(KOLKATA)
        ends = now.replace(hour=23, minute=59, second=59, microsecond=0)
        token = self._token(
            {"userID": person.user_id, "iat": int(now.timestamp()), "exp": int(ends.timestamp())}
        )
        self._store.open_session(token, person.user_id, f"{now:%d-%m-%Y %H:%M:%S}", ends.timestamp())
        return {
            "access_token": token,
            "broadcast_access_token": token,
            "session_token": secrets.token_hex(16),
            "user_id": person.user_id,
            "alias_id": person.user_id,
            "user_name": person.name,
            "user_status": 1,
            "login_time": f"{now:%Y-%b-%d %H:%M:%S}",
            "exchanges": list(person.exchanges),
            "bcastExchanges": list(person.market_data),
            "product_types": list(person.products),
            # Also for exchanges that are not in `exchanges`, as the service does.
            "product_types_exchange": {name: list(person.products) for name in ("NSE_EQ", *person.exchanges)},
            "mpin_enabled": True,
            "fingerprint_enabled": True,
            "totp_enabled": True,
            "ptnType": "TOTP_OPT",
            "others": {
                "POA": person.poa,
                "nGTDDefault": 1,
                "nGTDMaxDays": str(person.gtd_days),
                "groupId": person.group_id,
                "groupCode": "1",
                "userCode": secrets.token_hex(6),
                "passExpDays": "90",
                "bAMOAllowedForUser": True,
                "edisForMTF": False,
                "CFT": "ODINCONNECTOR|1$POSCONV|1$ORDERSLICING|0",
                "ocToken": secrets.token_hex(16),
            },
        }

    def _token(self, claims: dict[str, Any]) -> str:
        head, body = ({"alg": "HS256", "typ": "JWT"}, {**claims, "jti": secrets.token_hex(8)})
        text = ".".join(_base64(json.dumps(part).encode()) for part in (head, body))
        return f"{text}.{_base64(hmac.digest(self._signing, text.encode(), hashlib.sha256))}"

    def _authorise(self, asked: Asked) -> None:
        session = self._store.session(asked.token)
        if session is None or session["ended"] or session["ends"] <= self._now().timestamp():
            raise Refused(401, "Session is invalid or expired", "e-401", "e-16")
        asked.user_id = session["user_id"]
        found = self._people.find(asked.user_id)
        if found is None:
            raise Refused(401, "User is not known any more", "e-401", "e-16")
        asked.person, asked.owner = found[0], self._keys.owner_of(asked.header_key)

    def _logout(self, asked: Asked) -> dict[str, Any]:
        self._store.end_sessions("logged out", asked.token)
        return success("Successfully Logged out.")

    # --- balance and profile --------------------------------------------------------------------------------------

    def _balance(self, asked: Asked) -> dict[str, Any]:
        person = asked.person
        assert person is not None  # noqa: S101  # _authorise found it
        cash, used = person.cash, self._oms.used(person.user_id)
        equity = {
            "id": "EQ",
            "name": "Equity",
            "net_available": f"{cash - used:.2f}",
            "total_available": f"{cash:.2f}",
            "total_utilised": f"{used:.2f}",
            "total_withdrawable": f"{cash - used:.2f}",
            "net_payin_payout": "0.00",
            "available": {"cash": f"{cash:.2f}", "collateral": "0.00", "credit_for_sale": "0.00"},
            "utilised": {"limit": f"{used:.2f}", "pnl_realised": "0.00", "pnl_unrealised": "0.00"},
        }
        return success("Success message", {"equity": equity})

    def _profile(self, asked: Asked) -> dict[str, Any]:
        person = asked.person
        assert person is not None  # noqa: S101
        if not self._profile_key:
            raise Refused(404, "Profile is not available", "e-404", "e-40")
        data = {"user_id": person.user_id, **person.profile, "user_name": person.name}
        return success("Success message", sealed(json.dumps(data).encode(), self._profile_key))


def sealed(clear: bytes, key: str) -> str:
    """Base64 of 16 bytes initial vector and AES-CBC with PKCS#7."""
    vector = secrets.token_bytes(16)
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key.encode()), modes.CBC(vector)).encryptor()
    padded = padder.update(clear) + padder.finalize()
    return base64.b64encode(vector + encryptor.update(padded) + encryptor.finalize()).decode()


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
