"""Requests as bytes: JSON without float dust, addresses without a character of their own meaning."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from backoffice.protocol.findings import EncodeError
from backoffice.protocol.secret import SecretText


def to_json(value: Any) -> str:
    """JSON, in ASCII. A Decimal is written digit by digit. Raises EncodeError for a float and anything else."""
    if isinstance(value, SecretText):
        return json.dumps(value.reveal())
    if isinstance(value, bool) or value is None or type(value) in (str, int):
        return json.dumps(value)
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)}: {to_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_json, value)) + "]"
    raise EncodeError(f"A {type(value).__name__} cannot be written as JSON.")


def number(value: Decimal) -> str:
    """A Decimal as a JSON number: no exponent, no zeros at the end, no negative zero."""
    if not value.is_finite():
        raise EncodeError("A number that is not finite cannot be written as JSON.")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def segment(value: str) -> str:
    """A value as one segment of a path: percent-encoded with no safe characters (R2)."""
    if value in ("", ".", ".."):
        raise EncodeError("A part of the address is empty or a dot segment.")
    return encoded(value)


def query(pairs: Iterable[tuple[str, str]]) -> str:
    """Parameters of an address."""
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in pairs)


def encoded(value: str) -> str:
    """Percent-encoded with no safe characters. Raises EncodeError, without the value, for half a character."""
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise EncodeError("A part of the address has a character that cannot be encoded.") from None
