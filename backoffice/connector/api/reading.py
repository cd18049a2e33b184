"""Read what the vendor, or a client's browser, sends: JSON, form or query, in several spellings (C14, C23)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from backoffice.rest.api.envelope import Unreadable, parse

#: Limits: names in one message, and characters of one value.
MOST_FIELDS, LONGEST = 100, 20_000
#: Characters that a database or a page cannot store.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

Fields = Mapping[str, str]

__all__ = ["Fields", "Unreadable", "fields_of", "pick", "scalar", "shape_of"]


def fields_of(content_type: str, query: str, body: bytes) -> dict[str, str]:
    """Return the named values of a call, names in small letters, from query and body together.

    Raises Unreadable: neither JSON nor a form, a value that is neither text nor number, one name with two
    contents (C23).
    """
    pairs = _pairs(query)
    if body:
        kind = content_type.partition(";")[0].strip().lower()
        if kind == "application/json" or body.lstrip()[:1] == b"{":
            pairs += _json_pairs(parse(body))
        elif kind in ("application/x-www-form-urlencoded", ""):
            try:
                pairs += _pairs(body.decode("utf-8"))
            except UnicodeDecodeError:
                raise Unreadable("The form is not UTF-8.") from None
        else:
            raise Unreadable("The body is neither JSON nor a form.")
    return _once(pairs)


def pick(fields: Fields, spellings: Iterable[str]) -> str:
    """Return the value of the first of these spellings that exists, ignoring case; "" if none does."""
    for name in spellings:
        if value := fields.get(name.lower(), ""):
            return value
    return ""


def shape_of(fields: Fields) -> list[str]:
    """Return the names of a call with length and kind of each value, but no value, for people who set it up."""
    return sorted(f"{name[:60]}: {_kind(value)}, {len(value)}" for name, value in fields.items())[
        :MOST_FIELDS
    ]


def scalar(value: Any) -> str:
    """A value of JSON as text. Raises Unreadable for a list or an object."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        raise Unreadable("A value is a list or an object.")
    return str(value)


def _kind(value: str) -> str:
    return "digits" if value.isascii() and value.isdigit() else "text"


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise Unreadable("The form cannot be read.") from None


def _json_pairs(found: Any) -> list[tuple[str, str]]:
    if not isinstance(found, dict) or len(found) > MOST_FIELDS:
        raise Unreadable("The body is not one JSON object.")
    return [(name, scalar(value)) for name, value in found.items()]


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        if len(value) > LONGEST or len(name) > LONGEST or _UNSTORABLE.search(name + value):
            raise Unreadable("A value is too long, or has a control character.")
        key = name.lower()
        if found.setdefault(key, value) != value:
            raise Unreadable("One value came twice with different content.")
    return found
