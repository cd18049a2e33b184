"""One HTTP connection: the API, the files, the page and its control."""

from typing import TYPE_CHECKING, Any, cast

from standins.rest import control, masters
from standins.rest.constants import PREFIX
from standins.serving import Handler as CommonHandler
from standins.serving import Reply, plain

if TYPE_CHECKING:
    from standins.rest.server import RestStandIn

DENIED = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code></Error>'


class Handler(CommonHandler):
    """One connection, kept alive."""

    server_version = "RestStandIn"

    @property
    def standin(self) -> "RestStandIn":
        """The stand-in whose connection this is."""
        return cast("RestStandIn", cast(Any, self.server).standin)

    def reply(self, path: str, query: str, body: bytes) -> Reply:
        """Pages, data, files, calls. What a client did not encode in the path has its own meaning."""
        if path == PREFIX or path.startswith(f"{PREFIX}/"):
            return self.standin.api.reply(self.command, path, query, self.headers, body)
        if path.startswith("/scripfiles/"):
            found = masters.file(path) if self.command == "GET" else None
            if found is None:  # the store hides what is missing
                return Reply(403, DENIED, "application/xml")
            return Reply(200, found, "application/octet-stream")
        if self.command == "GET":
            return control.get(self.standin, path, query)
        if self.from_another_site():
            return plain("Another site may not control the stand-in.", 403)
        return control.change(self.standin, self.command, path, self.content_type(), body)
