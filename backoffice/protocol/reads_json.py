"""The JSON in tag 19 of answers to reads: proper, or in the forms that the document prints (M4, M6)."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from backoffice.protocol.findings import DecodeError

#: Reads whose answer is a list of objects; a single object counts as a list of one.
LISTS = frozenset({"Periodicity", "FundsView", "StockView"})
#: The read whose answer is one object; a list of one counts as that object.
ONE = "FundsViewSummary"

#: The only key of the data, perhaps without colon and closing quote (327 lacks both).
_HEAD = re.compile(r'\s*+\{\s*+"\s*+([A-Za-z]{1,40}+)\s*+(?:"\s*+:\s*+)?+(?=[\[{])')
_NEXT = re.compile(r"\s*+,\s*+(?=[{\"])")
_SPACE = re.compile(r"\s*+")
#: Characters that no page or database can store: control characters (except line breaks) and halves of
#: characters.
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
#: No figure of ODIN has nearly as many characters.
LONGEST_NUMBER = 40


def parse(text: str) -> object:
    """Return the data: amounts are Decimal, lists are lists.

    Raises DecodeError for anything but JSON or a printed form, and for JSON that a page could not show:
    repeated keys, endless numbers, invalid texts.
    """
    try:
        try:
            data = _proper(text)
        except ValueError:
            data = _printed(text)
        _check_texts(data)
    except (ValueError, RecursionError) as error:
        raise DecodeError("The data of this answer is not readable.") from error
    if isinstance(data, dict):
        for name in LISTS & data.keys():
            if isinstance(data[name], dict):
                data[name] = [data[name]]
        match data.get(ONE):
            case [dict(only)]:
                data[ONE] = only
    return data


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON.")


def _number(make: Callable[[str], Any]) -> Callable[[str], Any]:
    def number(text: str) -> Any:
        if len(text) > LONGEST_NUMBER:
            raise ValueError("A number is too long.")
        return make(text)

    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("A key is repeated.")
    return found


def _check_texts(data: Any) -> None:
    waiting = [data]
    while waiting:
        match waiting.pop():
            case str(text):
                if _NOT_TEXT.search(text):
                    raise ValueError("A text cannot be shown.")
            case dict(found):
                waiting += [*found.keys(), *found.values()]
            case list(found):
                waiting += found


# The document prints line breaks within texts: not strict.
_DECODER = json.JSONDecoder(
    strict=False,
    parse_float=_number(Decimal),
    parse_int=_number(int),
    parse_constant=_no_constant,
    object_pairs_hook=_object,
)
_value: Callable[[str, int], tuple[Any, int]] = _DECODER.raw_decode


def _proper(text: str) -> Any:
    return _DECODER.decode(text)


def _printed(text: str) -> dict[str, Any]:
    """Read one key and a sequence of objects instead of an array.

    After the first, an object may lack its opening brace.
    """
    head = _HEAD.match(text)
    if not head:
        raise ValueError("no printed form")
    place = head.end()
    if text[place] == "[":
        rows, place = _value(text, place)
    else:
        rows, place = _objects(text, place)
    if text[place:].strip() != "}":
        raise ValueError("something follows")
    return {head[1]: rows}


def _objects(text: str, place: int) -> tuple[list[Any], int]:
    rows: list[Any] = []
    while True:
        row, place = _value(text, place) if text[place] == "{" else _unopened(text, place)
        rows.append(row)
        following = _NEXT.match(text, place)
        if not following:
            return rows, place
        place = following.end()


def _unopened(text: str, place: int) -> tuple[dict[str, Any], int]:
    """Read an object without its opening brace, from its first key to its closing brace."""
    row: dict[str, Any] = {}
    while True:
        key, place = _value(text, place)
        place = _skip(text, place)
        if not isinstance(key, str) or text[place : place + 1] != ":":
            raise ValueError("a key was expected")
        if key in row:
            raise ValueError("a key is repeated")
        row[key], place = _value(text, _skip(text, place + 1))
        place = _skip(text, place)
        after = text[place : place + 1]
        if after == "}":
            return row, place + 1
        if after != ",":
            raise ValueError("a comma was expected")
        place = _skip(text, place + 1)


def _skip(text: str, place: int) -> int:
    """Return the place after white space."""
    match = _SPACE.match(text, place)
    return match.end() if match else place
