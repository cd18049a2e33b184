"""The books of a client, read in full; rows of our orders are stored on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from backoffice.rest import client
from backoffice.rest.api.answers import OrderRow
from backoffice.rest.api.outcome import OutcomeKind
from backoffice.rest.api.rows import Row
from backoffice.rest.api.session import Session
from backoffice.rest.client import Book, Keep
from trading.desk import sessions
from trading.desk.errors import DeskProblem
from trading.desk.seen import Seen, is_over
from trading.desk.sessions import Desk

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Rows of a book on one page.
SHOWN = 200
#: The books that a page shows, by their names in addresses.
BOOKS = {
    "orders": "Order book",
    "gtd": "GTD book",
    "trades": "Trades",
    "positions": "Positions",
    "holdings": "Holdings",
}
CALLS: dict[str, Callable[[Session, Keep], Book]] = {
    "orders": lambda session, keep: client.order_book(session, keep),
    "gtd": lambda session, keep: client.gtd_book(session, keep),
    "trades": lambda session, keep: client.trades(session, keep=keep),
    "positions": lambda session, keep: client.positions(session, keep=keep),
    "holdings": lambda session, keep: client.holdings(session, keep=keep),
}


@dataclass(frozen=True)
class Part:
    """One page of a book that was read in full. `matching`: how many rows match the search."""

    book: Book
    matching: int
    page: int
    at: datetime

    @property
    def pages(self) -> int:
        """How many pages the matching rows take."""
        return max(1, -(-self.matching // SHOWN))

    @property
    def trouble(self) -> str:
        """Why the book may be incomplete; "" if it is complete."""
        return self.book.warning or ("" if self.book.complete else self.book.outcome.words)


class _Window:
    """Keeps the rows of one page and counts all that match, so that a long book needs little memory."""

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
    """Read a book in full and keep one page of it. `search`: in symbol, ids and status; `only_open`: of orders.

    Our orders are updated from the order books. Raises DeskProblem for an unknown book.
    """
    if name not in BOOKS:
        raise DeskProblem("There is no such book.")
    seen = Seen(desk.row.lane) if name in ("orders", "gtd") else None
    window = _Window(page, search, only_open, seen.look if seen else lambda row: None)
    book = CALLS[name](desk.session, window.keep)
    sessions.ended_by_odin(desk, book.outcome)
    if seen:
        # One book alone cannot show that an order is missing: `doubt.look` reads all of them.
        seen.apply(by=by, complete=False)
    return Part(book, window.matching, page, timezone.now())


def read_orders(desk: Desk, *, by: "User | None") -> str:
    """Read the order book, the GTD book if an order in doubt needs it, and the trades, for our orders (R39).

    Returns why not all could be read, "" if all could. An incomplete look may find orders, but never calls
    one missing.
    """
    seen = Seen(desk.row.lane)

    def keep(row: Row) -> bool:
        seen.look(row)
        return False

    names = ("orders", "gtd", "trades") if seen.needs_gtd else ("orders", "trades")
    trouble = next((words for name in names if (words := _visit(desk, name, keep))), "")
    seen.apply(by=by, complete=not trouble)
    return trouble


class _Found(Exception):
    """The row was found: the rest of the book need not be read."""

    def __init__(self, row: OrderRow) -> None:
        super().__init__()
        self.row = row


def find(desk: Desk, exchange: str, order_id: str, *, by: "User") -> OrderRow:
    """Return the row of one order, from the order book, else from the GTD book. Raises DeskProblem.

    Reading stops when it is found; rows of our orders read until then are stored as well.
    """
    seen = Seen(desk.row.lane)

    def keep(row: Row) -> bool:
        seen.look(row)
        if isinstance(row, OrderRow) and (row.exchange, row.order_id) == (exchange, order_id):
            raise _Found(row)
        return False

    try:
        trouble = _visit(desk, "orders", keep) or _visit(desk, "gtd", keep)
    except _Found as found:
        return found.row
    finally:
        seen.apply(by=by, complete=False)
    raise DeskProblem(trouble or "The book has no such order. Nothing was sent.")


def _visit(desk: Desk, name: str, keep: Keep) -> str:
    """Pass each row of a book to `keep`. Returns why not all of it could be read."""
    book = CALLS[name](desk.session, keep)
    sessions.ended_by_odin(desk, book.outcome)
    if book.complete:
        return ""
    return book.warning or f"The book could not be read ({book.outcome.kind.value}). {book.outcome.words}"


def _texts(row: Row) -> list[str]:
    names = ("symbol", "order_id", "status", "order_identifier", "exchange", "isin")
    return [text for name in names if isinstance(text := getattr(row, name, None), str)]


def session_ended(part: Part) -> bool:
    """Whether the session is over, so that the client must log in again."""
    return part.book.outcome.kind is OutcomeKind.SESSION_ENDED
