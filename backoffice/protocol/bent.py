"""What another program has made of a value: signs put around it, a number's `.0`, an exponent, grouping.

Spreadsheets keep text from being taken for a number with `'00123` or `="00123"`; programs that took it for a number
write 50100012345678.0 or 5.01e+13. None of it belongs to the value.
"""

import re

_QUOTES = ("'", '"')
#: A whole number as a program writes one that it keeps with decimals.
_POINT_ZERO = re.compile(r"([+-]?[0-9]{1,40})\.0{1,20}")
#: A long number shortened: the digits behind are lost.
_SHORTENED = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{1,20}E[+-]?|E\+)[0-9]{1,3}", re.IGNORECASE)
#: Digits grouped as in India or elsewhere, by commas or by spaces.
_GROUPED = re.compile(
    r"[0-9]{1,2}(?:,[0-9]{2}){0,12},[0-9]{3}|[0-9]{1,3}(?:,[0-9]{3}){1,12}"
    r"|[0-9]{1,2}(?: [0-9]{2}){0,12} [0-9]{3}|[0-9]{1,3}(?: [0-9]{3}){1,12}"
)
#: What follows an equals sign that is no formula.
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{0,20})?")


def is_bent(text: str, *, free: bool = False) -> bool:
    """Whether a text that is not empty looks so. In free text only where there is nothing but digits in it."""
    if is_shortened(text):
        return not free
    if free:
        inner = text.strip("'\"") if text[:1] in _QUOTES else ""
        return bool(_POINT_ZERO.fullmatch(inner or text)) or (inner.isascii() and inner.isdigit())
    return (text[:1] in _QUOTES and text[1:2].isalnum()) or bool(_POINT_ZERO.fullmatch(text))


def is_shortened(text: str) -> bool:
    """Whether a text is a number with an exponent, such as 1.2E+15: nobody can say which digits it had."""
    return bool(_SHORTENED.fullmatch(text[:50])) and len(text) <= 50


def unwrapped(text: str) -> str | None:
    """The text without the quotation marks, apostrophe or equals sign around it; None for any other formula."""
    inner = text.strip(" ")
    formula = inner[:1] == "="
    if formula:
        inner = inner[1:].strip(" ")
    quoted = inner[:1] in _QUOTES and inner[:1] != ""
    for _ in range(3):  # some programs quote what is quoted
        if inner[:1] not in _QUOTES:
            break
        closed = len(inner) > 1 and inner[-1] == inner[0]
        inner = (inner[1:-1] if closed else inner[1:]).strip(" ")
    if formula and not quoted and not _NUMBER.fullmatch(inner):
        return None
    return inner


def without_point_zero(text: str) -> str:
    """The digits before a `.0`; another text as it is."""
    match = _POINT_ZERO.fullmatch(text)
    return match[1] if match else text


def ungrouped(text: str) -> str:
    """A number without the signs between its groups of digits; another text as it is."""
    whole, point, decimals = text.partition(".")
    sign = whole[:1] if whole[:1] in ("+", "-") else ""
    if not _GROUPED.fullmatch(whole[len(sign) :]):
        return text
    return sign + whole[len(sign) :].replace(",", "").replace(" ", "") + point + decimals


def plain_amount(text: str) -> str:
    """An amount without the sign of the rupee and the commas between its groups of digits; another text stripped."""
    text = text.strip(" ")
    plain = ungrouped(text.removeprefix("₹").strip(" "))
    return plain if plain[:1].isdigit() else text
