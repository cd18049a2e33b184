"""OMEX and the OMS behind it: takes the orders of a basket, moves them on, and reports each step as a message."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from standins.connector.constants import (
    BUY,
    DAY,
    EXECUTED,
    FIRST_SEQUENCE,
    GTD,
    KOLKATA,
    OMS_REJECT,
    ORDER_CANCELLED,
    ORDER_ERROR,
    ORDER_MESSAGE,
    ORDER_TYPES,
    PENDING,
    PLAIN,
    REST_STATUSES,
    RL,
    RL_MKT,
    SELL,
    SYNC_ROWS,
    TRADE_MESSAGE,
    VALIDITIES,
)
from standins.connector.deliveries import Deliveries
from standins.connector.publishers import ACTIVE, Publisher, Publishers
from standins.connector.store import Document, Store
from standins.rest.masters import Scrip, find_scrip
from standins.rest.people import Person

#: How messages write a time.
MOMENT = "%d%b%Y %H.%M.%S"
ACTIONS = ("fill", "fill-one", "reject", "cancel")


@dataclass(frozen=True)
class Owner:
    """Whose orders they are, and through which basket they came."""

    application_token: str
    partner_id: str
    tp_user_id: str
    product_code: str
    reco_id: str


class Omex:
    """The orders of all clients."""

    def __init__(
        self, store: Store, publishers: Publishers, deliveries: Deliveries, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._publishers = publishers
        self._deliveries = deliveries
        self._now = now
        self._numbers = itertools.count(store.count("order") + 1)

    def orders(self) -> list[Document]:
        """All orders, the newest first."""
        return self._store.all("order")[::-1]

    def place(self, owner: Owner, person: Person, line: Document) -> Document:
        """Take a line of a basket as an order, then judge it. The line's prices are in paise."""
        scrip = _scrip(line)
        number = next(self._numbers)
        order: Document = {
            **vars(owner),
            "unique_code": f"CN{number:010d}",
            "order_number": f"1{number:015d}",
            "ucc": person.user_id,
            **{name: line[name] for name in LINE_FIELDS},
            "traded": 0,
            "status": PENDING,
            "reason": "",
            "entered": self._time(),
            "modified": self._time(),
            "trades": [],
        }
        with self._store.transaction():
            self._judge(order, scrip, person)
        return order

    def move(self, unique_code: str, action: str) -> None:
        """Fill an order, fill one unit of it, reject or cancel it, as the exchange would. Only open orders move."""
        with self._store.transaction():
            order = self._store.find("order", unique_code)
            if order is None or order["status"] != PENDING:
                return
            if action in ("fill", "fill-one"):
                self._fill(order, order["quantity"] - order["traded"] if action == "fill" else 1)
            elif action == "reject":
                self._step(order, ORDER_ERROR, "16284: The order is rejected by the exchange")
            else:
                self._step(order, ORDER_CANCELLED)

    def report_rest_order(self, publisher: Publisher, taken: Document) -> None:
        """Report an order that came over the REST API with a publisher's key: its new trades, then its state."""
        order = _of_rest(publisher, taken)
        with self._store.transaction():
            before = self._store.find("told", order["unique_code"])
            for trade in order["trades"][len(before["trades"]) if before else 0 :]:
                self._report(order, trade)
            self._report(order)
            self._store.keep("told", order["unique_code"], order)

    def sync(self, application_token: str, after: int) -> list[Document]:
        """The messages of an application with a higher number, the lowest first, at most SYNC_ROWS."""
        return self._store.messages(application_token, after, SYNC_ROWS)

    # --- inside ---------------------------------------------------------------------------------------------------

    def _judge(self, order: Document, scrip: Scrip, person: Person) -> None:
        last = int(scrip.price * 100)
        cost = (order["price"] or last) * order["quantity"]
        cash = int(person.cash * 100)
        if order["exchange"] not in person.exchanges:
            self._step(order, OMS_REJECT, "Trading is not allowed on this exchange")
        elif order["side"] == BUY and cost > cash:
            self._step(order, OMS_REJECT, f"RMS: Margin shortfall, ShortFall={(cost - cash) / 100:.2f}")
        else:
            self._step(order, PENDING)
            if order["type"] == RL_MKT:
                self._fill(order, order["quantity"])
            elif order["type"] == RL and _crosses(order, last):
                self._fill(order, max(1, order["quantity"] // 2))

    def _fill(self, order: Document, quantity: int) -> None:
        order["traded"] += quantity
        trade = {
            "number": f"T{order['unique_code'][4:]}{len(order['trades']) + 1:02d}",
            "quantity": quantity,
            "price": order["price"] or int(_scrip(order).price * 100),
            "time": self._time(),
        }
        order["trades"].append(trade)
        self._tell(order, trade)
        self._step(order, EXECUTED if order["traded"] >= order["quantity"] else PENDING)

    def _step(self, order: Document, status: int, reason: str = "") -> None:
        order["status"], order["reason"], order["modified"] = status, reason, self._time()
        self._tell(order)

    def _tell(self, order: Document, trade: Document | None = None) -> None:
        """Keep the order and report it."""
        self._store.keep("order", order["unique_code"], order)
        self._report(order, trade)

    def _report(self, order: Document, trade: Document | None = None) -> None:
        """Number a message and owe it to the publisher."""
        token = order["application_token"]
        publisher = self._publishers.find(token)
        assert publisher is not None  # noqa: S101  # publishers are never deleted
        sequence = self._store.next_sequence(token, FIRST_SEQUENCE)
        message = {**_common(order), **(_trade(order, trade) if trade else _state(order))}
        message["MessageSequenceNumber"] = str(sequence)
        self._store.add_message(token, sequence, message)
        self._deliveries.owe(publisher, message)

    def _time(self) -> str:
        return f"{self._now().astimezone(KOLKATA):{MOMENT}}"


def _of_rest(publisher: Publisher, taken: Document) -> Document:
    """An order of the REST API as messages have it. The OMS knows no Reco ID, product or user of a publisher."""
    validity = next((number for number, name in VALIDITIES.items() if name == taken["validity"]), DAY)
    return {
        "application_token": publisher.application_token,
        "partner_id": next((id_ for id_, state in publisher.partners.items() if state == ACTIVE), ""),
        "tp_user_id": "",
        "product_code": "",
        "reco_id": "",
        "unique_code": taken["order_id"],
        "order_number": f"2{taken['order_id'][5:10]:>015}",
        "ucc": taken["user_id"],
        "exchange": taken["exchange"],
        "token": taken["scrip_token"],
        "symbol": taken["symbol"],
        "side": BUY if taken["transaction_type"] == "BUY" else SELL,
        "type": next(number for number, name in ORDER_TYPES.items() if name == taken["order_type"]),
        "validity": validity,
        "days": str(taken["validity_days"]),
        "quantity": taken["total_quantity"],
        "disclosed": taken["disclosed_quantity"],
        "price": _paise(taken["order_price"]),
        "trigger": _paise(taken["trigger_price"]),
        "traded": taken["traded_quantity"],
        "status": REST_STATUSES.get(taken["status"], PENDING),
        "reason": taken["error_reason"],
        "entered": _moment(taken["steps"][0][0]),
        "modified": _moment(taken["steps"][-1][0]),
        "trades": [
            {
                "number": trade["trade_no"],
                "quantity": trade["trade_quantity"],
                "price": _paise(trade["trade_price"]),
                "time": _moment(trade["trade_timestamp"]),
            }
            for trade in taken["trades"]
        ],
    }


def _paise(rupees: str) -> int:
    return int(Decimal(rupees) * 100)


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):{MOMENT}}"


LINE_FIELDS = (
    *("exchange", "token", "symbol", "side", "type", "validity", "days", "asked", "quantity", "disclosed"),
    *("price", "trigger"),
)


def _scrip(line: Document) -> Scrip:
    scrip = find_scrip(line["exchange"], line["token"])
    assert scrip is not None  # noqa: S101  # a line without a scrip becomes no order
    return scrip


def _crosses(order: Document, last: int) -> bool:
    return bool(order["price"] >= last if order["side"] == BUY else order["price"] <= last)


def _common(order: Document) -> dict[str, str]:
    """What order and trade messages share. All values are texts, prices in paise."""
    scrip = _scrip(order)
    return {
        "sPartnerId": order["partner_id"],
        "sInitiatorAppToken": order["application_token"],
        "sThirdpartyUserId": order["tp_user_id"],
        "sThirdpartyProductCode": order["product_code"],
        "sThirdpartyRecoId": order["reco_id"],
        "UCC": order["ucc"],
        "UniqueCode": order["unique_code"],
        "OrderNumber": order["order_number"],
        "Exchange": str(PLAIN[order["exchange"]]),
        "ScripCode": order["token"],
        "Symbol": order["symbol"],
        "Series": scrip.series,
        "InstrumentName": scrip.instrument,
        "ExpiryDate": scrip.expiry,
        "StrikePrice": str(scrip.strike),
        "Option_Type": scrip.option,
        "Buy_Sell": str(order["side"]),
        "Product": "D",
    }


def _state(order: Document) -> dict[str, str]:
    return {
        "MessageType": ORDER_MESSAGE,
        "OrderType": str(order["type"]),
        "OrderOriginalQty": str(order["quantity"]),
        "PendingQty": str(order["quantity"] - order["traded"] if order["status"] == PENDING else 0),
        "TradedQTY": str(order["traded"]),
        "DQ": str(order["disclosed"]),
        "DQRemaining": str(order["disclosed"]),
        "OrderPrice": str(order["price"]),
        "TriggerPrice": str(order["trigger"]),
        "Days": order["days"] if order["validity"] == GTD else "0",
        "ProCli": "1",
        "CP_ID": "",
        "OrderStatus": str(order["status"]),
        "Reason": order["reason"],
        "OrderEntryTime": order["entered"],
        "LastModifiedTime": order["modified"],
        "AMOOrderID": "",
        "GTDOrderStatus": "",
        "UserRemarks": "",
    }


def _trade(order: Document, trade: Document) -> dict[str, str]:
    return {
        "MessageType": TRADE_MESSAGE,
        "TradeNumber": trade["number"],
        "TradeQty": str(trade["quantity"]),
        "TradedPrice": str(trade["price"]),
        "QuantityTradedToday": str(order["traded"]),
        "TradeTime": trade["time"],
    }
