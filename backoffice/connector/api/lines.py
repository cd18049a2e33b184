"""The lines of a basket: their findings, and the hash for approvals (C5, C19 to C22)."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from backoffice.connector.api.codes import Validity
from backoffice.protocol.findings import Finding
from backoffice.rest.api import rules
from backoffice.rest.api.call import Terms
from backoffice.rest.api.codes import Exchange, OrderType, Side, rest_id_of, segment_of

MOST_LINES = 50
#: Exchanges with equal ids in both systems, so that the choice of system does not matter (C20).
SAME_ID = frozenset({Exchange.NSE_EQ, Exchange.NSE_FO, Exchange.BSE_FO})
#: Paise in a rupee: prices are multiplied by this unless another locator is set (C19).
PAISE = 100


class NotDecided(Exception):
    """The settings do not say which id an exchange has in a basket."""


def exchange_named(name: str) -> Exchange:
    """The exchange of this name. Raises KeyError."""
    return Exchange[name]


@dataclass(frozen=True)
class BasketTerms:
    """The settings for baskets.

    `segment_ids`: "plain", "mapped", or "" while it is unknown which one `mktSegId` means. `locators`:
    multipliers of prices by exchange, if not 100. `lots`: exchanges whose quantities are lots. `names`:
    ordType and validity as names. `shape`: "list" or "flat". `spellings`: the vendor's names of fields that
    differ, by ours.
    """

    segment_ids: str = ""
    locators: Mapping[str, int] = field(default_factory=dict)
    lots: frozenset[str] = frozenset()
    names: bool = False
    shape: str = "list"
    spellings: Mapping[str, str] = field(default_factory=dict)

    def locator(self, exchange: str) -> int:
        """The multiplier of a price in rupees."""
        return self.locators.get(exchange, PAISE)

    def segment(self, exchange: str) -> int:
        """mktSegId of an exchange. Raises NotDecided while the settings do not say which system it is (C20).

        Raises KeyError for what is no exchange.
        """
        known = exchange_named(exchange)
        if self.segment_ids == "mapped":
            return int(rest_id_of(known))
        if self.segment_ids != "plain" and known not in SAME_ID:
            raise NotDecided(f"CONNECTOR_SEGMENT_IDS does not say which id of {known.label} the basket has.")
        return int(segment_of(known))


@dataclass(frozen=True)
class Line:
    """One order of a basket. `price`, `trigger`: rupees, 0 for none. `quantity`, `disclosed`: units."""

    exchange: str
    token: int
    symbol: str
    side: str
    order_type: str
    quantity: int
    price: Decimal = Decimal(0)
    trigger: Decimal = Decimal(0)
    disclosed: int = 0
    validity: str = Validity.DAY.value
    days: int = 0


@dataclass(frozen=True)
class Traits:
    """The scrip master's data of a scrip: `lot` in units, `tick` in rupees; None if missing."""

    lot: int | None = None
    tick: Decimal | None = None


#: The fields of orders in findings, and ours.
_PATHS = {
    "price": "price",
    "trigger_price": "trigger",
    "quantity": "quantity",
    "disclosed_quantity": "disclosed",
    "validity_days": "days",
    "validity": "validity",
}


def line_findings(line: Line, traits: Traits, terms: BasketTerms, path: str) -> Iterator[Finding]:
    """Return findings on one line: prices, tick, lot, validity (R15 to R18), and whether it can be sent exactly."""
    if line.order_type not in set(OrderType) or line.side not in set(Side):
        yield Finding(f"{path}.order_type", "Choose a side and an order type of the list.", rule="code")
        return
    if line.validity not in set(Validity):
        yield Finding(f"{path}.validity", f"{line.validity} is not a validity. Choose one of the list.")
        return
    if line.quantity < 1:
        yield Finding(f"{path}.quantity", "The quantity must be 1 or more.", rule="quantity")
        return
    given = {
        "exchange": line.exchange,
        "transaction_type": line.side,
        "order_type": line.order_type,
        "quantity": line.quantity,
        "price": line.price,
        "trigger_price": line.trigger,
        "disclosed_quantity": line.disclosed,
        "validity": line.validity,
        "validity_days": line.days,
    }
    known = Terms(lots=terms.lots, lot=traits.lot, tick=traits.tick)
    for rule in (rules.prices, rules.fineness, rules.quantities, rules.validity):
        for found in rule(given, known):
            yield Finding(
                f"{path}.{_PATHS.get(found.path, found.path)}", found.text, found.severity, found.rule
            )
    yield from _sendable(line, terms, path)


def _sendable(line: Line, terms: BasketTerms, path: str) -> Iterator[Finding]:
    """Whether the price is exact in the vendor's unit (C19), and the segment's id is known (C20)."""
    locator = terms.locator(line.exchange)
    for name, amount in (("price", line.price), ("trigger", line.trigger)):
        if amount * locator % 1:
            words = (
                f"{amount.normalize():f} is not a whole number of 1/{locator} rupee. Round it, or set "
                "CONNECTOR_DECIMAL_LOCATORS for this exchange."
            )
            yield Finding(f"{path}.{name}", words, rule="C19")
    try:
        terms.segment(line.exchange)
    except NotDecided:
        words = (
            f"Baskets cannot name {exchange_named(line.exchange).label} yet: ask the vendor which id it has there, and "
            "set CONNECTOR_SEGMENT_IDS."
        )
        yield Finding(f"{path}.exchange", words, rule="C20")
    except KeyError:
        yield Finding(f"{path}.exchange", f"{line.exchange} is not an exchange. Choose one of the list.")


def basket_findings(lines: Sequence[Line]) -> Iterator[Finding]:
    """Return findings on all lines: their number, and a scrip twice on one side (C22)."""
    if not lines:
        yield Finding("lines", f"A basket has 1 to {MOST_LINES} lines. Add one.", rule="C22")
    if len(lines) > MOST_LINES:
        words = f"A basket has at most {MOST_LINES} lines; this one has {len(lines)}. Remove some."
        yield Finding("lines", words, rule="C22")
    seen: dict[tuple[str, int, str], int] = {}
    for place, line in enumerate(lines):
        key = (line.exchange, line.token, line.side)
        if key in seen:
            words = f"Line {seen[key] + 1} has {line.symbol} on the same side. Put both into one line."
            yield Finding(f"lines.{place}.symbol", words, rule="C22")
        seen.setdefault(key, place)


def order_side(lines: Sequence[Line]) -> Side:
    """Return orderSide of the header (C54): SELL if every line sells, else BUY."""
    return Side.SELL if lines and all(line.side == Side.SELL for line in lines) else Side.BUY


def content_hash(
    product_code: str, risk_text: str, valid_until: datetime, lines: Sequence[Line], *, goes_on: bool = False
) -> str:
    """SHA-256 (hex) over a version's content: equal for equal content, however it was written (C5).

    `goes_on`: a run continues after a refused line. False is not written: versions older than this keep their hash.
    """
    content: dict[str, object] = {
        "product": product_code,
        "risk": risk_text,
        "until": int(valid_until.timestamp()),
        "lines": [_canonical(line) for line in lines],
    }
    if goes_on:
        content["goes_on"] = True
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _canonical(line: Line) -> dict[str, object]:
    return {**vars(line), "price": f"{line.price:.4f}", "trigger": f"{line.trigger:.4f}"}
