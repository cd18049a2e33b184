"""An OMS: takes an order first and judges it afterwards, fills in parts, holds AMO and GTD orders.

It ignores a repeated identifier: a second sending shows as a second order.
"""

import itertools
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from standins.rest.bodies import (
    COVER_KEYS,
    MODIFY_KEYS,
    PLACE_KEYS,
    an_object,
    one_of,
    page_number,
    prices,
    scrip_of,
    stop_leg,
    whole,
)
from standins.rest.constants import (
    KOLKATA,
    OPEN,
    ORDER_TYPES,
    REGULAR_PRODUCTS,
    SIDES,
    VALIDITIES,
)
from standins.rest.masters import Scrip, find_scrip
from standins.rest.reply import Refused, success
from standins.rest.store import Document, Store

if TYPE_CHECKING:
    from standins.rest.service import Asked

#: Ends of order ids: each has a character that means something in an address.
ENDS = (">3", ";<", "/2", "%41", "?&", "+=", "#1")
PAISE = Decimal(100)


class Oms:
    """The orders of all users. Public names are calls of the API, except those that the page uses.

    `tell`: is called with each order after each step.
    """

    def __init__(self, store: Store, now: Callable[[], datetime], tell: Callable[[Document], None]) -> None:
        self._store = store
        self._now = now
        self._tell = tell
        self._numbers = itertools.count(store.count_orders() + 1)

    # --- calls ----------------------------------------------------------------------------------------------------

    def place(self, asked: "Asked") -> dict[str, Any]:
        """Place Order - Any Scrip."""
        body = an_object(asked.body, PLACE_KEYS)
        one_of(body, "product_type", REGULAR_PRODUCTS)
        one_of(body, "order_type", ORDER_TYPES)
        return self._accept(asked, body, prices(body), body.get("validity", "DAY"), body)

    def place_cover(self, asked: "Asked") -> dict[str, Any]:
        """Place Cover Order: the main leg, and one stop loss on the other side."""
        body = an_object(asked.body, COVER_KEYS)
        main = an_object(body.get("main_leg"), frozenset({"order_type", "quantity", "price"}))
        one_of(main, "order_type", ("RL-MKT",))
        leg = stop_leg(body.get("stoploss_leg"))
        return self._accept(asked, body, prices(main), "DAY", {**main, "product_type": "COVER", "leg": leg})

    def modify(self, asked: "Asked") -> dict[str, Any]:
        """Modify Order: what is not sent falls to its default, as the document says of the price."""
        body = an_object(asked.body, MODIFY_KEYS)
        one_of(body, "order_type", ORDER_TYPES)
        price, trigger = prices(body)
        return self._change(asked, body, price, trigger)

    def modify_cover(self, asked: "Asked") -> dict[str, Any]:
        """Modify a cover order."""
        body = an_object(asked.body, frozenset({"main_leg", "stoploss_leg"}))
        main = an_object(
            body.get("main_leg"), frozenset({"order_type", "quantity", "price", "traded_quantity"})
        )
        leg = stop_leg(body.get("stoploss_leg"))
        price, trigger = prices(main)
        return self._change(asked, main, price, trigger, bracket=leg)

    def cancel(self, asked: "Asked") -> dict[str, Any]:
        """Cancel Order. A GTD order's days, where they are given, must be its own."""
        if odd := set(asked.query) - {"validity", "validity_days"}:
            raise Refused(400, "Bad request", "e-100", dict.fromkeys(sorted(odd), "not a field"))
        with self._store.transaction():
            order = self._open(asked)
            days = asked.query.get("validity_days")
            if days is not None and days != str(order["validity_days"]):
                raise Refused(400, "Invalid validity_days", "e-100", {"validity_days": "not the order's"})
            self._cancel(order)
        self._tell(order)
        return success("Order Cancellation Sent to OMS", {"orderId": order["order_id"]})

    cancel_cover = cancel

    def order_book(self, asked: "Asked") -> dict[str, Any]:
        """All orders of the day, by page."""
        wanted = asked.query.get("orderStatus", "-1")
        orders = self._store.orders(asked.user_id)
        if wanted in ("1", "2"):
            orders = [order for order in orders if (order["status"] in OPEN) == (wanted == "1")]
        return _page(asked, [_row(order) for order in orders])

    def gtd_book(self, asked: "Asked") -> dict[str, Any]:
        """Orders that are valid for several days, by page."""
        orders = [o for o in self._store.orders(asked.user_id) if o["validity"] in ("GTD", "GTC")]
        return _page(asked, [_row(order) for order in orders])

    def history(self, asked: "Asked") -> dict[str, Any]:
        """The steps of one order."""
        order = self._own(asked)
        steps = [{**_row(order), "status": status, "order_timestamp": at} for at, status in order["steps"]]
        return success("Success message", steps)

    def trades(self, asked: "Asked") -> dict[str, Any]:
        """Trades of the day, by page."""
        orders = self._store.orders(asked.user_id)
        if wanted := asked.query.get("order_id"):
            orders = [order for order in orders if order["order_id"] == wanted]
        return _page(asked, [trade for order in orders for trade in order["trades"]])

    def positions(self, asked: "Asked") -> dict[str, Any]:
        """What the trades add up to."""
        if asked.parts["period"] not in ("all", "daily", "expiry"):
            raise Refused(404, "Not found", "e-404")
        held: dict[tuple[str, str], Document] = {}
        for order in self._store.orders(asked.user_id) if asked.parts["period"] != "expiry" else ():
            for trade in order["trades"]:
                row = held.setdefault((trade["exchange"], trade["scrip_token"]), _flat(trade))
                side = "buy" if trade["transaction_type"] == "BUY" else "sell"
                row[f"{side}_quantity"] += trade["trade_quantity"]
                sign = 1 if side == "buy" else -1
                row["net_quantity"] += sign * trade["trade_quantity"]
        return success("Success message", list(held.values()))

    def holdings(self, asked: "Asked") -> dict[str, Any]:
        """One made-up holding."""
        scrip = find_scrip("NSE_EQ", "900001")
        if scrip is None:
            return success("Success message")
        info = [{"exchange": "NSE_EQ", "scrip_token": scrip.token, "symbol": scrip.symbol}]
        row = {
            "ISIN": scrip.isin,
            "security_info": info,
            "total_free": "10",
            "dp_free": "10",
            "pool_free": "0",
        }
        return success(
            "Success message", [{**row, "average_price": "95.50", "last_price": f"{scrip.price:.2f}"}]
        )

    # --- what the page does ---------------------------------------------------------------------------------------

    def used(self, user_id: str) -> Decimal:
        """What a user's bought trades cost."""
        return sum(
            (
                Decimal(trade["trade_price"]) * trade["trade_quantity"]
                for order in self._store.orders(user_id)
                for trade in order["trades"]
                if trade["transaction_type"] == "BUY"
            ),
            Decimal(0),
        )

    def move(self, order_id: str, action: str) -> None:
        """Fill an order, fill one unit of it, reject or cancel it, as the exchange would."""
        with self._store.transaction():
            order = self._store.order(order_id)
            if order is None or order["status"] not in OPEN:
                return
            left = order["total_quantity"] - order["traded_quantity"]
            if action in ("fill", "fill-one"):
                self._fill(order, left if action == "fill" else 1)
            elif action == "reject":
                self._step(order, "ORDERERROR", "16284: The order is rejected by the exchange")
            else:
                self._cancel(order)
            self._store.save_order(order)
        self._tell(order)

    # --- inside ---------------------------------------------------------------------------------------------------

    def _accept(
        self, asked: "Asked", body: Document, amounts: tuple[Decimal, Decimal], validity: Any, terms: Document
    ) -> dict[str, Any]:
        """Take an order, then judge it. What is wrong in the request is refused; what RMS dislikes is not."""
        person = asked.person
        assert person is not None  # noqa: S101  # every call but login has one
        exchange, scrip = scrip_of(body.get("scrip_info"))
        one_of(body, "transaction_type", SIDES)
        quantity = whole(terms, "quantity", lowest=1)
        identifier = body.get("order_identifier", "")
        if not isinstance(identifier, str) or len(identifier) > 8:
            raise Refused(400, "Bad request", "e-100", {"order_identifier": "at most 8 characters"})
        if validity not in VALIDITIES:
            raise Refused(400, "Bad request", "e-100", {"validity": "invalid"})
        days = whole(body, "validity_days") if "validity_days" in body else 0
        if (validity == "GTD") != (days > 0):
            raise Refused(400, "Bad request", "e-100", {"validity_days": "required for GTD only"})
        number = next(self._numbers)
        order_id = f"NWSYF{number:05d}{ENDS[number % len(ENDS)]}"
        order: Document = {
            "order_id": order_id,
            "user_id": person.user_id,
            "owner": asked.owner,
            "exchange": exchange,
            "scrip_token": scrip.token,
            "symbol": scrip.symbol,
            "series": scrip.series,
            "transaction_type": body["transaction_type"],
            "product_type": terms.get("product_type"),
            "order_type": terms["order_type"],
            "total_quantity": quantity,
            "traded_quantity": 0,
            "disclosed_quantity": terms.get("disclosed_quantity", 0),
            "order_price": str(amounts[0]),
            "trigger_price": str(amounts[1]),
            "validity": validity,
            "validity_days": days,
            # The OMS writes its own text into the identifier of a GTD order.
            "order_identifier": f"GTD{number:05d}" if validity == "GTD" else identifier,
            "is_amo_order": body.get("is_amo", False),
            "error_reason": "",
            "bracket_details": terms.get("leg"),
            "steps": [],
            "trades": [],
        }
        with self._store.transaction():
            self._step(order, "OMSXMITTED")
            self._store.add_order(order_id, person.user_id, order)
            self._judge(order, scrip, person.cash, exchange in person.exchanges)
            self._store.save_order(order)
        self._tell(order)
        return success("Order Entry Sent to OMS", {"orderId": order_id})

    def _judge(self, order: Document, scrip: Scrip, cash: Decimal, allowed: bool) -> None:
        market = order["order_type"] in ("RL-MKT", "SL-MKT")
        price = scrip.price if market else Decimal(order["order_price"])
        cost = price * order["total_quantity"] + self.used(order["user_id"])
        if not allowed:
            self._step(order, "OMSREJECT", "Trading is not allowed on this exchange")
        elif order["transaction_type"] == "BUY" and cost > cash:
            self._step(order, "OMSREJECT", f"RMS: Margin shortfall, ShortFall={cost - cash:.2f}")
        elif order["is_amo_order"]:
            self._step(order, "AMOACCEPTED")
        else:
            self._step(order, "PENDING")
            if order["order_type"] == "RL-MKT":
                self._fill(order, order["total_quantity"])
            elif order["order_type"] == "RL" and _crosses(order, price, scrip.price):
                self._fill(order, max(1, order["total_quantity"] // 2))

    def _fill(self, order: Document, quantity: int) -> None:
        scrip = find_scrip(order["exchange"], order["scrip_token"])
        price = Decimal(order["order_price"]) or (scrip.price if scrip else PAISE)
        order["traded_quantity"] += quantity
        trade = {name: order[name] for name in TRADE_FIELDS}
        trade |= {
            "trade_no": f"T{order['order_id'][5:10]}{len(order['trades']) + 1:02d}",
            "trade_quantity": quantity,
            "trade_price": str(price),
            "trade_timestamp": self._time(),
            "initiated_by": order["user_id"],
        }
        order["trades"].append(trade)
        if order["traded_quantity"] >= order["total_quantity"]:
            self._step(order, "EXECUTED")

    def _cancel(self, order: Document) -> None:
        self._step(order, "AMOWITHDRAWN" if order["status"] == "AMOACCEPTED" else "CANCELLED")
        self._store.save_order(order)

    def _step(self, order: Document, status: str, reason: str = "") -> None:
        order["status"], order["error_reason"] = status, reason
        order["steps"].append([self._time(), status])

    def _time(self) -> str:
        return f"{self._now().astimezone(KOLKATA):%Y-%m-%d %H:%M:%S}"

    def _own(self, asked: "Asked") -> Document:
        order = self._store.order(asked.parts["order_id"])
        if order is None or order["user_id"] != asked.user_id:
            raise Refused(404, "Order not found", "e-404", "e-44")
        return order

    def _open(self, asked: "Asked") -> Document:
        order = self._own(asked)
        if order["exchange"] != asked.parts["exchange"]:
            raise Refused(404, "Order not found", "e-404", "e-44")
        if order["status"] not in OPEN:
            raise Refused(400, f"Order is {order['status']}", "e-105", "e-45")
        return order

    def _change(
        self,
        asked: "Asked",
        body: Document,
        price: Decimal,
        trigger: Decimal,
        bracket: Document | None = None,
    ) -> dict[str, Any]:
        quantity, traded = whole(body, "quantity", lowest=1), whole(body, "traded_quantity")
        with self._store.transaction():
            order = self._open(asked)
            if traded != order["traded_quantity"]:
                raise Refused(400, "The order was traded in between", "e-105", "e-46")
            if quantity <= traded:
                raise Refused(400, "Quantity is traded already", "e-105", "e-47")
            order |= {
                "order_type": body["order_type"],
                "total_quantity": quantity,
                "order_price": str(price),
                "trigger_price": str(trigger),
                "disclosed_quantity": body.get("disclosed_quantity", 0),
                "validity": body.get("validity", "DAY"),
                "validity_days": body.get("validity_days", 0),
                "bracket_details": bracket or order["bracket_details"],
            }
            self._step(order, order["status"])
            self._store.save_order(order)
        self._tell(order)
        return success("Order Modification Sent to OMS", {"orderId": order["order_id"]})


TRADE_FIELDS = (
    *(
        "order_id",
        "exchange",
        "scrip_token",
        "symbol",
        "series",
        "transaction_type",
        "product_type",
        "order_type",
    ),
    "order_identifier",
)
HIDDEN = ("steps", "trades", "user_id", "owner")


def _row(order: Document) -> Document:
    row = {name: value for name, value in order.items() if name not in HIDDEN}
    row["pending_quantity"] = order["total_quantity"] - order["traded_quantity"]
    row["order_timestamp"] = order["steps"][0][0]
    row["client_id"] = row["initiated_by"] = order["user_id"]
    return row


def _flat(trade: Document) -> Document:
    names = ("exchange", "scrip_token", "symbol", "series", "product_type")
    numbers = dict.fromkeys(("buy_quantity", "sell_quantity", "net_quantity"), 0)
    return {**{name: trade[name] for name in names}, **numbers, "daily_or_expiry": "daily"}


def _page(asked: "Asked", rows: list[Document]) -> dict[str, Any]:
    number, size = (page_number(asked.query, name, usual) for name, usual in (("offset", 1), ("limit", 20)))
    return success("Success message", rows[(number - 1) * size : number * size], total=len(rows))


def _crosses(order: Document, price: Decimal, last: Decimal) -> bool:
    return price >= last if order["transaction_type"] == "BUY" else price <= last
