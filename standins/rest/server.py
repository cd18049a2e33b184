"""The stand-in as a server: threads, connections, and what they share."""

from collections.abc import Callable
from datetime import datetime

from standins.rest.api import Api
from standins.rest.connection import Handler
from standins.rest.constants import PREFIX
from standins.rest.faults import Faults
from standins.rest.keys import Keys
from standins.rest.oms import Oms
from standins.rest.people import People
from standins.rest.service import Service
from standins.rest.store import Store
from standins.rest.telling import Telling
from standins.serving import Served, utc_now


class RestStandIn(Served):
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
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(host, port, Handler)
        try:
            self.store = Store(database)
        except BaseException:
            self._server.server_close()
            raise
        self.odin = odin
        self.people = People(self.store, odin)
        self.faults = Faults()
        self.keys = Keys(self.store, api_key, x_api_key)
        self.telling = Telling(self.keys)
        self.oms = Oms(self.store, now, self.telling.tell)
        self.service = Service(self.store, self.people, self.oms, self.keys, profile_key, now)
        self.api = Api(self)

    @property
    def base(self) -> str:
        """The address under which the calls are."""
        return f"http://{self.host}:{self.port}{PREFIX}"

    def begin(self) -> None:
        self.telling.start()

    def end(self) -> None:
        self.telling.end()
        self.store.close()
