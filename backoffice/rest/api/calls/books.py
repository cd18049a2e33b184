"""Books: orders, trades, positions, holdings. The document names them and has no section for any."""

from backoffice.rest.api.answers import HoldingRow, OrderRow, PositionRow, TradeRow
from backoffice.rest.api.call import Call
from backoffice.rest.api.codes import Period
from backoffice.rest.api.fields import Code, PathText, Text, Whole

ALL_STATUSES = -1


class PagedBook(Call, abstract=True):
    """A book that is read page by page: `offset` is the number of a page, from 1 (R27)."""

    method = "GET"
    book = True
    paged = True

    offset = Whole("Page", lowest=1, required=True)
    limit = Whole("Rows a page", lowest=1, highest=1000, required=True)


class OrderBook(PagedBook):
    """Read the orders of the day (section Getting Started, named only)."""

    title = "Order book"
    path = "/transactional/v1/orders"
    row = OrderRow

    order_status = Whole("Statuses", key="orderStatus", lowest=-1, highest=2, default=ALL_STATUSES)


class GtdBook(PagedBook):
    """Read the orders that are valid for several days (section Order, not named)."""

    title = "GTD order book"
    path = "/transactional/v1/gtdOrders"
    row = OrderRow


class TradeBook(PagedBook):
    """Read the trades of the day, or of one order (section Getting Started, named only)."""

    title = "Trade book"
    path = "/transactional/v1/trades"
    row = TradeRow

    order_id = Text("Order id", max_length=64, omit=True)
    order_ids = Text("Order ids", max_length=2000, omit=True)


class OrderHistory(Call):
    """Read the steps of one order (section Order, not named)."""

    title = "Order history"
    method = "GET"
    path = "/transactional/v1/orders/{order_id}"
    book = True
    row = OrderRow

    order_id = PathText("Order id", max_length=64, required=True)


class Positions(Call):
    """Read the positions (section Getting Started, named only)."""

    title = "Positions"
    method = "GET"
    path = "/transactional/v1/portfolio/positions/{period}"
    book = True
    row = PositionRow

    period = Code("Period", Period, required=True)
    combined = Whole("Across exchanges", key="intropStatus", lowest=0, highest=1, default=0)


class Holdings(Call):
    """Read the holdings (section Getting Started, named only)."""

    title = "Holdings"
    method = "GET"
    path = "/transactional/v1/portfolio/holdings"
    book = True
    row = HoldingRow
