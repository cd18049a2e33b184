"""An order before it is placed: its findings, its words, its value, and warnings."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from backoffice.kit import formats
from backoffice.kit.formats import INDIA, indian, ist, rupees
from backoffice.protocol.codes import Choice
from backoffice.protocol.findings import Finding, Severity, errors
from backoffice.rest import client
from backoffice.rest.api.calls import PlaceCover, PlaceOrder
from backoffice.rest.api.codes import Exchange, OrderType, Product, Side, Validity, validity_words
from backoffice.rest.api.session import Session
from markets import search
from markets.models import Scrip
from markets.trading_days import is_trading_day
from trading.models import DeskOrder, OrderKind
from trading.models.desk import LIVE, NOTHING_PLACED

#: Where findings of the calls belong on the form.
FIELDS = {
    "scrip_info.exchange": "scrip",
    "scrip_info.scrip_token": "scrip",
    "transaction_type": "side",
    "product_type": "product",
    "main_leg.order_type": "order_type",
    "main_leg.quantity": "quantity",
    "main_leg.price": "price",
    "stoploss_leg.legs.quantity": "quantity",
    "stoploss_leg.legs.price": "stop_price",
    "stoploss_leg.legs.trigger_price": "stop_trigger",
}
MARKET = (OrderType.MARKET, OrderType.STOP_MARKET)
#: Exchanges with known hours, and the hours (India).
EQUITY_HOURS = ("NSE_EQ", "NSE_FO", "BSE_EQ", "BSE_FO")
OPENS, CLOSES = time(9, 0), time(15, 30)
#: An order of equal scrip and side within this time may be one instruction typed twice.
REPEATED_WITHIN = timedelta(minutes=30)
NO_VALUE = Finding(
    "about_price", "A market order has no price. Enter the one you expect, for the caps.", rule="value"
)
#: Share of a cap from which an order counts as large.
LARGE = Decimal("0.5")


@dataclass(frozen=True)
class Ticket:
    """A typed order. Prices in rupees. `about_price`: the expected unit price of a market order."""

    exchange: str
    scrip_token: int
    side: str
    order_type: str
    quantity: int
    kind: str = OrderKind.REGULAR.value
    product: str = Product.INTRADAY.value
    price: Decimal = Decimal(0)
    trigger_price: Decimal = Decimal(0)
    disclosed_quantity: int = 0
    validity: str = Validity.DAY.value
    validity_days: int = 0
    is_amo: bool = False
    stop_price: Decimal | None = None
    stop_trigger: Decimal | None = None
    about_price: Decimal = Decimal(0)
    algo_id: str = ""


@dataclass(frozen=True)
class Judged:
    """A checked ticket. Without a scrip it has errors, no words and no value."""

    ticket: Ticket
    findings: list[Finding]
    scrip: Scrip | None = None
    as_of: datetime | None = None
    words: str = ""
    value: Decimal = Decimal(0)
    unusual: list[str] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """The findings that forbid sending."""
        return errors(self.findings)

    @property
    def fingerprint(self) -> str:
        """A digest of words, value and warnings: the dealer must confirm exactly what was shown."""
        shown = "|".join((self.words, str(self.value), *self.unusual))
        return hashlib.sha256(shown.encode()).hexdigest()


def of(order: DeskOrder) -> Ticket:
    """The ticket of an order that was confirmed."""
    return Ticket(
        exchange=order.exchange,
        scrip_token=order.scrip_token,
        side=order.side,
        order_type=order.order_type,
        quantity=order.quantity,
        kind=order.kind,
        product=order.product,
        price=order.price,
        trigger_price=order.trigger_price,
        disclosed_quantity=order.disclosed_quantity,
        validity=order.validity,
        validity_days=order.validity_days,
        is_amo=order.is_amo,
        stop_price=order.stop_price,
        stop_trigger=order.stop_trigger,
        algo_id=order.algo_id,
    )


def rest_values(ticket: Ticket, identifier: str) -> dict[str, Any]:
    """The values of the call that places it. Only exchange and token name the scrip (R16)."""
    values: dict[str, Any] = {
        "scrip_info": {"exchange": ticket.exchange, "scrip_token": ticket.scrip_token},
        "transaction_type": ticket.side,
        "order_identifier": identifier,
        "algo_id": ticket.algo_id or None,
    }
    if ticket.kind == OrderKind.COVER:
        return {
            **values,
            "main_leg": {
                "order_type": ticket.order_type,
                "quantity": ticket.quantity,
                "price": ticket.price,
            },
            "stoploss_leg": {"legs": stop_leg(ticket.quantity, ticket.stop_price, ticket.stop_trigger)},
        }
    return {
        **values,
        "product_type": ticket.product,
        "order_type": ticket.order_type,
        "quantity": ticket.quantity,
        "price": ticket.price,
        "trigger_price": ticket.trigger_price,
        "disclosed_quantity": ticket.disclosed_quantity,
        "validity": ticket.validity,
        "validity_days": ticket.validity_days,
        "is_amo": ticket.is_amo,
    }


def stop_leg(quantity: int, price: Decimal | None, trigger: Decimal | None) -> dict[str, Any]:
    """The one stop loss of a cover order: of its quantity; without a price it is a market order (R24)."""
    return {"quantity": quantity, "price": price, "trigger_price": trigger}


def judge(ticket: Ticket, session: Session | None, lane: str) -> Judged:
    """Return all findings on a ticket before its confirmation. The arguments are those of `judge_all`."""
    (judged,) = judge_all([ticket], session, lane)
    return judged


def judge_all(tickets: Sequence[Ticket], session: Session | None, lane: str) -> list[Judged]:
    """Return all findings on each ticket before its confirmation. Two queries find all scrips.

    `session`: None before the client's login, which may allow less. `lane`: "" leaves out warnings.
    """
    masters = search.masters()
    known = search.by_token({(one.exchange, one.scrip_token) for one in tickets}, masters)
    return [_judged(one, session, lane, masters, known) for one in tickets]


def _judged(
    ticket: Ticket, session: Session | None, lane: str, masters: search.Masters, known: search.ByToken
) -> Judged:
    scrip, as_of, found = _scrip(ticket, masters, known)
    if scrip is None:
        return Judged(ticket, found)
    call = PlaceCover if ticket.kind == OrderKind.COVER else PlaceOrder
    values = rest_values(ticket, client.new_identifier())
    said = client.invalid(call, values, session, lot=scrip.lot or None, tick=scrip.tick_rupees or None)
    found += [replace(one, path=FIELDS.get(one.path, one.path)) for one in said]
    if ticket.order_type == OrderType.MARKET and ticket.about_price <= 0:
        found.append(NO_VALUE)
    if not (scrip.lot and scrip.tick):
        words = "Check lot and tick: this scrip master does not have them."
        found.append(Finding("scrip", words, Severity.WARNING, "R37"))
    worth = value(ticket, scrip)
    if not errors(found) and worth > settings.DESK_ORDER_CAP:
        words = f"It is worth {rupees(worth)}; the cap of one order is {rupees(settings.DESK_ORDER_CAP)}."
        found.append(Finding("quantity", words, rule="cap"))
    unusual = [one.text for one in found if one.severity is Severity.WARNING]
    if lane and not errors(found):
        unusual += _unusual(ticket, worth, lane)
    return Judged(ticket, found, scrip, as_of, in_words(ticket, scrip), worth, unusual)


def _scrip(
    ticket: Ticket, masters: search.Masters, known: search.ByToken
) -> tuple[Scrip | None, datetime | None, list[Finding]]:
    """The scrip in the current master, which must not be older than a trading day (R35)."""
    own = masters.get(ticket.exchange)
    if own is None:
        return None, None, [Finding("scrip", f"There is no scrip master of {ticket.exchange}. Import it.")]
    if own.stale:
        words = (
            f"The scrip master is of {ist(own.current.current_since, 'minute')}. Import a newer one first."
        )
        return None, None, [Finding("scrip", words, rule="R35")]
    scrip = known.get((ticket.exchange, ticket.scrip_token))
    if scrip is None:
        words = f"{ticket.exchange} {ticket.scrip_token} is not offered in the current scrip master."
        return None, None, [Finding("scrip", words)]
    return scrip, own.current.current_since, []


def value(ticket: Ticket, scrip: Scrip) -> Decimal:
    """Return the value of an order in rupees.

    A stop loss market order counts at its trigger, a market order at the expected price.
    """
    price = unit_price(
        ticket.order_type, price=ticket.price, trigger=ticket.trigger_price, about=ticket.about_price
    )
    return worth(ticket.exchange, ticket.quantity, price, scrip.lot)


def unit_price(order_type: str, *, price: Decimal, trigger: Decimal, about: Decimal) -> Decimal:
    """Return the unit price.

    The limit; the trigger of a stop loss market order; the expected price of a market order.
    """
    return {OrderType.MARKET.value: about, OrderType.STOP_MARKET.value: trigger}.get(order_type, price)


def worth(exchange: str, quantity: int, price: Decimal, lot: int) -> Decimal:
    """Quantity times price; lots have their units where REST_LOTS counts in lots."""
    units = quantity * (lot or 1) if exchange in settings.REST_LOTS else quantity
    return price * units


# --- words --------------------------------------------------------------------------------------------------------


def in_words(ticket: Ticket, scrip: Scrip) -> str:
    """Return the order in words."""
    cover = ticket.kind == OrderKind.COVER
    product = "cover order" if cover else label(Product, ticket.product).lower()
    what = f"{label(Side, ticket.side)} {indian(ticket.quantity, 0)} {scrip_words(scrip)}"
    first = f"{what} on {label(Exchange, ticket.exchange)}"
    parts = [first, product, price_words(ticket.order_type, ticket.price, ticket.trigger_price)]
    if cover:
        parts.append(_stop_words(ticket))
    else:
        parts.append(how_long(ticket.validity, ticket.validity_days))
    if ticket.disclosed_quantity:
        parts.append(f"{indian(ticket.disclosed_quantity, 0)} disclosed")
    if ticket.is_amo:
        parts.append("after-market order")
    return ", ".join(parts) + "."


def label(choices: type[Choice], code: str) -> str:
    """Return a code's label; an unlisted one unchanged."""
    return next((one.label for one in choices if one.value == code), code)


def price_words(order_type: str, price: Decimal, trigger_price: Decimal) -> str:
    """At what price."""
    at, trigger = formats.rupee_price(price), formats.rupee_price(trigger_price)
    return {
        OrderType.LIMIT.value: f"limit {at}",
        OrderType.MARKET.value: "at market",
        OrderType.STOP_LIMIT.value: f"stop loss, trigger {trigger}, limit {at}",
        OrderType.STOP_MARKET.value: f"stop loss, trigger {trigger}, at market",
    }.get(order_type, order_type)


def how_long(validity: str, days: int) -> str:
    """Return the validity as a part of a sentence, in the words of the form."""
    words = validity_words(label(Validity, validity), days)
    part = words[:1].lower() + words[1:]
    return f"valid {part}" if part.startswith(("for ", "until ", "to ")) else part


def _stop_words(ticket: Ticket) -> str:
    side = Side.SELL if ticket.side == Side.BUY else Side.BUY
    how = f"limit {formats.rupee_price(ticket.stop_price)}" if ticket.stop_price else "at market"
    trigger = formats.rupee_price(ticket.stop_trigger)
    return f"with a stop loss: {side.label.lower()} {indian(ticket.quantity, 0)} at trigger {trigger}, {how}"


def scrip_words(scrip: Scrip) -> str:
    """Return the scrip in words, with what distinguishes contracts."""
    parts = [str(scrip)]
    if scrip.expiry:
        parts.append(f"{scrip.expiry:%d-%m-%Y}")
    if scrip.option_type in ("CE", "PE"):
        parts.append(f"{indian(scrip.strike_rupees, None)} {scrip.option_type}")
    return " ".join(parts)


# --- what is unusual ----------------------------------------------------------------------------------------------


def _unusual(ticket: Ticket, worth: Decimal, lane: str) -> Iterator[str]:
    if ticket.order_type in MARKET:
        yield "Check the order type: it has no limit and may execute far from the last price."
    if worth > settings.DESK_ORDER_CAP * LARGE:
        yield f"Check the value: it is more than {LARGE:.0%} of the cap of one order."
    now = timezone.now().astimezone(INDIA)
    if ticket.exchange in EQUITY_HOURS:
        opened = is_trading_day(now.date()) and OPENS <= now.time() <= CLOSES
        if opened and ticket.is_amo:
            yield "Check the after-market option: the market is open now."
        if not opened and not ticket.is_amo:
            yield "Check the time: the market is closed, and this is no after-market order."
    own = DeskOrder.objects.filter(
        lane=lane, exchange=ticket.exchange, scrip_token=ticket.scrip_token
    ).exclude(state__in=NOTHING_PLACED)
    same = own.filter(side=ticket.side, at__gte=now - REPEATED_WITHIN).order_by("-id").first()
    if same:
        yield f"Check for a repeat: {same} of {ist(same.at, 'minute')} has the same scrip and side: {same.words}"
    if other := own.exclude(side=ticket.side).filter(state__in=LIVE).order_by("-id").first():
        yield f"Check the side: {other} is open on the other side: {other.words}"
    priced = own.filter(price__gt=0, at__gte=now - timedelta(days=1)).order_by("-id").first()
    if priced and ticket.price and abs(ticket.price - priced.price) > priced.price / 10:
        yield f"Check the price: it is more than 10% away from {formats.rupee_price(priced.price)} of {priced}."
