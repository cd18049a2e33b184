"""The stand-in as a server: threads, connections, and what they share."""

from collections.abc import Callable
from datetime import datetime

from standins.connector.calls import Calls
from standins.connector.connection import Handler
from standins.connector.deliveries import Deliveries
from standins.connector.faults import Faults
from standins.connector.keys import Keys
from standins.connector.omex import Omex
from standins.connector.publishers import Publishers
from standins.connector.services import Services
from standins.connector.store import Store
from standins.connector.tokens import Tokens
from standins.connector.vas import Vas
from standins.connector.visits import Visits
from standins.rest.people import People
from standins.serving import Served, utc_now


class ConnectorStandIn(Served):
    """The stand-in of the Connector, served by threads of this process: a context manager.

    `portal`: the address at which the first publisher serves. `application_token`: the publisher to have from the
    start; "" makes one at random if there is none. `odin`: the address of the stand-in ODIN whose users may log in,
    "" for users of its own. `rest`: the address of the stand-in REST API, which takes the keys that `apiKeys` gives.
    `port`: 0 takes a free one. `now`: the clock, for tests. Raises OSError when the port is in use, BadPublisher.
    """

    def __init__(
        self,
        *,
        portal: str = "http://127.0.0.1:8000",
        application_token: str = "",
        webhook_url: str = "",
        odin: str = "",
        rest: str = "http://127.0.0.1:8802",
        database: str = ":memory:",
        host: str = "127.0.0.1",
        port: int = 0,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(host, port, Handler)
        try:
            self.store = Store(database)
            self.publishers = Publishers(self.store, portal, application_token, webhook_url)
        except BaseException:
            self._server.server_close()
            raise
        self.odin = odin
        self.people = People(self.store, odin)
        self.faults = Faults()
        self.calls = Calls(self.store, now)
        self.vas = Vas(self.store, now)
        self.deliveries = Deliveries(self.store, self.publishers, self.calls, self.faults)
        self.omex = Omex(self.store, self.publishers, self.deliveries, now)
        tokens = Tokens(self.calls, self.faults)
        self.visits = Visits(
            *(self.store, self.publishers, self.people, self.vas, self.omex, tokens, self.calls, self.faults),
            now,
        )
        keys = Keys(rest, f"{self.home}orders/told", self.calls)
        self.services = Services(self.publishers, tokens, self.vas, self.omex, self.faults, keys)

    def begin(self) -> None:
        self.deliveries.start()

    def end(self) -> None:
        self.deliveries.end()
        self.store.close()
