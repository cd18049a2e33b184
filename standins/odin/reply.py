"""An HTTP reply as the stand-in sends it, properly or not."""

import json
from dataclasses import dataclass, field, replace

XML = "text/xml; charset=utf-8"
HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """What leaves: status, headers, body, and how the connection is treated.

    `drop`: "close" or "reset" the connection, send nothing. `cut`: send so many bytes of the body and close.
    `chunks`: send the body in so many pieces spread over `seconds`. `length`: say Content-Length (if not,
    the end of the body is the end of the connection). `close_after`: close afterwards without having said so.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = XML
    headers: dict[str, str] = field(default_factory=dict)
    drop: str = ""
    cut: int | None = None
    chunks: int = 1
    seconds: float = 0.0
    length: bool = True
    close_after: bool = False

    def changed(self, **values: object) -> "Reply":
        """Return the reply with some values changed."""
        return replace(self, **values)  # type: ignore[arg-type]


def plain(text: str, status: int = 200) -> Reply:
    """A reply in plain words."""
    return Reply(text.encode(), status, "text/plain; charset=utf-8")


def as_json(data: object, status: int = 200) -> Reply:
    """A reply in JSON."""
    return Reply(json.dumps(data, indent=1).encode(), status, JSON)
