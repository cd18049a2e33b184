"""GetOrderDetails, which the publisher serves: request and answer (3.5, C18 to C21, C54)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from backoffice.connector.api.codes import ORDER_TYPE_NUMBERS, SIDE_NUMBERS, VALIDITY_NUMBERS, Validity
from backoffice.connector.api.lines import BasketTerms, Line, NotDecided, order_side
from backoffice.connector.api.reading import Fields, Unreadable, pick
from backoffice.protocol.findings import EncodeError
from backoffice.protocol.secret import SecretText
from backoffice.rest.api.codes import OrderType

CLIENT = ("ClientCode", "sClientCode")
PRODUCT = ("ProductCode", "sProductCode")
CODE = ("AuthCode", "sAuthCode")
PARTNER = ("PartnerId", "sPartnerId")
PRODUCT_TYPE = "BASKET"
LONGEST_CODE, LONGEST = 4000, 50

SERVED, REFUSED, NOT_READ, FAULT = (
    "Success.",
    "The basket cannot be served.",
    "The request cannot be read.",
    "The basket cannot be served now.",
)

_SIDES = {side.value: number for side, number in SIDE_NUMBERS.items()}
_ORDER_TYPES = {kind.value: number for kind, number in ORDER_TYPE_NUMBERS.items()}
_VALIDITIES = {kind.value: number for kind, number in VALIDITY_NUMBERS.items()}


@dataclass(frozen=True)
class OrderDetailsRequest:
    """The vendor's request: whose basket, which product, and the code that proves the login."""

    client_code: str
    product_code: str
    auth_code: SecretText
    partner_id: str


@dataclass(frozen=True)
class Header:
    """The values that occur once for the whole basket."""

    product_code: str
    client_code: str
    reco_id: str


def read(fields: Fields) -> OrderDetailsRequest:
    """The request in the fields of a call. Raises Unreadable: all four are mandatory."""
    client, product, partner = pick(fields, CLIENT), pick(fields, PRODUCT), pick(fields, PARTNER)
    code = pick(fields, CODE)
    if not (client and product and partner and code):
        raise Unreadable("ClientCode, ProductCode, AuthCode and PartnerId are mandatory.")
    if max(len(client), len(product), len(partner)) > LONGEST or len(code) > LONGEST_CODE:
        raise Unreadable("A value is too long.")
    return OrderDetailsRequest(client, product, SecretText(code), partner)


def data(header: Header, lines: Sequence[Line], terms: BasketTerms) -> str:
    """`data` of the answer: a JSON string (C18). Raises EncodeError if a price is not exact or an id not known."""
    common: dict[str, Any] = {
        "productCode": header.product_code,
        "productType": PRODUCT_TYPE,
        "clientCode": header.client_code,
        "recoId": header.reco_id,
        "orderSide": order_side(lines).value,
    }
    rows = [_row(line, terms) for line in lines]
    content: Any = (
        [{**common, **row} for row in rows] if terms.shape == "flat" else {**common, "basketData": rows}
    )
    return json.dumps(content, separators=(",", ":"), ensure_ascii=True)


def _row(line: Line, terms: BasketTerms) -> dict[str, Any]:
    is_stop = line.order_type in (OrderType.STOP_LIMIT, OrderType.STOP_MARKET)
    is_market = line.order_type in (OrderType.MARKET, OrderType.STOP_MARKET)
    is_gtd = line.validity == Validity.GTD
    try:
        segment = terms.segment(line.exchange)
    except (NotDecided, KeyError) as error:
        raise EncodeError(f"mktSegId of {line.exchange} is not known.") from error
    row = {
        "mktSegId": segment,
        "scripTkn": line.token,
        "ordType": line.order_type if terms.names else _ORDER_TYPES[line.order_type],
        "validity": line.validity if terms.names else _VALIDITIES[line.validity],
        "buyOrSell": _SIDES[line.side],
        "orgQty": line.quantity,
        "discQty": line.disclosed,
        "ordPrice": 0 if is_market else _exact(line.price, line.exchange, terms),
        "trigPrice": _exact(line.trigger, line.exchange, terms) if is_stop else 0,
        "days": str(line.days) if is_gtd else "0",
        "ordGTD": "1" if is_gtd else "0",
    }
    return {terms.spellings.get(name, name): value for name, value in row.items()}


def _exact(rupees: Decimal, exchange: str, terms: BasketTerms) -> int:
    scaled = rupees * terms.locator(exchange)
    if scaled != scaled.to_integral_value():
        raise EncodeError(f"{rupees} is not a whole number of the vendor's unit.")
    return int(scaled)
