"""Webhooks: order messages delivered in order, repeated when they fail, until the publisher counts as disconnected."""

import json
import threading
import time
from typing import Any

from standins.connector.calls import Calls
from standins.connector.constants import TRADE_MESSAGE
from standins.connector.faults import Faults
from standins.connector.publishers import Publisher, Publishers
from standins.connector.store import Document, Store

WAITING, HELD, DELIVERED, FAILED, LOST, NOT_SENT = (
    *("waiting", "held", "delivered", "failed", "lost", "not sent"),
)
#: Seconds that a publisher has to answer a webhook.
PATIENCE = 5.0
GARBAGE = b"\x00\xff{ORD_NRML|1|"
UNKNOWN_RECO = "ZZZZZZ"


class Deliveries:
    """Delivers in a thread of its own, each publisher's messages one after the other."""

    def __init__(self, store: Store, publishers: Publishers, calls: Calls, faults: Faults) -> None:
        self._store = store
        self._publishers = publishers
        self._calls = calls
        self._faults = faults
        self._wake = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="connector-webhooks", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def end(self) -> None:
        """Stop after the delivery under way."""
        self._ending = True
        self._wake.set()
        self._thread.join()

    def owe(self, publisher: Publisher, message: Document) -> None:
        """Deliver a message, changed by the faults that are armed."""
        token = publisher.application_token
        if not publisher.connected:
            self._add(publisher, message, "", NOT_SENT)
            return
        if self._faults.take("webhook_lost"):
            self._add(publisher, message, "webhook_lost", LOST)
            return
        with self._store.transaction():
            if self._faults.take("webhook_out_of_order"):
                self._add(publisher, message, "webhook_out_of_order", HELD)
                return
            if self._faults.take("webhook_garbage"):
                self._store.add_delivery(token, "garbage", GARBAGE, "webhook_garbage", WAITING)
            elif self._faults.take("webhook_unknown_reco"):
                changed = {**message, "sThirdpartyRecoId": UNKNOWN_RECO}
                self._add(publisher, changed, "webhook_unknown_reco", WAITING)
            else:
                self._add(publisher, message, "", WAITING)
            if self._faults.take("webhook_twice"):
                self._add(publisher, message, "webhook_twice", WAITING)
            if self._faults.take("webhook_same_sequence"):
                self._add(publisher, _contradicting(message), "webhook_same_sequence", WAITING)
            self._store.release_held(token)
        self._wake.set()

    def register_again(self, application_token: str) -> None:
        """Deliver to a disconnected publisher again. What it missed is available through sync only."""
        self._publishers.change({"application_token": application_token, "connected": True})
        self._wake.set()

    def _add(self, publisher: Publisher, message: Document, fault: str, state: str) -> None:
        body: dict[str, Any] = message if publisher.webhook_shape == "plain" else {"objJSONRows": [message]}
        what = f"{message['MessageType']} {message['MessageSequenceNumber']}"
        self._store.add_delivery(publisher.application_token, what, json.dumps(body).encode(), fault, state)

    # --- the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._ending:
            self._wake.clear()
            due = self._store.due_deliveries()
            now = time.time()
            for delivery in due:
                if delivery["due"] <= now and not self._ending:
                    self._deliver(delivery)
            if not due:
                self._wake.wait()
            elif all(delivery["due"] > now for delivery in due):
                self._wake.wait(min(delivery["due"] for delivery in due) - now)

    def _deliver(self, delivery: Document) -> None:
        publisher = self._publishers.find(delivery["application"])
        assert publisher is not None  # noqa: S101  # publishers are never deleted
        body = delivery["body"].encode("latin-1")
        answer = self._calls.post("webhook", publisher.webhook_url, body, PATIENCE)
        if answer.status == 200:
            self._store.tried(delivery["id"], DELIVERED, 200, 0)
            return
        if delivery["tries"] + 1 < publisher.webhook_tries:
            self._store.tried(delivery["id"], WAITING, answer.status, time.time() + publisher.webhook_pause)
            return
        with self._store.transaction():
            self._store.tried(delivery["id"], FAILED, answer.status, 0)
            self._publishers.change({"application_token": publisher.application_token, "connected": False})
            for state in (WAITING, HELD):
                self._store.move_deliveries(publisher.application_token, state, NOT_SENT)


def _contradicting(message: Document) -> Document:
    """The message with another quantity traded."""
    name = "TradeQty" if message["MessageType"] == TRADE_MESSAGE else "TradedQTY"
    return {**message, name: str(int(message[name]) + 1)}
