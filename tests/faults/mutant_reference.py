"""A worker that is wrong on purpose: it gives each attempt at a deposit a reference of its own."""

import os
from typing import Any

from tests.faults.worker import app  # noqa: F401  # first: it sets Django up

# isort: split

from backoffice.delivery import sending
from backoffice.protocol.message import Repeat, Request
from backoffice.protocol.wire import encode

_newest: dict[str, str] = {}
_read = sending.read
_count = iter(range(10**9))


def encode_anew(message: type[Request], values: Any, *rest: Any) -> str:
    """The message, with another reference than the one it was approved with."""
    if message.repeat is Repeat.SAME_REFERENCE:
        reference = values["reference"]
        _newest[reference] = f"{reference[:10]}{os.getpid()}{next(_count)}"[:20]
        values = {**values, "reference": _newest[reference]}
    return encode(message, values, *rest)


def read_anew(message: type[Request], answer: str, *, reference: str, earlier_unknown: bool) -> Any:
    """The answer, which echoes the new reference."""
    if message.repeat is Repeat.SAME_REFERENCE:
        reference = _newest[reference]
    return _read(message, answer, reference=reference, earlier_unknown=earlier_unknown)


sending.encode = encode_anew  # type: ignore[attr-defined]
sending.read = read_anew
