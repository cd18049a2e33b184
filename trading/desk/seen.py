"""What a book says about our orders: only the book changes their state (R20), and finds one in doubt (R21)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backoffice.kit.formats import indian
from backoffice.outside import visible
from backoffice.rest.api.answers import OrderRow
from backoffice.rest.api.codes import Validity
from backoffice.rest.api.rows import Row
from backoffice.rest.api.status import OrderStatus, read_status
from trading.desk import caps
from trading.desk.tickets import MARKET
from trading.desk.trail import note
from trading.models import AskedChange, AskedKind, AskedState, DeskOrder, OrderState, Step
from trading.models.desk import ASKED_OPEN, DOUBTFUL, LIVE, ORDER_ID_LENGTH

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: GTD orders have the OMS's own text as identifier; they are matched by their terms within this time (R39).
NEAR = timedelta(minutes=2)
LONG = (Validity.GTD, Validity.GTC)
_NOT_AT_EXCHANGE = (
    OrderStatus.NOT_INITIATED,
    OrderStatus.CLIENT_XMITTED,
    OrderStatus.GATEWAY_XMITTED,
    OrderStatus.OMS_XMITTED,
    OrderStatus.EXCHANGE_XMITTED,
)
_CANCELLED = (OrderStatus.CANCELLED, OrderStatus.AMO_CANCELLED)
_EXECUTED = (OrderStatus.EXECUTED, OrderStatus.COMPLETED)
#: An order in a book, by exchange and id.
Place = tuple[str, str]


def state_of(row: OrderRow) -> OrderState:
    """Return the state of an order from its row in a book. An unlisted status counts as open (R25, R26)."""
    status, traded = read_status(row.status or ""), row.traded_quantity or 0
    if status in _EXECUTED:
        return OrderState.EXECUTED
    if status in _CANCELLED:
        return OrderState.CANCELLED
    if status is not None and status.is_final:
        return OrderState.REJECTED
    if traded:
        return OrderState.PART
    return OrderState.ACCEPTED if status in _NOT_AT_EXCHANGE else OrderState.WORKING


def is_over(row: OrderRow) -> bool:
    """Whether no further request on the order is possible."""
    return state_of(row) in (OrderState.EXECUTED, OrderState.CANCELLED, OrderState.REJECTED)


class Seen:
    """Collects rows of our orders while books of a client are read; `apply` then stores them.

    It keeps no other rows. Readings count as of the moment when reading began.
    """

    def __init__(self, lane: str) -> None:
        self.lane = lane
        self.began = timezone.now()
        recent = caps.today() - timedelta(days=1)
        orders = DeskOrder.objects.filter(lane=lane).filter(
            Q(state__in=(*LIVE, *DOUBTFUL)) | Q(order_id="", day__gte=recent)
        )
        self.orders = {order.pk: order for order in orders}
        self.asked = {one.pk: one for one in AskedChange.objects.filter(lane=lane, state__in=ASKED_OPEN)}
        self._wanted = {(one.exchange, one.order_id) for one in self.orders.values()}
        self._wanted |= {(one.exchange, one.order_id) for one in self.asked.values()}
        self._lost = [order for order in self.orders.values() if _may_be_found(order)]
        #: Orders that a complete look can call missing: they were in doubt before reading began.
        self._doubtful = {order.pk for order in self.orders.values() if order.in_doubt}
        self.rows: dict[Place, OrderRow] = {}
        self._named: dict[int, set[Place]] = defaultdict(set)
        self._alike: dict[int, set[Place]] = defaultdict(set)

    @property
    def needs_gtd(self) -> bool:
        """Whether an order in doubt may be in the GTD book only (R39)."""
        validities = {self.orders[pk].validity for pk in self._doubtful}
        for asked in self.asked.values():
            if asked.in_doubt:
                validities |= {asked.before.get("validity"), asked.values.get("validity")}
        return not validities.isdisjoint(LONG)

    def look(self, row: Row) -> None:
        """Examine one row of an order, GTD or trade book."""
        place = (getattr(row, "exchange", None) or "", getattr(row, "order_id", None) or "")
        if not all(place):
            return
        matched = place in self._wanted
        for order in self._lost:
            if place[0] != order.exchange:
                continue
            if getattr(row, "order_identifier", None) == order.identifier:
                self._named[order.pk].add(place)
            elif _is_alike(order, row):
                self._alike[order.pk].add(place)
            else:
                continue
            matched = True
        if matched and isinstance(row, OrderRow):
            self.rows[place] = row

    def apply(self, *, by: "User | None", complete: bool) -> None:
        """Store what was seen. `complete`: everything was read, so that missing orders count as missing."""
        with transaction.atomic():
            orders = DeskOrder.objects.select_for_update().filter(pk__in=self.orders).order_by("pk")
            taken = self._taken()
            for order in orders:
                if order.order_id:
                    self._follow(order, by)
                else:
                    self._find(order, taken, by, complete)
            asked = AskedChange.objects.select_for_update().filter(pk__in=self.asked, state__in=ASKED_OPEN)
            for one in asked.order_by("pk"):
                row = self.rows.get((one.exchange, one.order_id))
                settle_asked(one, row, by=by, complete=complete, at=self.began)

    def _taken(self) -> set[Place]:
        """Return the matched places that belong to another order of the desk."""
        ids = {
            place[1] for found in (self._named, self._alike) for places in found.values() for place in places
        }
        owned = (
            DeskOrder.objects.filter(lane=self.lane, order_id__in=ids) if ids else DeskOrder.objects.none()
        )
        return set(owned.values_list("exchange", "order_id"))

    def _find(self, order: DeskOrder, taken: set[Place], by: "User | None", complete: bool) -> None:
        """Adopt the only row of an order. Its identifier is stronger evidence than its terms."""
        named = self._named[order.pk]
        usable = {place for place in named if place not in taken and len(place[1]) <= ORDER_ID_LENGTH}
        alike = {place for place in self._alike[order.pk] - taken if len(place[1]) <= ORDER_ID_LENGTH}
        found = usable if named else alike
        if named - usable:
            ids = visible(", ".join(sorted(order_id[:ORDER_ID_LENGTH] for _, order_id in named - usable)))
            note(order, Step.UNREAD, f"The book has it under an id that cannot be ours: {ids}.", by=by)
        elif len(found) == 1:
            place = next(iter(found))
            taken.add(place)
            self._adopt(order, place, by)
        elif found:
            ids = ", ".join(sorted(order_id for _, order_id in found))
            note(order, Step.SEVERAL, visible(f"The book has it more than once: {ids}."), by=by)
        elif complete and order.pk in self._doubtful and order.in_doubt:
            _doubt(order)
            note(order, Step.NOT_FOUND, "It is in none of the books.", by=by)

    def _follow(self, order: DeskOrder, by: "User | None") -> None:
        if row := self.rows.get((order.exchange, order.order_id)):
            take(order, row, by=by, at=self.began)

    def _adopt(self, order: DeskOrder, place: Place, by: "User | None") -> None:
        order.order_id, order.state = place[1], OrderState.ACCEPTED
        order.save(update_fields=["order_id", "state"])
        note(order, Step.ADOPTED, visible(f"Found as {place[1]}."), by=by)
        self._follow(order, by)


def take(order: DeskOrder, row: OrderRow, *, by: "User | None", at: datetime) -> None:
    """Update an order from its row in the book, unless a later reading has been applied before."""
    if order.read_at is not None and order.read_at > at:
        return
    before = (order.state, order.book_status, order.traded_quantity)
    order.state = state_of(row)
    order.book_status = visible(row.status or "")[:40]
    order.traded_quantity = int(row.traded_quantity or 0)
    order.book_quantity = None if row.total_quantity is None else int(row.total_quantity)
    order.error_reason = visible(row.error_reason or "")[:500]
    order.read_at = at
    order.save(
        update_fields=["state", "book_status", "book_quantity", "traded_quantity", "error_reason", "read_at"]
    )
    if before != (order.state, order.book_status, order.traded_quantity):
        words = f"{OrderState(order.state).label}: {order.status_words}, {indian(order.traded_quantity, 0)} traded."
        note(order, Step.BOOK, f"{words} {order.error_reason}".strip(), by=by)


def settle_asked(
    asked: AskedChange, row: OrderRow | None, *, by: "User | None", complete: bool, at: datetime
) -> None:
    """Let the book, whose reading began `at`, show whether a request on an order was carried out."""
    if asked.at > at or (asked.state == AskedState.SENDING and not asked.in_doubt):
        return
    verdict = _verdict(asked, row)
    if verdict is not None:
        asked.state, asked.read_at = verdict, at
        asked.save(update_fields=["state", "read_at"])
        words = "The book shows it." if verdict is AskedState.DONE else "The order ended without it."
        note(asked, Step.BOOK, words, by=by)
    elif complete and asked.in_doubt:
        if asked.state != AskedState.UNKNOWN:
            asked.state = AskedState.UNKNOWN
            asked.save(update_fields=["state"])
        note(asked, Step.NOT_FOUND, "The book does not show it.", by=by)


def _verdict(asked: AskedChange, row: OrderRow | None) -> AskedState | None:
    if row is None:
        return None
    if asked.kind == AskedKind.CANCEL:
        if state_of(row) is OrderState.CANCELLED:
            return AskedState.DONE
    elif shows(row, asked.values):
        return AskedState.DONE
    return AskedState.NOT_DONE if is_over(row) else None


def shows(row: OrderRow, values: dict[str, Any]) -> bool:
    """Whether a row has the values of a modification. An absent price, trigger or count is 0.

    The price of a market order is not compared: the book may show its trading price.
    """
    numbers = {
        "quantity": row.total_quantity,
        "trigger_price": row.trigger_price,
        "disclosed_quantity": row.disclosed_quantity,
    }
    if values.get("order_type") not in MARKET:
        numbers["price"] = row.order_price
    if values.get("validity") == Validity.GTD:
        numbers["validity_days"] = row.validity_days
    if any((value or 0) != Decimal(values[name]) for name, value in numbers.items() if name in values):
        return False
    codes = {"order_type": row.order_type, "validity": row.validity}
    if any(value != values[name] for name, value in codes.items() if name in values):
        return False
    # The book has no declared place for the stop loss of a cover order.
    return "stop_trigger" not in values or str(values["stop_trigger"]) in _leg_texts(row)


def _leg_texts(row: OrderRow) -> set[str]:
    return set(_texts((row.bracket_details or {}).values()))


def _texts(values: Iterable[Any]) -> Iterable[str]:
    for value in values:
        if isinstance(value, dict):
            yield from _texts(value.values())
        elif isinstance(value, list):
            yield from _texts(value)
        else:
            yield str(value)


def _may_be_found(order: DeskOrder) -> bool:
    """Whether a book is searched for it: it has no id, and no process is sending it now."""
    return not order.order_id and (order.state != OrderState.SENDING or order.in_doubt)


def _is_alike(order: DeskOrder, row: Row) -> bool:
    """Whether a row matches an order whose identifier the OMS overwrites: by terms and time (R39)."""
    if order.validity not in LONG or not order.in_doubt or not isinstance(row, OrderRow):
        return False
    at = row.order_timestamp
    return (
        (row.scrip_token, row.transaction_type) == (str(order.scrip_token), order.side)
        and row.total_quantity == order.quantity
        and row.order_price == order.price
        and at is not None
        and abs(at - order.at) <= NEAR
    )


def _doubt(order: DeskOrder) -> None:
    """An order whose sender died is unknown."""
    if order.state != OrderState.UNKNOWN:
        order.state = OrderState.UNKNOWN
        order.save(update_fields=["state"])
