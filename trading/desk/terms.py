"""New terms of an order in a book: their findings, their words, and their value (R22)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from backoffice.kit import formats
from backoffice.kit.formats import indian
from backoffice.outside import visible
from backoffice.protocol.findings import Finding, errors
from backoffice.rest import client
from backoffice.rest.api.answers import OrderRow
from backoffice.rest.api.calls import ModifyCover, ModifyOrder
from backoffice.rest.api.codes import Exchange, OrderType, Product, Side, Validity
from backoffice.rest.api.rules import stop_side
from backoffice.rest.api.status import read_status
from markets import search
from markets.models import Scrip
from trading.desk import tickets
from trading.desk.seen import is_over, shows, state_of
from trading.desk.sessions import Desk
from trading.models import DeskOrder

#: The changing values of a row, and their names for people.
MOVES = {
    "status": "status",
    "traded_quantity": "traded",
    "total_quantity": "quantity",
    "order_price": "price",
    "trigger_price": "trigger",
    "order_type": "order type",
    "validity": "validity",
}


@dataclass(frozen=True)
class NewTerms:
    """The new terms of an order. Exchange, scrip, side and product cannot change (R22).

    `about_price`: the expected unit price of a market order.
    """

    order_type: str
    quantity: int
    price: Decimal = Decimal(0)
    trigger_price: Decimal = Decimal(0)
    disclosed_quantity: int = 0
    validity: str = Validity.DAY.value
    validity_days: int = 0
    stop_price: Decimal | None = None
    stop_trigger: Decimal | None = None
    about_price: Decimal = Decimal(0)


@dataclass(frozen=True)
class JudgedChange:
    """New terms, checked against the row of the book.

    `value`: rupees of the whole order then; `added`: its increase. `rises`: quantity or price does.
    """

    row: OrderRow
    values: dict[str, Any]
    findings: list[Finding]
    words: str
    value: Decimal
    added: Decimal
    rises: bool

    @property
    def errors(self) -> list[Finding]:
        """The findings that forbid sending."""
        return errors(self.findings)


def is_cover(row: OrderRow) -> bool:
    """Whether the order is a cover order, which has calls of its own."""
    return row.product_type == Product.COVER


def snapshot(row: OrderRow) -> dict[str, str]:
    """Return what a dealer saw of an order, for the form."""
    return {name: _text(getattr(row, name)) for name in MOVES}


def moved(row: OrderRow, seen: Mapping[str, str]) -> list[str]:
    """Return what has changed since, in words."""
    now = snapshot(row)
    return [
        visible(f"{words} was {seen.get(name) or 'absent'} and is {now[name] or 'absent'}")
        for name, words in MOVES.items()
        if now[name] != seen.get(name, "")
    ]


def why_not_modify(row: OrderRow) -> str:
    """Why an order cannot be modified; "" if it can: only pending or received by the OMS (R22)."""
    status = read_status(row.status or "")
    if status is None or not status.can_change:
        return visible(f"It cannot be modified: the book says {row.status or 'no status'}.")
    if row.traded_quantity is None or row.total_quantity is None:
        return "It cannot be modified: the book does not say its quantity and what is traded."
    return ""


def why_not_cancel(row: OrderRow) -> str:
    """Return why an order cannot be cancelled; "" if it can. The book may show that it is too late (R23)."""
    state = state_of(row)
    if is_over(row):
        return f"It is too late to cancel: the order is {state.label.lower()}."
    if row.total_quantity and row.traded_quantity and row.traded_quantity >= row.total_quantity:
        return "It is too late to cancel: all of it is traded."
    return ""


def judge(desk: Desk, row: OrderRow, terms: NewTerms) -> JudgedChange:
    """Return all findings on new terms, compared with the row of the book."""
    values = _modify_values(row, terms)
    scrip = _scrip(row)
    call = ModifyCover if is_cover(row) else ModifyOrder
    lot, tick = (scrip.lot or None, scrip.tick_rupees or None) if scrip else (None, None)
    said = client.invalid(call, values, desk.session, lot=lot, tick=tick)
    if terms.order_type == OrderType.STOP_LIMIT and terms.price and terms.trigger_price:
        # The call itself has no side.
        said += stop_side(row.transaction_type, terms.price, terms.trigger_price, "trigger_price")
    found = [replace(one, path=tickets.FIELDS.get(one.path, one.path)) for one in said]
    if terms.order_type == OrderType.MARKET and terms.about_price <= 0:
        found.append(tickets.NO_VALUE)
    if shows(row, stored(terms, cover=is_cover(row))):
        found.append(Finding("quantity", "Nothing is changed. Change something, or leave the form."))
    units = lot or int(row.market_lot or 1)
    before, after = _book_price(desk.row.lane, row, terms, units), _price(terms)
    quantity = int(row.total_quantity or 0)
    value = tickets.worth(row.exchange or "", terms.quantity, after, units)
    added = value - tickets.worth(row.exchange or "", quantity, before, units)
    rises = terms.quantity > quantity or after > before
    return JudgedChange(row, values, found, _words(row, terms), value, max(Decimal(0), added), rises)


def _price(terms: NewTerms) -> Decimal:
    return tickets.unit_price(
        terms.order_type, price=terms.price, trigger=terms.trigger_price, about=terms.about_price
    )


def _book_price(lane: str, row: OrderRow, terms: NewTerms, units: int) -> Decimal:
    """Return the unit price of the order from the book.

    For a market order: the price given when the desk placed it, else the one given now.
    """
    own = own_order(lane, row)
    about = (
        own.value / tickets.worth(own.exchange, own.quantity, Decimal(1), units) if own else terms.about_price
    )
    return tickets.unit_price(
        row.order_type or "",
        price=row.order_price or Decimal(0),
        trigger=row.trigger_price or Decimal(0),
        about=about,
    )


# --- values and words ---------------------------------------------------------------------------------------------


def _modify_values(row: OrderRow, terms: NewTerms) -> dict[str, Any]:
    """All values of the call, `traded_quantity` from the book: the API has no "unchanged" (R22)."""
    place = {"exchange": row.exchange, "order_id": row.order_id}
    traded = int(row.traded_quantity or 0)
    if is_cover(row):
        main = {
            "order_type": terms.order_type,
            "quantity": terms.quantity,
            "price": terms.price,
            "traded_quantity": traded,
        }
        leg = tickets.stop_leg(terms.quantity, terms.stop_price, terms.stop_trigger)
        return {**place, "main_leg": main, "stoploss_leg": {"legs": leg}}
    return {
        **place,
        "order_type": terms.order_type,
        "quantity": terms.quantity,
        "traded_quantity": traded,
        "price": terms.price,
        "trigger_price": terms.trigger_price,
        "disclosed_quantity": terms.disclosed_quantity,
        "validity": terms.validity,
        "validity_days": terms.validity_days,
    }


def stored(terms: NewTerms, *, cover: bool) -> dict[str, Any]:
    """New terms as the row of the change keeps them: quantities as numbers, rupees as text."""
    stored: dict[str, Any] = {
        "order_type": terms.order_type,
        "quantity": terms.quantity,
        "price": _text(terms.price),
    }
    if cover:
        return {**stored, "stop_trigger": _text(terms.stop_trigger), "stop_price": _text(terms.stop_price)}
    return {
        **stored,
        "trigger_price": _text(terms.trigger_price),
        "disclosed_quantity": terms.disclosed_quantity,
        "validity": terms.validity,
        "validity_days": terms.validity_days,
    }


def _words(row: OrderRow, terms: NewTerms) -> str:
    how = tickets.price_words(terms.order_type, terms.price, terms.trigger_price)
    parts = [f"Change {row_words(row)} to {indian(terms.quantity, 0)} in all", how]
    if is_cover(row) and terms.stop_trigger:
        stop_at = f"limit {formats.rupee_price(terms.stop_price)}" if terms.stop_price else "at market"
        parts.append(f"stop loss at trigger {formats.rupee_price(terms.stop_trigger)}, {stop_at}")
    elif not is_cover(row) and terms.validity in {one.value for one in Validity}:
        parts.append(tickets.how_long(terms.validity, terms.validity_days))
    if terms.disclosed_quantity:
        parts.append(f"{indian(terms.disclosed_quantity, 0)} disclosed")
    return visible(", ".join(parts)) + "."


def row_words(row: OrderRow) -> str:
    """Return an order of a book in words."""
    sides = {one.value: one.label for one in Side}
    side = sides.get(row.transaction_type or "", row.transaction_type or "")
    quantity = "" if row.total_quantity is None else indian(row.total_quantity, None)
    name = " ".join(part for part in (row.symbol, row.series) if part) or f"token {row.scrip_token}"
    at = f"at {formats.rupee_price(row.order_price)}" if row.order_price else ""
    parts = (
        side,
        quantity,
        name,
        f"on {tickets.label(Exchange, row.exchange or '')}",
        at,
        f"({row.order_id})",
    )
    return visible(" ".join(part for part in parts if part))


def _scrip(row: OrderRow) -> Scrip | None:
    own = search.masters().get(row.exchange or "")
    token = row.scrip_token or ""
    if own is None or not (token.isascii() and token.isdigit() and len(token) <= 12):
        return None
    return Scrip.objects.filter(scrip_import=own.current, token=int(token)).first()


def own_order(lane: str, row: OrderRow) -> DeskOrder | None:
    """Return the desk's order for a row."""
    return DeskOrder.objects.filter(
        lane=lane, exchange=row.exchange or "", order_id=row.order_id or ""
    ).first()


def gtd_days(lane: str, row: OrderRow) -> int | None:
    """The days with which a GTD order was placed (R40); None of any other order."""
    if row.validity != Validity.GTD:
        return None
    own = own_order(lane, row)
    return own.validity_days if own else int(row.validity_days or 0) or None


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "" if value is None else str(value)
