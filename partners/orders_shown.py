"""Reported orders as pages and exports show them: status in words, amounts in rupees, differences in words."""

from dataclasses import dataclass
from decimal import Decimal

from backoffice.connector.api.webhook import status_of
from backoffice.connector.config import basket_terms
from backoffice.rest.api.status import OrderStatus
from partners.belonging import DIFFERENCES
from partners.models import ReportedOrder

_TONES = {
    OrderStatus.EXECUTED: "good",
    OrderStatus.COMPLETED: "good",
    OrderStatus.CANCELLED: "idle",
    OrderStatus.AMO_CANCELLED: "idle",
}


@dataclass(frozen=True)
class Shown:
    """One order. `price`: rupees, None if it is not known. `differs`: sentences."""

    order: ReportedOrder
    status: str
    tone: str
    price: Decimal | None
    differs: tuple[str, ...]

    @property
    def flags(self) -> tuple[str, ...]:
        """What needs attention, in words."""
        orphan = ("Belongs to no basket of ours.",) if self.order.orphan else ()
        return (*orphan, *self.doubts)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What needs attention about an order whose place is known."""
        order = self.order
        found = [*self.differs]
        if order.conflict:
            found.append("Two messages of one sequence say different things.")
        if order.traded is not None and order.traded != order.traded_by_trades:
            found.append(f"Its trades add up to {order.traded_by_trades}.")
        return tuple(found)


def shown(order: ReportedOrder) -> Shown:
    """An order as it is shown. `order.line` is read: select it."""
    known = status_of(order.status)
    words = (
        known.label
        if known
        else f"Status {order.status[:20]}, counted as open"
        if order.status
        else "No status"
    )
    if known is None:
        tone = "doubt"
    elif known in _TONES:
        tone = _TONES[known]
    else:
        tone = "bad" if known.is_final else "info"
    differs = tuple(DIFFERENCES.get(name, name) for name in order.differs)
    return Shown(order, words, tone, rupees(order.price, order.line.exchange if order.line else ""), differs)


def rupees(amount: int | None, exchange: str) -> Decimal | None:
    """Return an amount of messages in rupees: paise, except on exchanges with other scales (C19)."""
    return Decimal(amount) / basket_terms().locator(exchange) if amount is not None else None
