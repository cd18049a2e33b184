"""The envelope of VAS services: `{success, statusCode, data, message, traceId}` (3)."""

from dataclasses import dataclass
from typing import Any

from backoffice.rest.api.envelope import Unreadable, parse

#: Codes of the vendor's own services that public pages name.
AUTH_CODE_GOOD = "reg-200-043"
#: The vendor's public pages do not give this text. Ours is short and never says the reason (C13).
OUR_GOOD, OUR_BAD, OUR_FAULT, MALFORMED = "bo-200", "bo-400", "bo-503", "bo-422"


@dataclass(frozen=True)
class Envelope:
    """The content of a vendor's answer."""

    success: bool
    code: str
    message: str
    data: Any


def answer(success: bool, code: str, message: str, *, data: Any = None, trace_id: str = "") -> dict[str, Any]:
    """An envelope of ours, to be written as JSON."""
    return {"success": success, "statusCode": code, "data": data, "message": message, "traceId": trace_id}


def read(body: bytes) -> Envelope:
    """Return the envelope of an answer. Raises Unreadable if `success` is not a boolean: doubt is never success."""
    found = parse(body)
    if not isinstance(found, dict) or not isinstance(found.get("success"), bool):
        raise Unreadable("The answer is not an envelope.")
    return Envelope(
        found["success"], _text(found.get("statusCode")), _text(found.get("message")), found.get("data")
    )


def _text(value: Any) -> str:
    return value[:300] if isinstance(value, str) else ""
