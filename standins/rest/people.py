"""The retail users that may log in: those of the stand-in ODIN where both run, else a few of its own."""

import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import pyotp

from standins.rest.constants import API_LOGINS, BY_SEGMENT, EXCHANGES, PRODUCTS
from standins.rest.store import Document

#: Seconds that a one-time password is good for.
OTP_SECONDS = 120
#: Pages show so many users, each with its codes and buttons; the search finds the others.
USERS_SHOWN = 20
#: Users of its own, with made-up names.
OWN_PASSWORD = "Demo#2026"  # noqa: S105  # shown on the page
OWN = (("DEMO1", "Asha Example"), ("DEMO2", "Ravi Example"))

# Without the proxy that the environment may name: the stand-in ODIN is on this machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Person:
    """A retail user as this API knows it."""

    user_id: str
    name: str
    group_id: str = "HO"
    active: bool = True
    sources: tuple[str, ...] = ("WEBAPI", "MOBILEAPI")
    exchanges: tuple[str, ...] = tuple(name for name, _, _ in EXCHANGES)
    market_data: tuple[str, ...] = tuple(name for name, _, _ in EXCHANGES)
    products: tuple[str, ...] = tuple(PRODUCTS.values())
    gtd_days: int = 365
    poa: str = "2"
    cash: Decimal = Decimal(1_000_000)
    profile: dict[str, str] = field(default_factory=dict)
    has_password: bool = True


@dataclass(frozen=True)
class Keys:
    """Second factors of a user. Everything is shown on the page, to copy."""

    totp_secret: str
    otp_secret: str
    mpin: str
    udid: str
    sso_token: str

    @property
    def totp(self) -> str:
        """The present code of the authenticator."""
        return pyotp.TOTP(self.totp_secret).now()

    @property
    def otp(self) -> str:
        """The present one-time password."""
        return pyotp.TOTP(self.otp_secret, interval=OTP_SECONDS).now()

    def fits(self, factor: str, value: str) -> bool:
        """Whether this is the user's second factor."""
        if factor == "TOTP":
            return pyotp.TOTP(self.totp_secret).verify(value, valid_window=1)
        if factor == "OTP":
            return pyotp.TOTP(self.otp_secret, interval=OTP_SECONDS).verify(value, valid_window=1)
        return factor == "FINGERPRINT" and secrets.compare_digest(value.encode(), self.udid.encode())


class KeyStore(Protocol):
    """Where second factors are kept."""

    def keys(self, user_id: str) -> Document | None:
        """The second factors of a user."""

    def save_keys(self, user_id: str, document: Document) -> None:
        """Keep the second factors of a user, unless there are some."""


class People:
    """Finds users. `odin`: the address of the stand-in ODIN's page, "" if there is none."""

    def __init__(self, store: KeyStore, odin: str = "") -> None:
        self._store = store
        self._odin = odin.rstrip("/")

    def keys(self, user_id: str) -> Keys:
        """The second factors of a user, made when first asked for."""
        if self._store.keys(user_id) is None:
            made = Keys(
                pyotp.random_base32(),
                pyotp.random_base32(),
                f"{secrets.randbelow(10**6):06d}",
                secrets.token_hex(8),
                f"sso-{secrets.token_hex(12)}",
            )
            self._store.save_keys(user_id, vars(made))
        return Keys(**(self._store.keys(user_id) or {}))

    def found(self, search: str, most: int) -> list[Person]:
        """Users with `search` in their id or name, `most` of them, the one touched last first.

        Raises OSError if the stand-in ODIN does not answer.
        """
        if not self._odin:
            wanted = search.strip().upper()
            return [Person(known, name) for known, name in OWN if wanted in known or wanted in name.upper()]
        asked = urllib.parse.urlencode({"search": search, "limit": most})
        with _opener.open(f"{self._odin}/users.json?{asked}", timeout=2) as answer:
            return [_person(user) for user in json.load(answer)]

    def set_segment(self, group_id: str, user_id: str, exchange: str, allowed: bool) -> None:
        """Allow a user of the stand-in ODIN an exchange or not, behind the portal's back. Raises OSError."""
        segment = next((number for name, _, number in EXCHANGES if name == exchange), "")
        found = [user for user in self._ask("/users/check", user_id=user_id) if user["group_id"] == group_id]
        if not segment or len(found) != 1:
            return
        segments = [one for one in found[0]["values"].get("trading_segments") or [] if one != segment]
        self._ask(
            "/users/segments",
            group_id=group_id,
            user_id=found[0]["user_id"],
            trading_segments=[*segments, segment] if allowed else segments,
        )

    def _ask(self, path: str, **given: object) -> Any:
        """Post to the stand-in ODIN's page. Raises OSError."""
        asked = urllib.request.Request(  # noqa: S310  # the address comes from whoever starts the stand-in
            f"{self._odin}{path}", json.dumps(given).encode(), {"Content-Type": "application/json"}
        )
        with _opener.open(asked, timeout=2) as answer:
            return json.load(answer)

    def find(self, user_id: str, password: str | None = None) -> tuple[Person, bool] | None:
        """A user, and whether the password is right. None if there is no such user, or more than one."""
        if not self._odin:
            own = [Person(known, name) for known, name in OWN if known == user_id.upper()]
            return (own[0], password == OWN_PASSWORD) if own else None
        found = self._ask("/users/check", user_id=user_id, password=password or "")
        return (_person(found[0]), bool(found[0]["password_is_right"])) if len(found) == 1 else None


def _person(user: Document) -> Person:
    values: dict[str, Any] = user["values"]
    segments = [BY_SEGMENT[number] for number in values.get("trading_segments") or [] if number in BY_SEGMENT]
    broadcast = [
        BY_SEGMENT[number] for number in values.get("market_data_segments") or [] if number in BY_SEGMENT
    ]
    logins = values.get("login_types") or []
    days, product = str(values.get("max_gtd") or ""), str(values.get("product_type") or "")
    return Person(
        user_id=user["user_id"],
        name=values.get("name", ""),
        group_id=user["group_id"],
        active=values.get("status") == "A",
        sources=tuple(source for source, number in API_LOGINS.items() if number in logins),
        exchanges=tuple(segments),
        market_data=tuple(broadcast),
        products=(PRODUCTS[product],) if product in PRODUCTS else tuple(PRODUCTS.values()),
        gtd_days=int(days) if days.isdigit() else 0,
        poa=values.get("poa", ""),
        cash=Decimal(user["limits"]["cash"]),
        profile={
            "user_name": values.get("name", ""),
            "email_id": values.get("email", ""),
            # ODIN overwrites the telephone number with the mobile number.
            "mobile_no": values.get("mobile") or values.get("telephone", ""),
        },
        has_password=bool(user["password"]),
    )
