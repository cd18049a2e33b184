"""One HTTP connection: landing, the broker's pages, the services, the stand-in's own page and its control."""

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from standins.connector import broker_pages, control
from standins.connector.constants import LANDING
from standins.connector.services import CALLS
from standins.connector.store import Document
from standins.serving import FORM, HTML, BadBody, Reply, fields, plain
from standins.serving import Handler as CommonHandler

if TYPE_CHECKING:
    from standins.connector.server import ConnectorStandIn


class Handler(CommonHandler):
    """One connection, kept alive."""

    server_version = "ConnectorStandIn"

    @property
    def standin(self) -> "ConnectorStandIn":
        """The stand-in whose connection this is."""
        return cast("ConnectorStandIn", cast(Any, self.server).standin)

    def reply(self, path: str, query: str, body: bytes) -> Reply:
        """What a browser, a publisher or a test asks for."""
        if path in CALLS:
            return self._service(path, body)
        if path.rstrip("/") == LANDING:
            return self._landing(query)
        if self.command == "POST" and self.from_another_site():
            return plain("Another site may not control the stand-in.", 403)
        parts = path.strip("/").split("/")
        if parts[0] == "broker":
            return self._broker(parts[1:], body)
        if self.command == "GET":
            return control.get(self.standin, path, query)
        return control.change(self.standin, self.command, path, self.content_type(), body)

    def _service(self, path: str, body: bytes) -> Reply:
        if self.command != "POST":
            return plain("Use POST.", 405)
        reply, note = self.standin.services.answer(path, body)
        self.standin.calls.note("in", CALLS[path], path, body, reply.status, reply.body, note)
        return reply

    def _landing(self, query: str) -> Reply:
        """Answers with a clean address: the token stays in no history of the browser."""
        if self.command != "GET":
            return plain("The landing page is opened by a link.", 405)
        visit = self.standin.visits.begin(parse_qsl(query, keep_blank_values=True))
        return _go_on(self.standin, visit)

    def _broker(self, parts: list[str], body: bytes) -> Reply:
        visits = self.standin.visits
        visit = visits.find(parts[0]) if parts else None
        if visit is None:
            return plain(control.NOT_FOUND, 404)
        if self.command == "GET" and len(parts) == 1:
            return broker_pages.visit(self.standin, visit)
        if self.command != "POST" or len(parts) != 2:
            return plain(control.NOT_FOUND, 404)
        try:
            given = {name: str(value) for name, value in fields(FORM, body).items()}
        except BadBody:
            return plain("Send a form.", 400)
        match parts[1]:
            case "check":
                moved = visits.check_now(visit["id"])
            case "choose":
                moved = visits.choose(visit["id"], given.get("partner_id", ""))
            case "login":
                user_id, totp = (given.get(name, "").strip() for name in ("user_id", "totp"))
                moved = visits.login(visit["id"], user_id, given.get("password", ""), totp)
            case "reload":
                moved = visits.reload(visit["id"])
            case "submit":
                moved = visits.submit(visit["id"], given)
            case "return":
                moved = visits.turn_back(visit["id"])
            case _:
                return plain(control.NOT_FOUND, 404)
        # None: the visit was in another state, for example after a second click. Its page shows where it is.
        return _go_on(self.standin, moved or visit)


def _go_on(standin: "ConnectorStandIn", visit: Document) -> Reply:
    """To the publisher where one GET does it, else to the visit's page."""
    callbacks = visit["callbacks"]
    if visit["state"] == "callback" and len(callbacks) == 1 and callbacks[0]["method"] == "GET":
        standin.visits.sent_back(visit["id"])
        return Reply(303, b"", HTML, {"Location": callbacks[0]["url"], "Referrer-Policy": "no-referrer"})
    return Reply(303, b"", HTML, {"Location": f"/broker/{visit['id']}", "Referrer-Policy": "no-referrer"})
