"""ODIN's answers on funds and stocks, for pages and CSV files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from backoffice.odin.models import Question
from backoffice.outside import whole as whole_number
from backoffice.protocol.codes import FundsProduct
from backoffice.protocol.findings import DecodeError
from backoffice.protocol.wire import decode_reply
from backoffice.rest.api.codes import EXCHANGES
from limits.reading_shapes import (
    PLACES,
    QUANTITIES,
    Kind,
    NotUnderstood,
    amount,
    entries,
    periodicities,
    quantity,
    quoted,
    text,
    unknown_keys,
    whole,
)
from markets.models import Scrip
from markets.search import Masters
from markets.securities import by_token

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
#: By the id that the stock view uses (A7).
EXCHANGE_OF = {rest.value: exchange for exchange, rest, _ in EXCHANGES}
PRODUCTS = {member.value: member.label for member in FundsProduct}


@dataclass(frozen=True)
class Line:
    """One line of the funds summary: an amount in rupees, or `words` if it is not one."""

    name: str
    amount: Decimal | None = None
    words: str = ""


@dataclass
class Funds:
    """One line of the funds view with the lines below it. `amount` is rupees, None if ODIN gave no line."""

    name: str
    amount: Decimal | None
    parts: list["Funds"] = field(default_factory=list)

    @property
    def is_zero(self) -> bool:
        """Whether it and everything below it is zero."""
        return self.amount == 0 and not self.amounts

    @property
    def amounts(self) -> list["Funds"]:
        """The lines below it that are not zero."""
        return [part for part in self.parts if part.amount != 0]

    @property
    def zeros(self) -> list["Funds"]:
        """The lines below it that are zero."""
        return [part for part in self.parts if part.amount == 0]


@dataclass(frozen=True)
class Quantity:
    """A holding's quantities in one place: available, blocked, free, and whether free is available minus blocked."""

    place: str
    available: int | None
    blocked: int | None
    free: int | None

    @property
    def fits(self) -> bool:
        """Whether the three agree; unknown numbers do not contradict one another."""
        if self.available is None or self.blocked is None or self.free is None:
            return True
        return self.free == self.available - self.blocked


@dataclass(frozen=True)
class Token:
    """A security's token on an exchange. `scrip`: its entry in the current scrip master, None if there is none.

    `differs`: whether that has another ISIN than the security.
    """

    label: str
    number: str
    exchange: str = ""
    scrip: Scrip | None = None
    differs: bool = False

    def __str__(self) -> str:
        return f"{self.label} {self.number}"

    @property
    def key(self) -> tuple[str, int] | None:
        """The exchange for scrip masters; None if they have no such token."""
        number = whole_number(self.number)
        return (self.exchange, number) if self.exchange and number is not None else None


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
    tokens: Sequence[Token]

    @property
    def mismatches(self) -> list[str]:
        """The places where free is not available minus blocked."""
        return [quantity.place for quantity in self.quantities if not quantity.fits]

    @property
    def differing(self) -> list[Token]:
        """The tokens for which the scrip master has another ISIN."""
        return [token for token in self.tokens if token.differs]


@dataclass(frozen=True)
class Shown:
    """An answer for a page.

    `rows`: lines of the summary, trees of the funds view, or holdings. `problem`: why the answer is not
    understood, and has no rows. `unknown`: keys that the document does not print; the rows leave them out.
    """

    rows: Sequence[Any] = ()
    problem: str = ""
    unknown: tuple[str, ...] = ()

    @property
    def zeros(self) -> list[Funds]:
        """The trees of the funds view that are zero throughout."""
        return [row for row in self.rows if isinstance(row, Funds) and row.is_zero]


def read(question: Question) -> Shown | None:
    """The answer to a question; None if there is none."""
    if question.state != Question.State.ANSWERED:
        return None
    try:
        data = decode_reply(question.message, question.answer).data
    except DecodeError:
        data = None
    unknown = unknown_keys(question.message_type, data)
    try:
        return Shown(READERS[Kind(question.message_type)](data), unknown=unknown)
    except NotUnderstood as error:
        return Shown(problem=str(error), unknown=unknown)


def summary(data: object) -> list[Line]:
    """The funds summary in ODIN's order. Raises NotUnderstood."""
    found = whole(Kind.FUNDS_SUMMARY, data)
    if not isinstance(found, dict):
        count = f"a list of {len(found)}" if isinstance(found, list) else "no object"
        raise NotUnderstood(f"there is {count} where one object is expected")
    return [_line(found, name) for name in found]


def funds(data: object) -> list[Funds]:
    """Return the funds view as a tree: parents in the document's order, others after them in the answer's order.

    Raises NotUnderstood.
    """
    parents: dict[str, Funds] = {}
    for row in entries(whole(Kind.FUNDS_VIEW, data), ("sDescription", "nTrading")):
        name, parent = text(row, "sDescription"), text(row, "sIndicator")
        line = Funds(name, amount(row, "nTrading"))
        if not parent or (name == parent and (parent not in parents or parents[parent].amount is None)):
            known = parents.get(name)
            parents[name] = Funds(name, line.amount, known.parts if known else [])
        else:
            parents.setdefault(parent, Funds(parent, None)).parts.append(line)
    order = {name: place for place, name in enumerate(FUNDS_ORDER)}
    return sorted(parents.values(), key=lambda line: order.get(line.name, len(order)))


def stocks(data: object) -> list[Holding]:
    """The stock view, security by security. Raises NotUnderstood."""
    return [_holding(place, row) for place, row in enumerate(entries(whole(Kind.STOCK_VIEW, data)), 1)]


READERS: dict[Kind, Callable[[object], Sequence[Any]]] = {
    Kind.FUNDS_SUMMARY: summary,
    Kind.PERIODICITIES: periodicities,
    Kind.FUNDS_VIEW: funds,
    Kind.STOCK_VIEW: stocks,
}


def table(question: Question) -> tuple[list[str], list[list[object]]]:
    """Return an answer as the header and rows of a CSV file. Raises NotUnderstood."""
    found = read(question)
    if found is None or found.problem:
        raise NotUnderstood(found.problem if found else "there is no answer")
    match question.message_type:
        case Kind.FUNDS_SUMMARY:
            return ["Item", "Amount"], [
                [line.name, line.words if line.amount is None else line.amount] for line in found.rows
            ]
        case Kind.FUNDS_VIEW:
            tree = ((parent, (parent, *parent.parts)) for parent in found.rows)
            return ["Part of", "Item", "Amount"], [
                [parent.name, line.name, line.amount] for parent, family in tree for line in family
            ]
        case Kind.STOCK_VIEW:
            places = [f"{place} {what}" for place, *_ in PLACES for what in ("available", "blocked", "free")]
            header = ["Symbol", "Series", "ISIN", *places, "Average price", "Collateral", "Does not add up"]
            return header, [_stock_row(holding) for holding in found.rows]
        case _:
            return ["Market segment", "Periodicity"], [[segment, number] for number, segment in found.rows]


def _line(found: Mapping[str, Any], name: str) -> Line:
    said = text(found, name)
    if name == "Product":
        return Line(name, words=PRODUCTS.get(said, quoted(said)))
    try:
        return Line(name, amount(found, name))
    except NotUnderstood:
        return Line(name, words=quoted(said))


def _holding(place: int, row: Mapping[str, Any]) -> Holding:
    symbol, isin = text(row, "sSymbol"), text(row, "ISIN")
    if not (symbol or isin) or not any(key in row for key in QUANTITIES):
        raise NotUnderstood(f"entry {place} does not name a security and its quantities")
    return Holding(
        symbol=symbol,
        series=text(row, "sSeries"),
        isin=isin,
        quantities=[Quantity(label, *(quantity(row, key) for key in keys)) for label, *keys in PLACES],
        average_price=amount(row, "nBuyAvgPrice"),
        collateral=amount(row, "sTotalSecurityCollateral"),
        credit_for_sale=amount(row, "sCreditForSale"),
        tokens=_tokens(text(row, "OtherSegmentTokens")),
    )


def _stock_row(holding: Holding) -> list[object]:
    numbers = [number for q in holding.quantities for number in (q.available, q.blocked, q.free)]
    return [
        *(holding.symbol, holding.series, holding.isin),
        *numbers,
        *(holding.average_price, holding.collateral, ", ".join(holding.mismatches)),
    ]


def _tokens(text: str) -> list[Token]:
    """`1:1660,8:500875` with the exchanges by name: ids of the REST API, not of segments (A7)."""
    pairs = [part.partition(":") for part in text.split(",") if part.strip()]
    return [_token(exchange.strip(), token.strip()) for exchange, _, token in pairs]


def _token(code: str, number: str) -> Token:
    exchange = EXCHANGE_OF.get(code)
    return Token(exchange.label, number, exchange.value) if exchange else Token(f"exchange {code}", number)


def named(holdings: Sequence[Holding], masters: Masters) -> list[Holding]:
    """Return the holdings with the scrips of their tokens, in one query."""
    keys = {key for holding in holdings for token in holding.tokens if (key := token.key)}
    scrips = by_token(keys, masters)
    return [
        replace(holding, tokens=[_named(token, holding.isin, scrips) for token in holding.tokens])
        for holding in holdings
    ]


def _named(token: Token, isin: str, scrips: Mapping[tuple[str, int], Scrip]) -> Token:
    scrip = scrips.get(token.key) if token.key else None
    differs = scrip is not None and bool(scrip.isin and isin) and scrip.isin != isin
    return replace(token, scrip=scrip, differs=differs)
