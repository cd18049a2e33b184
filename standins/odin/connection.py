"""One HTTP connection to the stand-in: reads requests, sends replies proper and improper."""

import logging
import socket
import struct
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from standins.odin import control, soap, wsdl
from standins.odin.incoming import Incoming
from standins.odin.reply import HTML, XML, Reply, plain

if TYPE_CHECKING:
    from standins.odin.server import StandIn

log = logging.getLogger("standins.odin")

SERVICE_PATH = "/UserCreation.svc"
MAX_BODY = 1_000_000


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    protocol_version = "HTTP/1.1"
    server_version = "StandIn"
    sys_version = ""
    # Without this each answer waits about 44 ms for the acknowledgement of the one before.
    disable_nagle_algorithm = True
    timeout = 120
    wbufsize = -1

    @property
    def standin(self) -> "StandIn":
        """The stand-in whose connection this is."""
        return cast("StandIn", cast(Any, self.server).standin)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged; messages are, by Incoming.finish."""

    def do_GET(self) -> None:
        """Descriptions, pages and data."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Calls of the service, and control."""
        self._answer(self._post)

    def do_DELETE(self) -> None:
        """Control."""
        self._answer(self._control)

    def _answer(self, make: Callable[[], Reply | tuple[Reply, Incoming]]) -> None:
        incoming: Incoming | None = None
        try:
            made = make()
            reply, incoming = made if isinstance(made, tuple) else (made, None)
        except OSError:
            self.close_connection = True
            return
        except Exception:
            log.exception("the stand-in failed at a request")
            reply = Reply(soap.fault("The stand-in failed; see its log."), 500)
        self._send(reply)
        if incoming is not None:
            incoming.finish()

    def _get(self) -> Reply:
        address = urlsplit(self.path)
        if address.path == SERVICE_PATH:
            return self._description(address.query)
        return control.get(self.standin, address.path, address.query)

    def _description(self, query: str) -> Reply:
        name = query.lower() if "=" not in query else query
        documents = wsdl.documents(
            self.standin.wsdl_shape, self.standin.service.operations, f"http://{self._host()}{SERVICE_PATH}"
        )
        if name in documents:
            document = documents[name]
            return Reply(document.encode(), content_type=HTML if document == wsdl.HELP_PAGE else XML)
        if query:
            return plain("There is no such description.", 404)
        return plain("The stand-in's UserCreation service. Its description: ?wsdl or ?singleWsdl.")

    def _host(self) -> str:
        """What the client calls this host, where that is a host name at all."""
        given = self.headers.get("Host", "")
        return given if control.HOST.fullmatch(given) else f"{self.standin.host}:{self.standin.port}"

    def _post(self) -> Reply | tuple[Reply, Incoming]:
        if urlsplit(self.path).path not in (SERVICE_PATH, f"{SERVICE_PATH}/soap"):
            return self._control()
        if not (self.headers.get("Content-Type") or "").lower().startswith("text/xml"):
            self.close_connection = True
            return plain("The service takes SOAP 1.1, text/xml.", 415)
        body = self._body()
        if isinstance(body, Reply):
            return body
        try:
            call = soap.read_call(body, (self.headers.get("SOAPAction") or "").strip('"'))
            if call.operation not in self.standin.service.operations:
                raise soap.SoapError("The service has no such operation.")
        except soap.SoapError as error:
            return Reply(soap.fault(error.words, error.code), 500)
        # A WCF host takes a parameter by its name; under any other name it receives nothing.
        expected = wsdl.SHAPES[self.standin.wsdl_shape].parameter(call.operation)
        text = call.text if call.parameter == expected else None
        return self.standin.service.receive(call.operation, text or "")

    def _control(self) -> Reply:
        body = self._body()
        if isinstance(body, Reply):
            return body
        origin = self.headers.get("Origin")
        if origin and urlsplit(origin).netloc != self.headers.get("Host"):
            return plain("Another site may not control the stand-in.", 403)
        content_type = (self.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        return control.change(self.standin, self.command, urlsplit(self.path).path, content_type, body)

    def _body(self) -> bytes | Reply:
        length = self.headers.get("Content-Length") or ""
        if "Transfer-Encoding" in self.headers or (
            not (length.isascii() and length.isdigit()) and self.command != "DELETE"
        ):
            self.close_connection = True
            return plain("A Content-Length is needed.", 411)
        if int(length or "0") > MAX_BODY:
            self.close_connection = True
            return plain("The request is too large.", 413)
        return self.rfile.read(int(length or "0"))

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
