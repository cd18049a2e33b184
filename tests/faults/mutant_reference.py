"""A worker that is wrong on purpose: it gives each attempt at a deposit a reference of its own."""

import threading
from typing import Any

from tests.faults.worker import app  # noqa: F401  # first: it sets Django up

# isort: split

from backoffice.delivery import sending
from backoffice.protocol.message import Repeat, Request
from backoffice.protocol.wire import encode

_sent = threading.local()
_read = sending.read
_count = iter(range(10**9))


def encode_anew(message: type[Request], values: Any, *rest: Any) -> str:
    """The message, with another reference than the one it was approved with."""
    if message.repeat is Repeat.SAME_REFERENCE:
        _sent.reference = f"{values['reference'][:10]}{threading.get_native_id()}{next(_count)}"[:20]
        values = {**values, "reference": _sent.reference}
    return encode(message, values, *rest)


def read_anew(message: type[Request], answer: str, *, reference: str, earlier_unknown: bool) -> Any:
    """The answer, which echoes the new reference."""
    if message.repeat is Repeat.SAME_REFERENCE:
        reference = _sent.reference
    return _read(message, answer, reference=reference, earlier_unknown=earlier_unknown)


sending.encode = encode_anew  # type: ignore[attr-defined]
sending.read = read_anew
