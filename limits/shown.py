"""What ODIN said of funds and stocks, as pages and CSV files show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from backoffice.protocol.codes import FundsProduct, RestExchange
from backoffice.protocol.findings import DecodeError
from backoffice.protocol.wire import decode_reply
from limits.models import Reading
from limits.readings import message_of

#: The parents of the funds view in the order of the document (section 4.23).
FUNDS_ORDER = (
    "Deposit",
    "Funds Transferred Today",
    "Funds withdrawal/Allocation",
    "Collateral",
    "Credit For Sale",
    "Option CFS",
    "Total Trading Power Limit",
    "Multiplier",
    "Limit Utilization",
    "Booked Profit/Loss",
    "MTM Profit/Loss",
    "Total Utilization",
    "Net Available Funds",
    "For Trading",
    "For Allocation/Withdrawal",
)
#: The places where a holding lies: label, and the keys of available, blocked and free (section 4.25).
PLACES = (
    ("DP", "sDPAvailable", "sDPBlock", "sDPFree"),
    ("Pool", "sPOOLAvailable", "sPOOLBlock", "sPOOLFree"),
    ("Receivable", "sRecvAvailable", "sRecvBlock", "sRecvFree"),
    ("Current receivable", "sCurRecvAvailable", "sCurRecvBlock", "sCurRecvFree"),
    ("Total", "TOTALQUANTITY", "TOTALBLOCKQUANTITY", "TOTALFREEQUANTITY"),
)
EXCHANGES = {member.value: member.label for member in RestExchange}
PRODUCTS = {member.value: member.label for member in FundsProduct}


@dataclass
class Funds:
    """One line of the funds view with the lines below it. `amount` is rupees, None where ODIN gave no line."""

    name: str
    amount: Decimal | None
    parts: list["Funds"] = field(default_factory=list)


@dataclass(frozen=True)
class Quantity:
    """What lies in one place: available, blocked, free, and whether free is available minus blocked."""

    place: str
    available: Decimal | None
    blocked: Decimal | None
    free: Decimal | None

    @property
    def fits(self) -> bool:
        """Whether the three agree; unknown numbers do not contradict one another."""
        if self.available is None or self.blocked is None or self.free is None:
            return True
        return self.free == self.available - self.blocked


@dataclass(frozen=True)
class Holding:
    """One security of the stock view."""

    symbol: str
    series: str
    isin: str
    quantities: Sequence[Quantity]
    average_price: Decimal | None
    collateral: Decimal | None
    credit_for_sale: Decimal | None
    tokens: Sequence[str]

    @property
    def mismatches(self) -> list[str]:
        """The places where free is not available minus blocked."""
        return [quantity.place for quantity in self.quantities if not quantity.fits]


def data(reading: Reading) -> Mapping[str, Any] | None:
    """The answer's JSON; None where there is none, or where it is neither JSON nor a printed form (M4)."""
    if reading.state != Reading.State.ANSWERED:
        return None
    try:
        found = decode_reply(message_of(reading), reading.answer).data
    except DecodeError:
        return None
    return found if isinstance(found, dict) else None


def summary(found: Mapping[str, Any]) -> list[tuple[str, object]]:
    """The funds summary: label and amount, in ODIN's order."""
    rows = found.get("FundsViewSummary")
    if not isinstance(rows, dict):
        return []
    return [
        (name, PRODUCTS.get(str(value), str(value)) if name == "Product" else _decimal(value, keep=True))
        for name, value in rows.items()
    ]


def funds(found: Mapping[str, Any]) -> list[Funds]:
    """The funds view as a tree: parents in the document's order, others after them as they came."""
    parents: dict[str, Funds] = {}
    for row in _rows(found, "FundsView"):
        name, parent = _text(row, "sDescription"), _text(row, "sIndicator")
        line = Funds(name, _decimal(row.get("nTrading")))
        if not parent or (name == parent and (parent not in parents or parents[parent].amount is None)):
            known = parents.get(name)
            parents[name] = Funds(name, line.amount, known.parts if known else [])
        else:
            parents.setdefault(parent, Funds(parent, None)).parts.append(line)
    order = {name: place for place, name in enumerate(FUNDS_ORDER)}
    return sorted(parents.values(), key=lambda line: order.get(line.name, len(order)))


def stocks(found: Mapping[str, Any]) -> list[Holding]:
    """The stock view, security by security."""
    return [
        Holding(
            symbol=_text(row, "sSymbol"),
            series=_text(row, "sSeries"),
            isin=_text(row, "ISIN"),
            quantities=[
                Quantity(place, *(_decimal(row.get(key)) for key in keys)) for place, *keys in PLACES
            ],
            average_price=_decimal(row.get("nBuyAvgPrice")),
            collateral=_decimal(row.get("sTotalSecurityCollateral")),
            credit_for_sale=_decimal(row.get("sCreditForSale")),
            tokens=_tokens(_text(row, "OtherSegmentTokens")),
        )
        for row in _rows(found, "StockView")
    ]


def table(reading: Reading) -> tuple[list[str], list[list[object]]]:
    """A reading as the header and rows of a CSV file; no rows where its answer cannot be read."""
    found = data(reading) or {}
    match reading.kind:
        case Reading.Kind.FUNDS_SUMMARY:
            return ["Item", "Amount"], [list(row) for row in summary(found)]
        case Reading.Kind.FUNDS_VIEW:
            tree = ((parent, (parent, *parent.parts)) for parent in funds(found))
            return ["Part of", "Item", "Amount"], [
                [parent.name, line.name, line.amount] for parent, family in tree for line in family
            ]
        case Reading.Kind.STOCK_VIEW:
            places = [f"{place} {what}" for place, *_ in PLACES for what in ("available", "blocked", "free")]
            header = ["Symbol", "Series", "ISIN", *places, "Average price", "Collateral", "Does not add up"]
            return header, [_stock_row(holding) for holding in stocks(found)]
        case _:
            periodicities = _rows(found, "Periodicity")
            return ["Market segment", "Periodicity"], [
                [row.get("MarketSegment"), row.get("ExpiryPeriodicity")] for row in periodicities
            ]


def _stock_row(holding: Holding) -> list[object]:
    numbers = [number for q in holding.quantities for number in (q.available, q.blocked, q.free)]
    return [
        *(holding.symbol, holding.series, holding.isin),
        *numbers,
        *(holding.average_price, holding.collateral, ", ".join(holding.mismatches)),
    ]


def _rows(found: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = found.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _text(row: Mapping[str, Any], name: str) -> str:
    return " ".join(str(row.get(name) or "").split())


def _decimal(value: object, keep: bool = False) -> Any:
    """A number as ODIN gave it; what is none is None, or kept as it came."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return str(value) if keep else None


def _tokens(text: str) -> list[str]:
    """`1:1660,8:500875` with the exchanges by name: ids of the REST API, not of segments (A7)."""
    pairs = [part.partition(":") for part in text.split(",") if part.strip()]
    return [
        f"{EXCHANGES.get(exchange.strip(), f'exchange {exchange.strip()}')} {token.strip()}"
        for exchange, _, token in pairs
    ]
