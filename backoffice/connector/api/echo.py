"""The echo object: base64 of JSON `{v, i, n, m}`, which a callback brings back (C12)."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Any

VERSION = 1
_SIGNS = re.compile(r"[A-Za-z0-9+/\-_ ]{1,2000}=*")


@dataclass(frozen=True)
class Echo:
    """The content of our echo object: an invitation's reference, and the nonce of one click."""

    invitation: str
    nonce: str


def write(echo: Echo, key: bytes) -> str:
    """The object as base64. It holds no name and no UCC: it passes through the browser and the vendor."""
    content = {"v": VERSION, "i": echo.invitation, "n": echo.nonce, "m": _mac(echo, key)}
    return base64.b64encode(json.dumps(content, separators=(",", ":")).encode()).decode("ascii")


def read(text: str, key: bytes) -> Echo | None:
    """Return the object in a text, if it is ours: also without padding, with the URL alphabet, with spaces for `+`."""
    if not _SIGNS.fullmatch(text):
        return None
    plain = text.rstrip("=").replace(" ", "+").replace("-", "+").replace("_", "/")
    try:
        found: Any = json.loads(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("v") != VERSION:
        return None
    invitation, nonce, mac = (str(found.get(name)) for name in ("i", "n", "m"))
    echo = Echo(invitation, nonce)
    return echo if mac.isascii() and hmac.compare_digest(_mac(echo, key), mac) else None


def _mac(echo: Echo, key: bytes) -> str:
    said = f"{VERSION}.{len(echo.invitation)}.{echo.invitation}.{echo.nonce}"
    return hmac.new(key, said.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
