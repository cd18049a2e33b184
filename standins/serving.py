"""What the stand-ins serve with: replies, connections, and a server that knows its connections."""

import json
import logging
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

log = logging.getLogger("standins")

HTML = "text/html; charset=utf-8"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MAX_BODY = 1_000_000
STYLE = (Path(__file__).parent / "standin.css").read_text(encoding="utf-8")
SCRIPT = (Path(__file__).parent / "standin.js").read_text(encoding="utf-8")
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Reply:
    """What leaves: status, headers, body, and how the connection is treated.

    `drop`: "close" or "reset" the connection, send nothing. `cut`: send so many bytes of the body, then close.
    `chunks`: send the body in so many pieces over `seconds`. `length`: say Content-Length (if not, the end of the body
    is the end of the connection). `close_after`: close afterwards without having said so.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    drop: str = ""
    cut: int | None = None
    chunks: int = 1
    seconds: float = 0.0
    length: bool = True
    close_after: bool = False


def as_json(value: object, status: int = 200) -> Reply:
    """Data as JSON."""
    return Reply(status, json.dumps(value).encode())


def plain(text: str, status: int = 200) -> Reply:
    """Words."""
    return Reply(status, text.encode(), "text/plain; charset=utf-8")


def utc_now() -> datetime:
    """The clock of a stand-in, unless a test gives it another one."""
    return datetime.now(UTC)


class BadBody(ValueError):
    """A body that is not one JSON object and not a form."""


def fields(content_type: str, body: bytes) -> dict[str, Any]:
    """The fields of a form or of a JSON object; none of an empty body. Raises BadBody."""
    if not body:
        return {}
    try:
        given = (
            dict(parse_qsl(body.decode(), keep_blank_values=True))
            if content_type == FORM
            else json.loads(body)
        )
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise BadBody("Send one JSON object.")
    return given


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive. A stand-in's own says what a request is answered with."""

    protocol_version = "HTTP/1.1"
    sys_version = ""
    # Without this each answer waits about 44 ms for the acknowledgement of the one before.
    disable_nagle_algorithm = True
    timeout = 120
    wbufsize = -1

    def reply(self, path: str, query: str, body: bytes) -> Reply:
        """The answer to a request. `path` is as it was on the wire."""
        raise NotImplementedError

    def content_type(self) -> str:
        """The media type of the request's body."""
        return (self.headers.get("Content-Type") or "").partition(";")[0].strip().lower()

    def from_another_site(self) -> bool:
        """Whether a page of another site sends this."""
        origin = self.headers.get("Origin")
        return bool(origin) and urlsplit(origin).netloc != self.headers.get("Host")

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are on the page."""

    def do_GET(self) -> None:
        """Every method is answered the same way."""
        try:
            path, _, query = self.path.partition("#")[0].partition("?")
            body = self._body()
            reply = body if isinstance(body, Reply) else self.reply(path, query, body)
        except OSError:
            self.close_connection = True
            return
        except Exception:
            log.exception("the stand-in failed at a request")
            reply = plain("The stand-in failed; see its log.", 500)
        self._send(reply)

    do_POST = do_PUT = do_DELETE = do_GET

    def _body(self) -> bytes | Reply:
        length = self.headers.get("Content-Length") or "0"
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self.close_connection = True
            return plain("A Content-Length is needed.", 411)
        if int(length) > MAX_BODY:
            self.close_connection = True
            return plain("The request is too large.", 413)
        return self.rfile.read(int(length))

    def _send(self, reply: Reply) -> None:
        try:
            if reply.drop:
                self._drop(reset=reply.drop == "reset")
                return
            whole = reply.cut is None and reply.length
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            if reply.length:
                self.send_header("Content-Length", str(len(reply.body)))
            if not whole or self.close_connection:
                self.send_header("Connection", "close")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self._write(reply)
            if not whole or reply.close_after:
                self.close_connection = True
        except OSError:
            self.close_connection = True

    def _write(self, reply: Reply) -> None:
        body = reply.body[: reply.cut]
        if reply.chunks == 1:
            self.wfile.write(body)
            self.wfile.flush()
            return
        size = max(1, -(-len(body) // reply.chunks))
        self.wfile.flush()
        for start in range(0, len(body), size):
            time.sleep(reply.seconds / reply.chunks)
            self.wfile.write(body[start : start + size])
            self.wfile.flush()

    def _drop(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            self.connection.shutdown(socket.SHUT_RDWR)


class Server(ThreadingHTTPServer):
    """A thread for each connection; knows the connections, so that closing ends them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], standin: object
    ) -> None:
        self.standin = standin
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        """The port, also where any free one was taken."""
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join()
        self._close_connections()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def _close_connections(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("connection lost", exc_info=True)


class Served:
    """A stand-in served by threads of this process: a context manager. Raises OSError when the port is in use."""

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.host = host
        self._server = Server((host, port), handler, self)
        self.port = self._server.port

    @property
    def home(self) -> str:
        """The address of the page."""
        return f"http://{self.host}:{self.port}/"

    def begin(self) -> None:
        """Start what works beside the server."""

    def end(self) -> None:
        """End what works beside the server, and close the database."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.begin()
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)
        self.end()
