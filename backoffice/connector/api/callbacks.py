"""The two callbacks, which come through the client's browser: claims, never facts (3.6, 3.7, C23 to C27)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from backoffice.connector.api.reading import Fields, Unreadable, pick
from backoffice.protocol.secret import SecretText

CODE = ("sStatusCode", "statusCode")
MESSAGE = ("sStatusMessage", "statusMessage")
#: The vendor spells it without h in the callback, and with it in the landing address.
ECHO = ("oEcoBackObject", "oEchoBackObject")
SESSION, REST_SESSION = ("sSession",), ("sRestSession",)
VAS_USER, TRADING_USER = ("sVasUserId",), ("sTradingUserId",)
NAME, EMAIL = ("sName",), ("sEmail",)
LONGEST_CODE, LONGEST_MESSAGE, LONGEST_ID, LONGEST_SESSION = 50, 300, 50, 8192

Meaning = Literal["ok", "failed", "invalid", "unclear"]


@dataclass(frozen=True)
class BasketCallback:
    """The browser's claim about a basket. `echo`: unchanged."""

    code: str
    message: str
    echo: str

    @property
    def content_hash(self) -> str:
        """Return the SHA-256 (hex) of the callback without its echo object, equal for repeated callbacks."""
        return hashlib.sha256(json.dumps([self.code, self.message]).encode()).hexdigest()


@dataclass(frozen=True)
class LoginCallback:
    """The browser's claim about a login. `trading_user_id`: the UCC, "" if there is none."""

    code: str
    message: str
    session: SecretText
    rest_session: SecretText
    vas_user_id: str
    trading_user_id: str
    name: str
    email: str


def read_basket(fields: Fields) -> BasketCallback:
    """The basket callback in the fields of a call. Raises Unreadable if it says nothing."""
    found = BasketCallback(pick(fields, CODE), pick(fields, MESSAGE)[:LONGEST_MESSAGE], pick(fields, ECHO))
    if not (found.code or found.echo) or len(found.code) > LONGEST_CODE:
        raise Unreadable("There is neither a status nor an echo object.")
    return found


def read_login(fields: Fields) -> LoginCallback:
    """The login callback in the fields of a call. Raises Unreadable without a status."""
    found = LoginCallback(
        pick(fields, CODE),
        pick(fields, MESSAGE)[:LONGEST_MESSAGE],
        SecretText(pick(fields, SESSION)),
        SecretText(pick(fields, REST_SESSION)),
        pick(fields, VAS_USER),
        pick(fields, TRADING_USER),
        pick(fields, NAME)[:LONGEST_MESSAGE],
        pick(fields, EMAIL)[:LONGEST_MESSAGE],
    )
    if not found.code or len(found.code) > LONGEST_CODE:
        raise Unreadable("There is no status.")
    secrets = (found.session, found.rest_session)
    if any(len(secret.reveal()) > LONGEST_SESSION for secret in secrets) or (
        max(len(found.vas_user_id), len(found.trading_user_id)) > LONGEST_ID
    ):
        raise Unreadable("A value is too long.")
    return found


def meaning(code: str, table: Mapping[str, str]) -> Meaning:
    """Return the meaning of a status code by the settings' table; unclear for a code that is not in it (C27)."""
    found = table.get(code, "unclear")
    return found if found in ("ok", "failed", "invalid") else "unclear"  # type: ignore[return-value]  # one of them
