"""The stand-in as a server: threads, connections, and what they share."""

from typing import cast

from backoffice.protocol.cipher import Mode, Padding, PasswordCipher
from standins.odin.arming import Faults
from standins.odin.connection import SERVICE_PATH, Handler
from standins.odin.dealer import Dealer
from standins.odin.service import Service
from standins.odin.store import Store
from standins.odin.wsdl import SHAPES
from standins.serving import Served


class StandIn(Served):
    """The stand-in ODIN, served by threads of this process: a context manager.

    `database`: a path or ":memory:". `password`: the dealer's, in the clear. `key`, `mode`, `padding`: of the
    password cipher. `port`: 0 takes a free one. `wsdl_shape`: a name of wsdl.SHAPES. `session_seconds`: an older
    session is over; `idle_seconds`: one unused for so long may be replaced by a logon without force.
    Raises OSError when the port is in use, ValueError for a senseless key, mode, padding or shape.
    """

    def __init__(
        self,
        *,
        password: str,
        key: str,
        dealer_id: str = "RESERVEDPG",
        mode: str = "CBC",
        padding: str = "PKCS7",
        database: str = ":memory:",
        host: str = "127.0.0.1",
        port: int = 0,
        wsdl_shape: str = "wcf",
        new_limit_structure: bool = True,
        session_seconds: float = 12 * 3600.0,
        idle_seconds: float = 120.0,
    ) -> None:
        if wsdl_shape not in SHAPES:
            raise ValueError(f"there is no shape {wsdl_shape}")
        cipher = PasswordCipher(key, cast(Mode, mode), cast(Padding, padding))
        self.wsdl_shape = wsdl_shape
        super().__init__(host, port, Handler)
        try:
            self.store = Store(database)
            self.dealer = Dealer(
                self.store, dealer_id, password, session_seconds=session_seconds, idle_seconds=idle_seconds
            )
        except BaseException:
            self._server.server_close()
            raise
        self.faults = Faults()
        self.service = Service(
            self.store, self.faults, self.dealer, cipher, new_limit_structure=new_limit_structure
        )

    @property
    def url(self) -> str:
        """The address of the service; `?wsdl` describes it."""
        return f"http://{self.host}:{self.port}{SERVICE_PATH}"

    @property
    def endpoint(self) -> str:
        """The address that takes the calls."""
        return f"{self.url}/soap"

    def end(self) -> None:
        self.store.close()
