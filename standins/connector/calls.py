"""Calls to a publisher over HTTP, and the note of every call received and made, secrets masked."""

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from standins.connector.constants import KOLKATA
from standins.connector.store import Document, Store

#: Keys whose values the page does not show.
SECRET = re.compile(
    r'("(?:token|sTwoWayToken|AuthCode|sSession|sRestSession|apikey|secretkey|key)"\s*:\s*)"(?:[^"\\]|\\.)*"'
)
#: Characters of a text that are kept, and bytes of an answer that are read.
KEPT, MOST = 20_000, 1_000_000
#: Seconds that a publisher has to answer.
PATIENCE = 10.0


class _Straight(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer, not followed."""

    def redirect_request(self, *args: Any) -> None:
        return None


# Without the proxy that the environment may name: a publisher is asked directly.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Straight)


@dataclass(frozen=True)
class Answer:
    """What a publisher answered. `status` is 0 where no answer came, `words` then says why."""

    status: int
    body: bytes = b""
    words: str = ""

    def document(self) -> Document | None:
        """The body as a JSON object; None if it is none."""
        try:
            read = read_json(self.body)
        except ValueError:
            return None
        return read if isinstance(read, dict) else None


class Calls:
    """Makes calls and writes down all of them."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def post(self, call: str, url: str, body: object, patience: float = PATIENCE) -> Answer:
        """POST JSON, or bytes as they are, to a publisher."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = _send(url, data, patience) if url else Answer(0, words="No address is set for this.")
        self.note("out", call, url, data, answer.status, answer.body, answer.words)
        return answer

    def note(
        self, direction: str, call: str, url: str, body: bytes, status: int, answer: bytes, note: str = ""
    ) -> None:
        """Write down a call. `direction`: in, for one received; out, for one made."""
        self._store.add_call(
            {
                "at": f"{self._now().astimezone(KOLKATA):%d-%m-%Y %H:%M:%S}",
                "direction": direction,
                "call": call,
                "url": url,
                "body": shown(body),
                "status": status,
                "answer": shown(answer),
                "note": note,
            }
        )


def _send(url: str, data: bytes, patience: float) -> Answer:
    asked = urllib.request.Request(  # noqa: S310  # Publisher allows http and https only
        url, data, {"Content-Type": "application/json", "User-Agent": "ConnectorStandIn"}
    )
    try:
        with _opener.open(asked, timeout=patience) as answer:
            return Answer(answer.status, answer.read(MOST))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read(MOST))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(0, words=f"No answer: {getattr(error, 'reason', None) or error}")


def read_json(text: bytes | str) -> Any:
    """JSON from outside. Raises ValueError, also for what cannot be written as UTF-8 again, and for a deep nesting."""
    try:
        read = json.loads(text)
        json.dumps(read, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("The nesting is too deep.") from None
    return read


def shown(text: bytes) -> str:
    """A body for the page, without its secrets."""
    return SECRET.sub(r'\1"••••"', text.decode("utf-8", "replace"))[:KEPT]
