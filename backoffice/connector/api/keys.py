"""API keys as VAS gives them (3.9): `[{type, apikey, endpoint, secretkey}]`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from backoffice.protocol.secret import SecretText
from backoffice.rest.api.envelope import Unreadable

TYPES = ("interactive", "broadcast", "omex")
#: The type that orders need.
NEEDED = "interactive"
#: The characters of a key, which headers and bodies can carry.
_KEY = re.compile(r"[!-~]{8,8000}")
_ENDPOINT = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True)
class GivenKey:
    """One key of an answer. `secret`: empty for all but OMEX."""

    type: str
    key: SecretText = field(repr=False)
    secret: SecretText = field(repr=False)
    endpoint: str


def read(data: Any) -> Sequence[GivenKey]:
    """Return the keys of an answer's `data`. Raises Unreadable, without any value, if one of them cannot be used."""
    if not isinstance(data, list) or not 1 <= len(data) <= len(TYPES):
        raise Unreadable("The answer holds no list of keys.")
    keys = [_key(row) for row in data]
    types = [one.type for one in keys]
    if len(set(types)) < len(types):
        raise Unreadable("The answer holds two keys of one type.")
    if NEEDED not in types:
        raise Unreadable("The answer holds no interactive key.")
    return keys


def _key(row: Any) -> GivenKey:
    if not isinstance(row, dict) or row.get("type") not in TYPES:
        raise Unreadable("The answer holds a key of an unknown type.")
    kind, key, endpoint = row["type"], row.get("apikey"), row.get("endpoint")
    secret = row.get("secretkey") or ""
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise Unreadable(f"The {kind} key is not a key.")
    if not isinstance(secret, str) or (secret and not _KEY.fullmatch(secret)):
        raise Unreadable(f"The secret of the {kind} key is not a key.")
    if not isinstance(endpoint, str) or not _ENDPOINT.fullmatch(endpoint):
        raise Unreadable(f"The {kind} key has no endpoint.")
    return GivenKey(kind, SecretText(key), SecretText(secret), endpoint)
