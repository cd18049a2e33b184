"""HTTP connections with a total deadline for each call.

A time-out of `requests` covers a single read, so an answer that drips never ends. One watchdog thread shuts
the socket of an overdue call, which wakes the reader at once.
"""

import contextlib
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError

from backoffice.killpoints import Point, reached

#: A connection that was idle longer than this is not reused: the other side may close it at the wrong moment,
#: which looks like a reset after sending.
IDLE_SECONDS = 10.0
#: After this many ticks without a call the watchdog parks.
IDLE_TICKS = 50


@dataclass(eq=False)
class Call:
    """One call in progress.

    Its deadline (monotonic seconds), its socket, whether the first byte may have left, the answer so far.
    """

    end: float
    sock: socket.socket | None = None
    sent: bool = False
    overdue: bool = False
    received: bytes = b""


_current = threading.local()


class Watchdog:
    """Shuts the sockets of overdue calls, at most a tick after their deadline.

    The thread checks its calls each tick and parks while there are none, so a call costs two sets of a lock
    and rarely a thread switch.
    """

    TICK = 0.1

    def __init__(self) -> None:
        self._calls: set[Call] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._parked = False

    def begin(self, end: float) -> Call:
        """Watch a call of this thread until `end` (monotonic seconds)."""
        call = Call(end)
        _current.call = call
        with self._changed:
            self._calls.add(call)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="odin-watchdog", daemon=True)
                self._thread.start()
            elif self._parked:
                self._parked = False
                self._changed.notify()
        return call

    def end(self, call: Call) -> None:
        """Stop the clock."""
        _current.call = None
        with self._changed:
            self._calls.discard(call)

    @staticmethod
    def received(content: bytes) -> None:
        """Keep what this thread's call received, for the record of a failed call."""
        call: Call | None = getattr(_current, "call", None)
        if call is not None:
            call.received = content

    def _run(self) -> None:
        idle = 0
        while True:
            time.sleep(self.TICK)
            with self._changed:
                now = time.monotonic()
                for call in [call for call in self._calls if call.end <= now]:
                    call.overdue = True
                    self._calls.discard(call)
                    _shut(call.sock)
                idle = 0 if self._calls else idle + 1
                if idle > IDLE_TICKS:
                    self._parked = True
                    self._changed.wait_for(lambda: not self._parked)
                    idle = 0


def _shut(sock: socket.socket | None) -> None:
    if sock is not None:
        with contextlib.suppress(OSError):  # it ended at this very moment
            sock.shutdown(socket.SHUT_RDWR)


class _Watched:
    """What both kinds of connection add: report socket and first byte to the call, and drop old sockets."""

    sock: Any
    _used_at: float = 0.0

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        call: Call | None = getattr(_current, "call", None)
        if call is not None:
            call.sock = self.sock
            if call.overdue or (not call.sent and call.end <= time.monotonic()):
                call.overdue = True
                raise TimeoutError("The call's time was over before it was sent.")
            call.sent = True
        self._used_at = time.monotonic()
        super().send(data)  # type: ignore[misc]
        reached(Point.PART_SENT)

    @property
    def is_connected(self) -> bool:
        rested = time.monotonic() - self._used_at
        return bool(super().is_connected) and rested < IDLE_SECONDS  # type: ignore[misc]


class _Connection(_Watched, HTTPConnection):
    pass


class _SecureConnection(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def http_adapter(pool_size: int) -> HTTPAdapter:
    """An adapter that sends each request once, and keeps a connection for each thread."""
    return _Adapter(pool_maxsize=pool_size, max_retries=0)


def http_session(pool_size: int) -> requests.Session:
    """Return a session with such an adapter, which ignores proxy variables."""
    session = requests.Session()
    session.trust_env = False
    adapter = http_adapter(pool_size)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def why_unreached(error: Exception) -> str:
    """Return why there was no connection, in words; empty for other errors."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(cause, NameResolutionError):
        return "the name of its host is not known."
    for kind, words in (
        (requests.exceptions.SSLError, "its certificate is not accepted."),
        (requests.ConnectTimeout, "no connection in time."),
        (requests.Timeout, "no answer in time."),
        ((requests.ConnectionError, OSError), "nothing answers at its address."),
    ):
        if isinstance(error, kind):
            return words
    return ""
