"""The JSON that answers to reads carry in tag 19: proper, or in the forms that the document prints (M4,
M6).
"""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from backoffice.protocol.findings import DecodeError

#: Reads whose answer is a list of objects; a single object is taken as a list of one.
LISTS = frozenset({"Periodicity", "FundsView", "StockView"})

#: The only key of the whole, its colon and closing quote possibly missing (327 lacks both).
_HEAD = re.compile(r'\s*\{\s*"\s*([A-Za-z]{1,40})\s*(?:"\s*:)?\s*(?=[\[{])')
_NEXT = re.compile(r"\s*,\s*(?=[{\"])")
_SPACE = re.compile(r"\s*")


def parse(text: str) -> object:
    """The data: amounts are Decimal, lists are lists.

    Raises DecodeError on whatever is neither JSON nor a printed form.
    """
    try:
        try:
            data = _proper(text)
        except ValueError:
            data = _printed(text)
    except (ValueError, RecursionError) as error:
        raise DecodeError("The data of this answer is not readable.") from error
    if isinstance(data, dict):
        for name in LISTS & data.keys():
            if isinstance(data[name], dict):
                data[name] = [data[name]]
    return data


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON.")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)
_value: Callable[[str, int], tuple[Any, int]] = _DECODER.raw_decode


def _proper(text: str) -> Any:
    return _DECODER.decode(text)


def _printed(text: str) -> dict[str, Any]:
    """One key, then objects where an array must be; after the first, an object may lack its opening brace."""
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
    """An object without its opening brace, from its first key to its closing brace."""
    row: dict[str, Any] = {}
    while True:
        key, place = _value(text, place)
        place = _skip(text, place)
        if not isinstance(key, str) or text[place : place + 1] != ":":
            raise ValueError("a key was expected")
        row[key], place = _value(text, _skip(text, place + 1))
        place = _skip(text, place)
        after = text[place : place + 1]
        if after == "}":
            return row, place + 1
        if after != ",":
            raise ValueError("a comma was expected")
        place = _skip(text, place + 1)


def _skip(text: str, place: int) -> int:
    """The place after white space."""
    match = _SPACE.match(text, place)
    return match.end() if match else place
