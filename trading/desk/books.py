"""The books of a client, read whole; what they say of our orders is written down on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from backoffice.rest import client
from backoffice.rest.api.answers import OrderRow
from backoffice.rest.api.outcome import OutcomeKind
from backoffice.rest.api.rows import Row
from backoffice.rest.client import Book
from trading.desk import sessions
from trading.desk.errors import DeskProblem
from trading.desk.seen import Seen, is_over
from trading.desk.sessions import Desk

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Rows of a book that a page shows.
SHOWN = 200
BOOKS = ("orders", "gtd", "trades", "positions", "holdings")


@dataclass(frozen=True)
class Part:
    """One page of a book that was read whole. `matching`: how many rows fit the search."""

    book: Book
    matching: int
    page: int
    at: datetime

    @property
    def pages(self) -> int:
        """How many pages the rows take that fit."""
        return max(1, -(-self.matching // SHOWN))

    @property
    def trouble(self) -> str:
        """Why the book may not be whole; "" where it is."""
        return self.book.warning or ("" if self.book.complete else self.book.outcome.words)


class _Window:
    """Keeps the rows of one page and counts all that fit, so that a long book needs little memory."""

    def __init__(self, page: int, search: str, only_open: bool, look: Callable[[Row], None]) -> None:
        self.page = page
        self.search = search.strip().upper()
        self.only_open = only_open
        self.look = look
        self.matching = 0

    def keep(self, row: Row) -> bool:
        """Whether the row is one of the page."""
        self.look(row)
        if self.only_open and isinstance(row, OrderRow) and is_over(row):
            return False
        if self.search and not any(self.search in text.upper() for text in _texts(row)):
            return False
        self.matching += 1
        return (self.page - 1) * SHOWN < self.matching <= self.page * SHOWN


def read(
    desk: Desk, name: str, *, by: "User", page: int = 1, search: str = "", only_open: bool = False
) -> Part:
    """Read a book whole and keep one page of it. `search`: in symbol, ids and status; `only_open`: of orders.

    Our orders take what the order books say. Raises DeskProblem for a name that is no book.
    """
    if name not in BOOKS:
        raise DeskProblem("There is no such book.")
    seen = Seen(desk.row.lane) if name in ("orders", "gtd") else None
    window = _Window(page, search, only_open, seen.look if seen else lambda row: None)
    calls: dict[str, Callable[[], Book]] = {
        "orders": lambda: client.order_book(desk.session, window.keep),
        "gtd": lambda: client.gtd_book(desk.session, window.keep),
        "trades": lambda: client.trades(desk.session, keep=window.keep),
        "positions": lambda: client.positions(desk.session, keep=window.keep),
        "holdings": lambda: client.holdings(desk.session, keep=window.keep),
    }
    book = calls[name]()
    sessions.ended_by_odin(desk, book.outcome)
    if seen:
        # One book alone does not say that an order is missing: `doubt.look` reads all of them.
        seen.apply(by=by, complete=False)
    return Part(book, window.matching, page, timezone.now())


def read_orders(desk: Desk, *, by: "User", trades: bool = False) -> tuple[Seen, str]:
    """Read order book, GTD book and, where asked, trades, for what they say of our orders.

    Gives what was seen, and why not all could be read ("" where it could). A look that is not complete finds orders
    all the same, and says of none that it is missing.
    """
    seen = Seen(desk.row.lane)
    trouble = _visit(desk, seen.look, trades=trades)
    seen.apply(by=by, complete=not trouble and trades)
    return seen, trouble


def find(desk: Desk, exchange: str, order_id: str, *, by: "User") -> OrderRow:
    """The row of one order, from the order book, else from the GTD book. Raises DeskProblem.

    What the books say of our orders is written down as well.
    """
    seen = Seen(desk.row.lane)
    found: list[OrderRow] = []

    def look(row: Row) -> None:
        seen.look(row)
        if isinstance(row, OrderRow) and (row.exchange, row.order_id) == (exchange, order_id):
            found.append(row)

    trouble = _visit(desk, look, trades=False)
    seen.apply(by=by, complete=False)
    if found:
        return found[0]
    raise DeskProblem(trouble or "The book has no such order. Nothing was sent.")


def _visit(desk: Desk, look: Callable[[Row], None], *, trades: bool) -> str:
    """Show each row of the books to `look`. Gives why not all could be read."""

    def keep(row: Row) -> bool:
        look(row)
        return False

    calls: list[Callable[[], Book]] = [
        lambda: client.order_book(desk.session, keep),
        lambda: client.gtd_book(desk.session, keep),
    ]
    if trades:
        calls.append(lambda: client.trades(desk.session, keep=keep))
    for call in calls:
        book = call()
        sessions.ended_by_odin(desk, book.outcome)
        if not book.complete:
            return (
                book.warning
                or f"The book could not be read ({book.outcome.kind.value}). {book.outcome.words}"
            )
    return ""


def _texts(row: Row) -> list[str]:
    names = ("symbol", "order_id", "status", "order_identifier", "exchange", "isin")
    return [text for name in names if isinstance(text := getattr(row, name, None), str)]


def session_ended(part: Part) -> bool:
    """Whether the session is over, so that the client must log in again."""
    return part.book.outcome.kind is OutcomeKind.SESSION_ENDED
