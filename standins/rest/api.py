"""From a request to a reply: route, key, body, fault, note of what was received."""

import json
import logging
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from standins.rest.constants import KOLKATA, PREFIX, ROUTES
from standins.rest.faults import FAULTS
from standins.rest.reply import Refused, error, gateway
from standins.rest.service import Asked
from standins.serving import Reply, as_json

if TYPE_CHECKING:
    from standins.rest.server import RestStandIn

log = logging.getLogger("standins.rest")

#: Keys whose values the page does not show.
SECRET = re.compile(
    r'("(?:password|second_auth|api_key|UDID|\w*_token|ocToken|userCode)"\s*:\s*)"(?:[^"\\]|\\.)*"'
)
KEPT = 4000


def find_route(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """The call of a method and raw path, with what its segments hold, decoded one by one."""
    given = path.removeprefix(PREFIX).split("/")
    # A fixed segment counts before one in braces: `orders` is the book, not an order's history.
    for name, wanted, template in ROUTES:
        segments = template.split("/")
        if wanted != method or len(segments) != len(given):
            continue
        pairs = list(zip(segments, given, strict=True))
        if all((got and s[:1] == "{") or s == got for s, got in pairs):
            return name, {s.strip("{}"): unquote(got) for s, got in pairs if s[:1] == "{"}
    return None


class Api:
    """The API behind its gateway."""

    def __init__(self, standin: "RestStandIn") -> None:
        self._standin = standin

    def reply(self, method: str, path: str, query: str, headers: Any, body: bytes) -> Reply:
        """Answer a request, struck by a fault where one is armed, and write it down."""
        route = find_route(method, path)
        name, parts = route or ("", {})
        key = headers.get("x-api-key") or ""
        asked = Asked(name, method, path, parts, {}, None, "")
        armed = None
        if route is None:
            reply = gateway("Missing Authentication Token")
        elif not self._standin.keys.opens_gateway(key):
            reply = gateway("Forbidden")
        else:
            armed = self._standin.faults.take(name)
            answered = self._answer

            def apply() -> Reply:
                return answered(asked, query, headers, body)

            reply = FAULTS[armed.fault].run(apply, armed) if armed else apply()
        self._write_down(asked, query, body, reply, armed.fault if armed else "")
        return reply

    def _answer(self, asked: Asked, query: str, headers: Any, body: bytes) -> Reply:
        try:
            if (headers.get("Content-Type") or "").partition(";")[0].strip() != "application/json":
                raise Refused(400, "Bad request", "e-100", "Content-Type must be application/json.")
            kind, _, token = (headers.get("Authorization") or "").partition(" ")
            asked.token = token if kind == "Bearer" else ""
            asked.header_key = headers.get("x-api-key") or ""
            asked.query = dict(parse_qsl(query, keep_blank_values=True))
            asked.body = _body(asked.method, body)
            return as_json(self._standin.service.answer(asked))
        except Refused as refused:
            return as_json(error(refused), refused.status)
        except OSError:
            return as_json(error(Refused(503, "The stand-in ODIN does not answer", "e-503")), 503)
        except Exception:
            log.exception("the stand-in failed at %s", asked.call)
            return as_json(error(Refused(500, "Internal Server Error", "e-500")), 500)

    def _write_down(self, asked: Asked, query: str, body: bytes, reply: Reply, fault: str) -> None:
        self._standin.store.add_received(
            {
                "at": f"{datetime.now(KOLKATA):%d-%m-%Y %H:%M:%S}",
                "call": asked.call,
                "method": asked.method,
                "path": f"{asked.path}?{query}" if query else asked.path,
                "user_id": asked.user_id[:40],
                "status": 0 if reply.drop else reply.status,
                "fault": fault,
                "body": _shown(body),
                "answer": "" if reply.drop else _shown(reply.body),
            }
        )


def _shown(text: bytes) -> str:
    """A body for the page, without its secrets."""
    return SECRET.sub(r'\1"••••"', text.decode("utf-8", "replace"))[:KEPT]


def _body(method: str, body: bytes) -> Any:
    if method not in ("POST", "PUT") or not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        raise Refused(400, "Bad request", "e-100", "The body is not JSON.") from None
