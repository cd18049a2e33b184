"""The envelope of the API, and what the gateway in front of it answers."""

from typing import Any

from standins.serving import Reply, as_json


class Refused(Exception):
    """A call that is refused: an answer of its own, with the reason for the page."""

    def __init__(self, status: int, message: str, code: str = "e-101", errors: Any = "") -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.errors = status, message, code, errors


def gateway(message: str, status: int = 403) -> Reply:
    """What the gateway in front of the API answers: no envelope."""
    return as_json({"message": message}, status)


def success(message: str, data: Any = None, *, total: int | None = None) -> dict[str, Any]:
    """The envelope of a success. Without data, or with an empty list, there is no key for it."""
    envelope: dict[str, Any] = {"status": "success", "code": "s-101", "message": message}
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
