"""What a request must look like: whatever is wrong in it is refused with 400 and the name of the field."""

from decimal import Decimal, InvalidOperation
from typing import Any

from standins.rest.constants import IDS
from standins.rest.masters import Scrip, find_scrip
from standins.rest.reply import Refused
from standins.rest.store import Document

#: What each request may hold. Any other key is refused, so that a slip shows.
PLACE_KEYS = frozenset(
    {
        *(
            "scrip_info",
            "transaction_type",
            "product_type",
            "order_type",
            "quantity",
            "price",
            "trigger_price",
        ),
        *(
            "disclosed_quantity",
            "validity",
            "validity_days",
            "is_amo",
            "order_identifier",
            "part_code",
            "algo_id",
        ),
        *("strategy_id", "vender_code"),
    }
)
COVER_KEYS = frozenset(
    {
        *(
            "scrip_info",
            "transaction_type",
            "main_leg",
            "stoploss_leg",
            "order_identifier",
            "part_code",
            "algo_id",
        ),
        *("strategy_id", "vender_code"),
    }
)
MODIFY_KEYS = frozenset(
    {
        *(
            "order_type",
            "quantity",
            "traded_quantity",
            "price",
            "trigger_price",
            "disclosed_quantity",
            "validity",
        ),
        "validity_days",
    }
)


def an_object(value: Any, keys: frozenset[str]) -> Document:
    """An object with no other keys than these."""
    if not isinstance(value, dict):
        raise Refused(400, "Bad request", "e-100", "An object is required.")
    if odd := sorted(set(value) - keys):
        raise Refused(400, "Bad request", "e-100", dict.fromkeys(odd, "not a field"))
    return value


def one_of(body: Document, name: str, allowed: tuple[str, ...]) -> None:
    """Refuse a code that is not one of these."""
    if body.get(name) not in allowed:
        raise Refused(400, "Bad request", "e-100", {name: "invalid"})


def whole(body: Document, name: str, lowest: int = 0) -> int:
    """A whole number of a body."""
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < lowest:
        raise Refused(400, "Bad request", "e-100", {name: "a whole number is required"})
    return value


def prices(body: Document) -> tuple[Decimal, Decimal]:
    """Price and trigger, as an exchange checks them."""
    price, trigger = (_money(body, name) for name in ("price", "trigger_price"))
    kind = body["order_type"]
    if (kind in ("RL", "SL")) != (price > 0):
        raise Refused(400, "Bad request", "e-100", {"price": f"wrong for {kind}"})
    if (kind in ("SL", "SL-MKT")) != (trigger > 0):
        raise Refused(400, "Bad request", "e-100", {"trigger_price": f"wrong for {kind}"})
    return price, trigger


def _money(body: Document, name: str) -> Decimal:
    value = body.get(name, 0)
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal(-1)
    if isinstance(value, bool | str) or amount < 0 or amount.as_tuple().exponent < -4:  # type: ignore[operator]
        raise Refused(400, "Bad request", "e-100", {name: "a number with few decimals is required"})
    return amount


def stop_leg(value: Any) -> Document:
    """The one stop loss of a cover order."""
    legs = an_object(value, frozenset({"legs"})).get("legs")
    if not isinstance(legs, list) or len(legs) != 1:
        raise Refused(400, "Bad request", "e-100", {"stoploss_leg": "exactly one leg is required"})
    leg = an_object(legs[0], frozenset({"quantity", "price", "trigger_price"}))
    if _money(leg, "trigger_price") <= 0:
        raise Refused(400, "Bad request", "e-100", {"trigger_price": "required"})
    return {name: str(value) for name, value in leg.items()}


def scrip_of(info: Any) -> tuple[str, Scrip]:
    """The exchange and the scrip of `scrip_info`."""
    keys = {"exchange", "scrip_token", "symbol", "series", "expiry_date", "strike_price", "option_type"}
    given = an_object(info, frozenset(keys))
    exchange = given.get("exchange")
    if exchange not in IDS:
        raise Refused(400, "Bad request", "e-100", {"exchange": "invalid"})
    found = find_scrip(str(exchange), given)
    if found is None:
        raise Refused(400, "Invalid scrip", "e-104", "e-43")
    return str(exchange), found


def page_number(query: dict[str, str], name: str, usual: int) -> int:
    """A number of a query that counts from 1."""
    text = query.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10_000):
        raise Refused(400, "Bad request", "e-100", {name: "invalid"})
    return int(text)
