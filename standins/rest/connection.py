"""One HTTP connection: reads requests, sends replies proper and improper."""

import logging
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from standins.rest import control, masters
from standins.rest.constants import PREFIX
from standins.rest.reply import JSON, Reply, plain

if TYPE_CHECKING:
    from standins.rest.server import RestStandIn

log = logging.getLogger("standins.rest")

MAX_BODY = 1_000_000
DENIED = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code></Error>'


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    protocol_version = "HTTP/1.1"
    server_version = "RestStandIn"
    sys_version = ""
    # Without this each answer waits about 44 ms for the acknowledgement of the one before.
    disable_nagle_algorithm = True
    timeout = 120
    wbufsize = -1

    @property
    def standin(self) -> "RestStandIn":
        """The stand-in whose connection this is."""
        return cast("RestStandIn", cast(Any, self.server).standin)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are on the page."""

    def do_GET(self) -> None:
        """Pages, data, files, calls."""
        self._answer()

    do_POST = do_PUT = do_DELETE = do_GET

    def _answer(self) -> None:
        try:
            reply = self._reply()
        except OSError:
            self.close_connection = True
            return
        except Exception:
            log.exception("the stand-in failed at a request")
            reply = plain("The stand-in failed; see its log.", 500)
        self._send(reply)

    def _reply(self) -> Reply:
        # As it is on the wire: what a client did not encode has its own meaning.
        raw, _, query = self.path.partition("#")[0].partition("?")
        body = self._body()
        if isinstance(body, Reply):
            return body
        if raw == PREFIX or raw.startswith(f"{PREFIX}/"):
            return self.standin.api.reply(self.command, raw, query, self.headers, body)
        if raw.startswith("/scripfiles/"):
            found = masters.file(raw) if self.command == "GET" else None
            if found is None:  # the store hides what is missing
                return Reply(403, DENIED, "application/xml")
            return Reply(200, found, "application/octet-stream")
        if self.command == "GET":
            return control.get(self.standin, raw)
        origin = self.headers.get("Origin")
        if origin and urlsplit(origin).netloc != self.headers.get("Host"):
            return plain("Another site may not control the stand-in.", 403)
        kind = (self.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        return control.change(self.standin, self.command, raw, kind, body)

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
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type or JSON)
            self.send_header("Content-Length", str(len(reply.body)))
            if reply.cut is not None or self.close_connection:
                self.send_header("Connection", "close")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self._write(reply)
            if reply.cut is not None:
                self.close_connection = True
        except OSError:
            self.close_connection = True

    def _write(self, reply: Reply) -> None:
        body = reply.body[: reply.cut]
        size = max(1, -(-len(body) // reply.chunks))
        for start in range(0, len(body), size):
            if reply.chunks > 1:
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
