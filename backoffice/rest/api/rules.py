"""Rules that tie the fields of a call together, by the names that docs/rest.md gives them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from backoffice.protocol.findings import Finding, Severity
from backoffice.rest.api.call import Terms
from backoffice.rest.api.codes import (
    BSE,
    CURRENCY,
    EQUITY,
    Exchange,
    LoginType,
    OrderType,
    Product,
    SecondFactor,
    Side,
    Validity,
    names_of,
)
from backoffice.rest.api.fields import decimals

Given = Mapping[str, Any]
Found = Iterator[Finding]
STOPS = (OrderType.STOP_LIMIT, OrderType.STOP_MARKET)
LIMITS = (OrderType.LIMIT, OrderType.STOP_LIMIT)
#: A share of the quantity below which exchanges refuse a disclosed quantity.
LEAST_DISCLOSED = Decimal("0.1")
UNTYPED = "untyped"
_LABELS = {member.value: member.label for member in OrderType}


def warning(path: str, words: str, rule: str) -> Finding:
    """A finding that does not forbid sending."""
    return Finding(path, words, Severity.WARNING, rule)


# --- login --------------------------------------------------------------------------------------------------------


def second_factor(given: Given, terms: Terms) -> Found:
    """Each row of the table of section Login, and nothing beside it (R9, R10)."""
    kind, factor, value = given["login_type"], given["second_auth_type"], given["second_auth"]
    if kind == LoginType.TP_TOKEN:
        for name in ("second_auth_type", "second_auth"):
            if given[name] is not None:
                yield Finding(name, "A single sign-on token takes no second factor. Leave it out.", rule="R9")
    elif factor == "REGISTER":
        if kind not in (None, LoginType.PASSWORD):
            yield Finding("second_auth_type", "REGISTER goes with a password only.", rule="R9")
        if value is not None:
            yield Finding("second_auth", "REGISTER takes no second factor. Leave it out.", rule="R9")
    elif factor is None and value is not None and UNTYPED in terms.second_factors:
        if kind not in (None, LoginType.PASSWORD) or given["source"] == "MOBILEAPI":
            words = "A second factor without a type goes with a password and WEBAPI only."
            yield Finding("second_auth_type", words, rule="R10")
    elif factor is None:
        yield Finding("second_auth_type", "Choose the second factor.", rule="R9")
    elif factor not in terms.second_factors:
        offered = names_of(SecondFactor, *(terms.second_factors - {UNTYPED}))
        asked = names_of(SecondFactor, factor)
        words = f"{asked} is not offered here. Offered: {offered}; REST_SECOND_FACTORS says so."
        yield Finding("second_auth_type", words, rule="R10")
    elif value is None:
        yield Finding("second_auth", "The second factor is missing. Enter it.", rule="R9")


def devices(given: Given, terms: Terms) -> Found:
    """Device fields belong to a mobile source (R10)."""
    if given["source"] != "MOBILEAPI":
        for name in ("udid", "version", "ios_version", "build_version", "device_info"):
            if given[name] is not None:
                yield Finding(name, "Device fields are sent with MOBILEAPI only. Leave it out.", rule="R10")


# --- orders -------------------------------------------------------------------------------------------------------


def exchange_in(given: Given) -> str:
    """The exchange of an order: of its scrip, or of the path."""
    scrip = given.get("scrip_info") or {}
    return str(given.get("exchange") or scrip.get("exchange") or "")


def scrip(info: Given) -> Found:
    """Two ways to name a scrip, never mixed: exchange and token, or exchange and details (R16)."""
    details = ("symbol", "series", "expiry_date", "strike_price", "option_type")
    given = [name for name in details if info.get(name) not in (None, "")]
    derivative = info.get("exchange") not in EQUITY and info.get("exchange") != Exchange.NSE_OTS
    if info.get("scrip_token"):
        for name in given:
            yield Finding(name, "The token says it already. Leave it out.", rule="R16")
        return
    if "symbol" not in given:
        yield Finding("scrip_token", "Give the token, or the symbol and its details.", rule="R16")
        return
    if derivative and "expiry_date" not in given:
        yield Finding("expiry_date", "A contract has an expiry date. Enter it.", rule="R16")
    if not derivative:
        if "series" not in given:
            yield Finding("series", "A share has a series. Enter it, like EQ.", rule="R16")
        for name in ("expiry_date", "strike_price", "option_type"):
            if name in given:
                yield Finding(name, "A share has none. Leave it out.", rule="R16")
    if ("option_type" in given) != bool(info.get("strike_price")):
        yield Finding(
            "strike_price", "An option has a strike price and an option type; a future neither.", rule="R16"
        )


def prices(given: Given, terms: Terms) -> Found:
    """Which prices an order type has, and how they lie to each other."""
    kind, price, trigger = given["order_type"], given["price"] or 0, given["trigger_price"] or 0
    if kind in LIMITS and not price:
        yield Finding("price", f"{_LABELS[kind]} needs a price above 0.", rule="price")
    if kind not in LIMITS and price:
        yield Finding("price", f"{_LABELS[kind]} has no price. Leave it 0.", rule="price")
    if kind in STOPS and not trigger:
        yield Finding("trigger_price", f"{_LABELS[kind]} needs a trigger price above 0.", rule="trigger")
    if kind not in STOPS and trigger:
        yield Finding("trigger_price", f"{_LABELS[kind]} has no trigger price. Leave it 0.", rule="trigger")
    if kind == OrderType.STOP_LIMIT and price and trigger:
        yield from stop_side(given.get("transaction_type"), price, trigger, "trigger_price")


def stop_side(side: object, price: Any, trigger: Any, path: str) -> Found:
    """The trigger of a stop loss limit lies on the right side of its price."""
    if side == Side.BUY and trigger > price:
        yield Finding(
            path, f"To buy, the trigger {trigger} must not be above the price {price}.", rule="trigger"
        )
    if side == Side.SELL and trigger < price:
        yield Finding(
            path, f"To sell, the trigger {trigger} must not be below the price {price}.", rule="trigger"
        )


def fineness(given: Given, terms: Terms) -> Found:
    """Two decimals, four on currency; whole ticks where the scrip master has them (R18, R37)."""
    places = 4 if exchange_in(given) in CURRENCY or not exchange_in(given) else 2
    for path, amount in _amounts(given):
        if decimals(amount) > places:
            yield Finding(path, f"{amount} has more than {places} decimals. Round it.", rule="R18")
        elif terms.tick and amount % terms.tick:
            yield Finding(
                path, f"{amount} is not a multiple of the tick {terms.tick}. Round it.", rule="tick"
            )


def _amounts(given: Given) -> Iterator[tuple[str, Decimal]]:
    legs = {"": given, "main_leg.": given.get("main_leg")}
    legs["stoploss_leg.legs."] = (given.get("stoploss_leg") or {}).get("legs")
    for path, leg in legs.items():
        for name in ("price", "trigger_price"):
            if isinstance(leg, Mapping) and isinstance(leg.get(name), Decimal):
                yield f"{path}{name}", leg[name]


def quantities(given: Given, terms: Terms) -> Found:
    """Whole lots; a disclosed quantity that an exchange takes; lots or units where that is not known (R18)."""
    main = given.get("main_leg") or given
    path = "main_leg.quantity" if given.get("main_leg") else "quantity"
    quantity, shown, exchange = main["quantity"], given.get("disclosed_quantity") or 0, exchange_in(given)
    if exchange not in terms.lots and terms.lot and quantity % terms.lot:
        yield Finding(path, f"{quantity} is not a multiple of the lot {terms.lot}.", rule="lot")
    if shown > quantity:
        yield Finding(
            "disclosed_quantity", f"{shown} is more than the quantity {quantity}.", rule="disclosed"
        )
    elif shown and shown < quantity * LEAST_DISCLOSED:
        yield warning("disclosed_quantity", f"Check it: {shown} is below 10% of {quantity}.", "disclosed")
    if shown and given.get("validity") == Validity.IOC:
        yield warning(
            "disclosed_quantity",
            f"Check it: {names_of(Validity, Validity.IOC)} discloses nothing.",
            "disclosed",
        )
    if exchange not in terms.lots and (exchange in CURRENCY or exchange == Exchange.MCX_FO):
        words = f"Check whether {names_of(Exchange, exchange)} counts units or lots; REST_LOTS says units."
        yield warning(path, words, "R18")


def validity(given: Given, terms: Terms) -> Found:
    """Days belong to GTD; some validities are odd on some exchanges."""
    kind, days, exchange = given["validity"] or Validity.DAY, given["validity_days"] or 0, exchange_in(given)
    if kind == Validity.GTD and not terms.gtd_max_days:
        yield Finding("validity", "This client has no GTD orders: ODIN allows 0 days.", rule="validity")
    elif kind == Validity.GTD and not 1 <= days <= terms.gtd_max_days:
        words = f"GTD is for 1 to {terms.gtd_max_days} days, not {days}."
        yield Finding("validity_days", words, rule="validity")
    if kind != Validity.GTD and days:
        words = f"{names_of(Validity, kind)} has no days. Leave it 0."
        yield Finding("validity_days", words, rule="validity")
    if kind == Validity.EOS and exchange and exchange not in BSE:
        words = f"Check it: {names_of(Validity, kind)} is a validity of BSE, not of {names_of(Exchange, exchange)}."
        yield warning("validity", words, "validity")
    if kind == Validity.GTC and exchange in EQUITY:
        yield warning("validity", f"Check it: {names_of(Validity, kind)} is not usual on equity.", "validity")


def allowed(given: Given, terms: Terms) -> Found:
    """What the client's session allows (R17): exchange, product, after-market orders."""
    exchange, product = exchange_in(given), given.get("product_type")
    if terms.exchanges is not None and exchange not in terms.exchanges:
        others = names_of(Exchange, *terms.exchanges)
        words = f"This client may not trade on {names_of(Exchange, exchange)}. Allowed: {others}."
        yield Finding("scrip_info.exchange", words, rule="R17")
    products = terms.products.get(exchange)
    if product and products is not None and product not in products:
        words = (
            f"{names_of(Product, product)} is not allowed on {names_of(Exchange, exchange)}. "
            f"Allowed: {names_of(Product, *products)}."
        )
        yield Finding("product_type", words, rule="R17")
    if given.get("is_amo") and not terms.amo:
        yield Finding("is_amo", "This client may not place after-market orders.", rule="amo")


def above_traded(given: Given, terms: Terms) -> Found:
    """A modified order keeps what was traded of it (R22)."""
    leg = given.get("main_leg") or given
    path = "main_leg.quantity" if given.get("main_leg") else "quantity"
    if leg["quantity"] <= leg["traded_quantity"]:
        words = f"{leg['quantity']} must be above the {leg['traded_quantity']} that are traded."
        yield Finding(path, words, rule="R22")


def cancelled_gtd(given: Given, terms: Terms) -> Found:
    """A GTD order is cancelled with its days, any other with nothing (R23)."""
    if (given["validity"] is None) != (given["validity_days"] is None):
        yield Finding("validity_days", "Give validity and days together, or neither.", rule="R23")
    if given["validity"] is not None and not terms.gtd_query:
        yield Finding("validity", "REST_GTD_CANCEL_QUERY is off: leave validity and days out.", rule="R23")


def cover(given: Given, terms: Terms) -> Found:
    """A cover order's legs (R24)."""
    main, leg = given["main_leg"], given["stoploss_leg"]["legs"]
    price = main.get("price") or 0
    if main["order_type"] == OrderType.LIMIT and not terms.cover_limit:
        words = "A cover order is a market order here. REST_COVER_LIMIT allows a limit."
        yield Finding("main_leg.order_type", words, rule="R24")
    if main["order_type"] == OrderType.LIMIT and not price:
        yield Finding("main_leg.price", "A limit needs a price above 0.", rule="R24")
    if main["order_type"] == OrderType.MARKET and price:
        yield Finding("main_leg.price", "A market order has no price. Leave it 0.", rule="R24")
    if leg["quantity"] != main["quantity"]:
        words = f"The stop loss is for {main['quantity']}, as the order is, not for {leg['quantity']}."
        yield Finding("stoploss_leg.legs.quantity", words, rule="R24")
    if not leg["trigger_price"]:
        yield Finding("stoploss_leg.legs.trigger_price", "The trigger price must be above 0.", rule="R24")
    if leg.get("price") is not None and not leg["price"]:
        words = "Give a price above 0 for a stop loss limit, or leave it out for stop loss market."
        yield Finding("stoploss_leg.legs.price", words, rule="R24")
    side = given.get("transaction_type")
    if side and leg.get("price"):
        opposite = Side.SELL if side == Side.BUY else Side.BUY
        yield from stop_side(opposite, leg["price"], leg["trigger_price"], "stoploss_leg.legs.trigger_price")
