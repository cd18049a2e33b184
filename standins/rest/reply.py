"""A reply as the stand-in sends it, properly or not, and the envelope of the API."""

import json
from dataclasses import dataclass, field
from typing import Any

HTML = "text/html; charset=utf-8"
JSON = "application/json"


@dataclass(frozen=True)
class Reply:
    """What leaves. `drop`: "close" or "reset" the connection, send nothing. `cut`: send so many bytes, then close.
    `chunks`: send the body in so many pieces over `seconds`.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    drop: str = ""
    cut: int | None = None
    chunks: int = 1
    seconds: float = 0.0


class Refused(Exception):
    """A call that is refused: an answer of its own, with the reason for the page."""

    def __init__(self, status: int, message: str, code: str = "e-101", errors: Any = "") -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.errors = status, message, code, errors


def as_json(value: object, status: int = 200) -> Reply:
    """Data as JSON."""
    return Reply(status, json.dumps(value).encode())


def plain(text: str, status: int = 200) -> Reply:
    """Words."""
    return Reply(status, text.encode(), "text/plain; charset=utf-8")


def gateway(message: str, status: int = 403) -> Reply:
    """What the gateway in front of the API answers: no envelope."""
    return as_json({"message": message}, status)


def success(
    message: str, data: Any = None, *, code: str = "s-101", total: int | None = None
) -> dict[str, Any]:
    """The envelope of a success. Without data, or with an empty list, there is no key for it."""
    envelope: dict[str, Any] = {"status": "success", "code": code, "message": message}
    if data not in (None, []):
        envelope["data"] = data
    if total is not None:
        envelope["metadata"] = {"total_records": total}
    return envelope


def error(refused: Refused) -> dict[str, Any]:
    """The envelope of an error."""
    return {
        "status": "error",
        "code": refused.code,
        "message": refused.message,
        "errors": refused.errors,
    }
