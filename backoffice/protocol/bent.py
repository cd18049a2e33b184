"""Values bent by another program: characters around them, a number's `.0`, an exponent, grouping.

Spreadsheets mark text with `'00123` or `="00123"`. Programs that take it for a number write 50100012345678.0
or 5.01e+13. None of this belongs to the value.
"""

import re

_QUOTES = ("'", '"')
#: A whole number as a program writes one that it stores with decimals.
_POINT_ZERO = re.compile(r"([+-]?[0-9]{1,40})\.0{1,20}")
#: A shortened long number: its last digits are lost.
_SHORTENED = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{1,20}E[+-]?|E\+)[0-9]{1,3}", re.IGNORECASE)
#: Digits grouped the Indian or another way, by commas or spaces.
_GROUPED = re.compile(
    r"[0-9]{1,2}(?:,[0-9]{2}){0,12},[0-9]{3}|[0-9]{1,3}(?:,[0-9]{3}){1,12}"
    r"|[0-9]{1,2}(?: [0-9]{2}){0,12} [0-9]{3}|[0-9]{1,3}(?: [0-9]{3}){1,12}"
)
#: An amount or a percentage below zero, also as accountants write it: (500.00).
_NEGATIVE = re.compile(r"(?:₹ ?)?[-\u2212(] ?(?:₹ ?)?[0-9][0-9, ]{0,40}(?:\.[0-9]{0,20})? ?[%)]?")
#: What follows an equals sign that does not start a formula.
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{0,20})?")


def is_bent(text: str, *, free: bool = False) -> bool:
    """Whether a non-empty text looks bent. In free text, only if it has nothing but digits."""
    if is_shortened(text):
        return not free
    if free:
        inner = text.strip("'\"") if text[:1] in _QUOTES else ""
        return bool(_POINT_ZERO.fullmatch(inner or text)) or (inner.isascii() and inner.isdigit())
    return (text[:1] in _QUOTES and text[1:2].isalnum()) or bool(_POINT_ZERO.fullmatch(text))


def is_shortened(text: str) -> bool:
    """Whether a text is a number with an exponent, such as 1.2E+15, whose digits are lost."""
    return bool(_SHORTENED.fullmatch(text[:50])) and len(text) <= 50


def unwrapped(text: str) -> str | None:
    """Remove quotation marks, apostrophe or equals sign around a text; None for any other formula."""
    inner = text.strip(" ")
    formula = inner[:1] == "="
    if formula:
        inner = inner[1:].strip(" ")
    quoted = inner[:1] in _QUOTES and inner[:1] != ""
    for _ in range(3):  # some programs quote a quoted text again
        if inner[:1] not in _QUOTES:
            break
        closed = len(inner) > 1 and inner[-1] == inner[0]
        inner = (inner[1:-1] if closed else inner[1:]).strip(" ")
    if formula and not quoted and not _NUMBER.fullmatch(inner):
        return None
    return inner


def without_point_zero(text: str) -> str:
    """Return the digits before a `.0`; another text unchanged."""
    match = _POINT_ZERO.fullmatch(text)
    return match[1] if match else text


def ungrouped(text: str) -> str:
    """Return a number without grouping; another text unchanged."""
    whole, point, decimals = text.partition(".")
    sign = whole[:1] if whole[:1] in ("+", "-") else ""
    if not _GROUPED.fullmatch(whole[len(sign) :]):
        return text
    return sign + whole[len(sign) :].replace(",", "").replace(" ", "") + point + decimals


def is_negative(text: str) -> bool:
    """Whether a text is an amount or a percentage below zero, such as -500, ₹ -2,50,000.00 or (500.00)."""
    return bool(_NEGATIVE.fullmatch(text.strip(" ")))


def plain_amount(text: str) -> str:
    """Return an amount without rupee sign and grouping; another text stripped."""
    text = text.strip(" ")
    plain = ungrouped(text.removeprefix("₹").strip(" "))
    return plain if plain[:1].isdigit() else text
