"""A proxy between the portal and a server, which makes the server unreachable, slow or another one."""

import contextlib
import socket
import struct
import threading
import time
from enum import Enum
from typing import Self

RESET = struct.pack("ii", 1, 0)


class Way(Enum):
    """How connections fare."""

    THROUGH = "through"
    REFUSED = "refused"  # nobody listens
    SILENT = "silent"  # connections are taken, and nothing ever comes back


class Proxy:
    """Passes TCP connections on to a port of this machine, as long as its way is THROUGH.

    `seconds`: how long a round trip takes more than without it, half of that each way.
    """

    def __init__(self, target: int, seconds: float = 0.0) -> None:
        self._target = target
        self.seconds = seconds
        self._open: set[socket.socket] = set()
        self._lost: set[socket.socket] = set()
        self._way = Way.THROUGH
        self._listener = self._listen(0)
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.become(Way.REFUSED)

    def become(self, way: Way, *, resets: bool = True) -> None:
        """From now on. What was connected is reset, unless the other side just falls silent.

        `resets` false: open connections continue, with the data held back meanwhile.
        """
        was, self._way = self._way, way
        if way is not Way.SILENT and resets:
            for connection in list(self._open):
                self._close(connection)
        if way is Way.REFUSED:
            # A thread that waits in accept keeps the port open until it is woken.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        elif was is Way.REFUSED:
            self._listener = self._listen(self.port)

    def lead_to(self, target: int) -> None:
        """Pass on to another port from now on: the address moves to another machine. Open connections are reset."""
        self._target = target
        self.become(Way.THROUGH)

    def lose(self) -> None:
        """What is connected stays open and silent forever, as when a firewall has forgotten it."""
        self._lost |= self._open

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(200)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._open.add(client)
                if self._way is Way.THROUGH:
                    try:
                        server = socket.create_connection(("127.0.0.1", self._target))
                    except OSError:  # nobody listens there: as without the proxy
                        self._close(client)
                        continue
                    for each in (client, server):
                        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._open.add(server)
                    for pair in ((client, server), (server, client)):
                        threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                while (self._way is Way.SILENT or source in self._lost) and source in self._open:
                    threading.Event().wait(0.1)
                if self.seconds:
                    time.sleep(self.seconds / 2)
                target.sendall(data)
        self._close(source)
        self._close(target)

    def _close(self, connection: socket.socket) -> None:
        self._open.discard(connection)
        self._lost.discard(connection)
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
