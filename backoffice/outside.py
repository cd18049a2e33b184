"""Numbers, times and text that come from outside: an address, a form, a file, an answer.

`int`, `Decimal` and the database never see them first: `int("1" * 10**6)` and `int(Decimal("1e5000000"))` hold a
process for minutes, a database takes numbers of 64 bits, and PostgreSQL no NUL.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

MOST_DIGITS = 18
#: Times that no conversion between time zones can push off the calendar.
FIRST_YEAR, LAST_YEAR = 2000, 2099

_WHOLE = re.compile(rf"[0-9]{{1,{MOST_DIGITS}}}")
#: No column of amounts holds more.
_RUPEES = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,2})?")
#: What PostgreSQL or UTF-8 cannot hold.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
#: What no page, log or file can show as it is: control signs but tab and line ends, and signs that turn text round.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"  # meant
)
_DELETE, _DELETE_SIGN = "\x7f", "\N{SYMBOL FOR DELETE}"
_UNKNOWN_SIGN = "\N{REPLACEMENT CHARACTER}"


def whole(text: object, most: int = 10**MOST_DIGITS - 1) -> int | None:
    """The number in a text of ASCII digits, from 0 to `most`; None for anything else."""
    if not isinstance(text, str) or not _WHOLE.fullmatch(text):
        return None
    number = int(text)
    return number if number <= most else None


def wholes(texts: Iterable[object]) -> list[int]:
    """The numbers among texts, such as the ticked rows of a list; what is no number is left out."""
    return [number for text in texts if (number := whole(text)) is not None]


def form_token(text: str) -> UUID | None:
    """The token that makes a form good for one change, as it came back; None if it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def rupees(text: object) -> Decimal | None:
    """The amount in a text of ASCII digits with at most two decimals; None for anything else."""
    return Decimal(text) if isinstance(text, str) and _RUPEES.fullmatch(text) else None


def moment(text: str) -> datetime | None:
    """The time in a text of ISO 8601 with its zone, in UTC; None for anything else."""
    try:
        found = datetime.fromisoformat(text[:40])
        return found.astimezone(UTC) if found.tzinfo and FIRST_YEAR <= found.year <= LAST_YEAR else None
    except ValueError:
        return None


def storable(text: str) -> bool:
    """Whether every database can hold the text."""
    return not _UNSTORABLE.search(text)


def visible(text: str) -> str:
    """The text with a sign for each control character, so that it can be stored and is seen."""
    return _UNSEEN.sub(lambda found: _sign(found[0]), text)


def quoted(text: object) -> str:
    """The text between quotation marks for a message; what cannot be seen as an escape, such as \\x00 or \\u200b."""
    seen = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in str(text))
    return f"“{seen}”"


def _sign(character: str) -> str:
    if character < " ":
        return chr(0x2400 + ord(character))
    return _DELETE_SIGN if character == _DELETE else _UNKNOWN_SIGN
