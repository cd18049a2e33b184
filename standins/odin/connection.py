"""One HTTP connection to the stand-in: reads requests, sends replies proper and improper."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from standins.odin import control, soap, wsdl
from standins.odin.incoming import Incoming
from standins.odin.reply import XML, xml
from standins.serving import HTML, Reply, plain
from standins.serving import Handler as CommonHandler

if TYPE_CHECKING:
    from standins.odin.server import StandIn

log = logging.getLogger("standins.odin")

SERVICE_PATH = "/UserCreation.svc"


class Handler(CommonHandler):
    """One connection, kept alive."""

    server_version = "StandIn"

    @property
    def standin(self) -> "StandIn":
        """The stand-in whose connection this is."""
        return cast("StandIn", cast(Any, self.server).standin)

    def do_GET(self) -> None:
        """Descriptions, pages and data."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Calls of the service, and control."""
        self._answer(self._post)

    def do_DELETE(self) -> None:
        """Control."""
        self._answer(self._control)

    do_PUT = do_DELETE

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
            reply = xml(soap.fault("The stand-in failed; see its log."), 500)
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
            return Reply(200, document.encode(), HTML if document == wsdl.HELP_PAGE else XML)
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
            return xml(soap.fault(error.words, error.code), 500)
        # A WCF host takes a parameter by its name; under any other name it receives nothing.
        expected = wsdl.SHAPES[self.standin.wsdl_shape].parameter(call.operation)
        text = call.text if call.parameter == expected else None
        return self.standin.service.receive(call.operation, text or "")

    def _control(self) -> Reply:
        body = self._body()
        if isinstance(body, Reply):
            return body
        if self.from_another_site():
            return plain("Another site may not control the stand-in.", 403)
        return control.change(self.standin, self.command, urlsplit(self.path).path, self.content_type(), body)
