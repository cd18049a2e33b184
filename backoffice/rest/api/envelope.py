"""The envelope of an answer: `{status, code, message, data, errors}` (section Response Structure)."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


class Unreadable(ValueError):
    """A body that is not JSON, or JSON that says two things at once."""


@dataclass(frozen=True)
class Envelope:
    """What an answer says. `data` is None if it is missing; `missing` tells that from null."""

    status: str
    code: str
    message: str
    data: Any
    errors: Any
    total: int | None
    missing: bool

    def __repr__(self) -> str:
        return f"<Envelope {self.status!r}>"

    @property
    def is_success(self) -> bool:
        """Whether it says success. The code decides nothing (R5)."""
        return self.status == "success"

    @property
    def is_error(self) -> bool:
        """Whether it says error."""
        return self.status == "error"

    def items(self) -> list[Any] | None:
        """The rows of a book: missing data is an empty list, one object a list of one. None if it is neither."""
        if self.data is None or self.data == "":
            return []
        if isinstance(self.data, dict):
            return [self.data]
        return self.data if isinstance(self.data, list) else None


def parse(body: bytes) -> Any:
    """JSON of an answer, with exact numbers. Raises Unreadable."""
    try:
        return _loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("The answer is not text.") from None


def _loads(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_object)
    except Unreadable:
        raise
    except (ValueError, RecursionError, ArithmeticError):
        raise Unreadable("The answer is not JSON.") from None


def _refuse(name: str) -> Any:
    raise Unreadable(f"The answer holds {name}, which is not JSON.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("The answer names one key twice.")
    return found


def read_envelope(parsed: Any) -> Envelope | None:
    """The envelope that JSON holds. None if it holds none, like the gateway's `{"message": ...}`."""
    if not isinstance(parsed, dict) or not isinstance(parsed.get("status"), str):
        return None
    metadata = parsed.get("metadata")
    return Envelope(
        status=parsed["status"],
        code=_text(parsed.get("code")),
        message=_text(parsed.get("message")),
        data=_data(parsed.get("data")),
        errors=_data(parsed.get("errors")),
        total=_total(metadata.get("total_records")) if isinstance(metadata, dict) else None,
        missing="data" not in parsed,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _data(value: Any) -> Any:
    """Data that is a string is read once as JSON, and stays text where that fails (R5)."""
    if not isinstance(value, str):
        return value
    try:
        return _loads(value)
    except Unreadable:
        return value


def _total(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
