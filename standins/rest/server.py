"""The stand-in as a server: threads, connections, and what they share."""

import logging
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from standins.rest.api import Api
from standins.rest.connection import Handler
from standins.rest.constants import PREFIX
from standins.rest.faults import Faults
from standins.rest.oms import Oms
from standins.rest.people import People
from standins.rest.service import Service
from standins.rest.store import Store

log = logging.getLogger("standins.rest")


def _utc() -> datetime:
    return datetime.now(UTC)


class RestStandIn:
    """The stand-in of the REST API, served by threads of this process: a context manager.

    `odin`: the address of the stand-in ODIN whose users may log in, "" for users of its own. `port`: 0 takes a free
    one. `now`: the clock, for tests. Raises OSError when the port is in use.
    """

    def __init__(
        self,
        *,
        api_key: str,
        x_api_key: str,
        odin: str = "",
        profile_key: str = "",
        database: str = ":memory:",
        host: str = "127.0.0.1",
        port: int = 0,
        now: Callable[[], datetime] = _utc,
    ) -> None:
        self.host = host
        self._server = _Server((host, port), self)
        self.port = int(self._server.server_address[1])
        try:
            self.store = Store(database)
        except BaseException:
            self._server.server_close()
            raise
        self.odin = odin
        self.people = People(self.store, odin)
        self.faults = Faults()
        self.oms = Oms(self.store, now)
        self.service = Service(self.store, self.people, self.oms, api_key, profile_key, now)
        self.api = Api(self, x_api_key)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="rest-stand-in", daemon=True
        )

    @property
    def home(self) -> str:
        """The address of the page."""
        return f"http://{self.host}:{self.port}/"

    @property
    def base(self) -> str:
        """The address under which the calls are."""
        return f"http://{self.host}:{self.port}{PREFIX}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.close_connections()
        self._server.server_close()
        self.store.close()


class _Server(ThreadingHTTPServer):
    """A thread for each connection; knows the connections, so that leaving the context ends them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], standin: RestStandIn) -> None:
        self.standin = standin
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Shut whatever clients keep alive."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("connection lost", exc_info=True)
