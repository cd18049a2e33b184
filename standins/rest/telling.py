"""Tells whoever issued a key of each order that is placed with it: as it is after each step, with its trades."""

import contextlib
import json
import queue
import threading
import urllib.request
from typing import NamedTuple

from standins.rest.keys import Keys
from standins.rest.store import Document

#: Seconds in which a receiver must answer. Undeliverable reports are dropped.
PATIENCE = 3.0

# Without the environment's proxy: the receiver is on this machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class _Report(NamedTuple):
    address: str
    body: bytes


class Telling:
    """Tells in a thread of its own, one after the other, so that no order waits for it."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._owed: queue.SimpleQueue[_Report | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="rest-telling", daemon=True)

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def end(self) -> None:
        """Stop once everything is reported."""
        self._owed.put(None)
        self._thread.join()

    def tell(self, order: Document) -> None:
        """Owe the present state of an order to the owner of its key, if that one wants to hear."""
        if address := self._keys.address_of(order.get("owner", "")):
            self._owed.put(_Report(address, json.dumps({"owner": order["owner"], "order": order}).encode()))

    def _run(self) -> None:
        while one := self._owed.get():
            asked = urllib.request.Request(  # noqa: S310  # Keys takes http only
                one.address, one.body, {"Content-Type": "application/json"}
            )
            with contextlib.suppress(OSError), _opener.open(asked, timeout=PATIENCE) as answer:
                answer.read()
