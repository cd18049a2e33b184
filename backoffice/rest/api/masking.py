"""Secrets out of whatever is shown or kept (R13)."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from backoffice.protocol.secret import MASK, SecretText

#: Keys whose values are secret, without case and underscores.
_KEYS = frozenset(
    {
        *(
            "password",
            "secondauth",
            "apikey",
            "xapikey",
            "accesstoken",
            "broadcastaccesstoken",
            "sessiontoken",
        ),
        *(
            "registertoken",
            "octoken",
            "usercode",
            "mpin",
            "udid",
            "authorization",
            "token",
            "refreshtoken",
            "otp",
        ),
        *("totp", "pin"),
    }
)
#: A JSON web token, wherever it appears.
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*){0,2}")
_PAIR = re.compile(
    r"""(\\*["']?)([A-Za-z_\-]{3,30})\1(\s*[:=]\s*)(\\+"[^"]*"?|"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,;&{}\[\]"']+)"""
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)\S+")
#: A shorter secret is hidden only as a whole value: as a part it would hide half of the text.
_SHORTEST_PART = 4


def is_secret_key(key: str) -> bool:
    """Whether the value of this key is a secret."""
    return re.sub(r"[^a-z]", "", key.lower()) in _KEYS


class Mask:
    """Hides the secrets of one call, and what looks like a secret."""

    def __init__(self, secrets: Iterable[SecretText | None] = ()) -> None:
        texts = {secret.reveal() for secret in secrets if secret}
        written = {form for text in texts for form in (text, json.dumps(text)[1:-1], quote(text, safe=""))}
        # Longer ones first, so that none is left in part behind another.
        self._parts = sorted((form for form in written if len(form) >= _SHORTEST_PART), key=len, reverse=True)
        self._wholes = frozenset(texts)

    def __repr__(self) -> str:
        return "<Mask>"

    def text(self, text: str) -> str:
        """A text without secrets."""
        if text in self._wholes:
            return MASK
        for part in self._parts:
            text = text.replace(part, MASK)
        text = _BEARER.sub(rf"\1{MASK}", _TOKEN.sub(MASK, text))
        return _PAIR.sub(_pair, text)

    def value(self, value: Any) -> Any:
        """JSON data without secrets; a string that holds JSON is looked into."""
        if isinstance(value, Mapping):
            return {
                self.text(str(k)): MASK if is_secret_key(str(k)) and v else self.value(v)
                for k, v in value.items()
            }
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return self.text(value) if isinstance(value, str) else self._number(value)

    def _number(self, value: Any) -> Any:
        return MASK if str(value) in self._wholes else value


def _pair(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}{found[1]}{found[3]}{MASK}" if is_secret_key(found[2]) else found[0]
