"""The outcome of a run: each client and line, the order beside the basket, the book beside order messages (C44)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Max, Prefetch, QuerySet
from django.utils import timezone

from backoffice.connector.api.lines import exchange_named
from backoffice.kit.formats import ist
from backoffice.rest.api.codes import segment_of
from partners.models import Partner, ReportedOrder
from partners.orders_shown import Shown, shown
from runs.models import ClientState, Run, RunClient, RunLine
from runs.trail import note_run
from trading.models import DeskOrder, OrderState
from trading.models.desk import DOUBTFUL, NOTHING_PLACED, sending_over

if TYPE_CHECKING:
    from backoffice.logins.models import User

CSV_HEADER = (
    "Run", "Reco ID", "Retail user", "State", "Line", "Scrip", "Side", "Quantity asked", "Price asked", "Order",
    "Identifier", "Order id", "State of the order", "Book", "Quantity", "Traded", "Book read", "Reported status",
    "Reported traded", "Last message", "Differences",
)  # fmt: skip
CHUNK = 100


@dataclass(frozen=True)
class LineShown:
    """A line of a client: its order, and what messages report of it. `differs`: sentences."""

    own: RunLine
    reported: Shown | None = None

    @property
    def order(self) -> DeskOrder | None:
        """The order, if one was committed."""
        return self.own.order

    @property
    def differs(self) -> tuple[str, ...]:
        """Differences between message and book: the book wins."""
        if self.reported is None or self.order is None:
            return ()
        said = list(self.reported.doubts)
        traded = self.reported.order.traded
        # Before the first look in the book, nothing is known that could differ.
        if self.order.read_at and traded is not None and traded != self.order.traded_quantity:
            said.append(f"The book says {self.order.traded_quantity} traded; messages say {traded}.")
        return tuple(said)


@dataclass(frozen=True)
class ClientShown:
    """A client of a run with its lines."""

    own: RunClient
    lines: Sequence[LineShown]


@dataclass(frozen=True)
class Numbers:
    """A run in numbers. Values are rupees at the prices of the orders.

    `sending`: orders that are being sent now. `doubtful`: orders whose outcome is unknown.
    """

    states: Sequence[tuple[ClientState, int]]
    lines: int
    placed: int
    sending: int
    doubtful: int
    refused: int
    value: Decimal
    last_message: datetime | None


def with_counts(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Runs with how many clients they have."""
    return runs.annotate(client_count=Count("clients"))


def numbers(run: Run) -> Numbers:
    """Return the figures of a run, in three queries."""
    states = dict(run.clients.order_by().values_list("state").annotate(n=Count("pk")))
    found = RunLine.objects.filter(run_client__run=run).order_by()
    counted, placed, sending, doubtful, refused, value = 0, 0, 0, 0, 0, Decimal(0)
    since = timezone.now() - sending_over()
    columns = ("order__state", "problem", "order__value", "order__at")
    for state, problem, worth, at in found.values_list(*columns):
        counted += 1
        under_way = state == OrderState.SENDING and at >= since
        sending += under_way
        doubtful += state in DOUBTFUL and not under_way
        refused += bool(problem) or state in (OrderState.REFUSED, OrderState.REJECTED)
        if state is not None and state not in (*NOTHING_PLACED, *DOUBTFUL):
            placed += 1
            value += worth
    last = _reported(run).aggregate(last=Max("last_at"))["last"]
    return Numbers(
        states=[(one, states[one]) for one in ClientState if states.get(one)],
        lines=counted,
        placed=placed,
        sending=sending,
        doubtful=doubtful,
        refused=refused,
        value=value,
        last_message=last,
    )


def _reported(run: Run) -> QuerySet[ReportedOrder]:
    """Return reported orders with the ids of this run's orders."""
    ids = RunLine.objects.filter(run_client__run=run).exclude(order__order_id="").values("order__order_id")
    return ReportedOrder.objects.filter(partner=run.version.basket.partner, key__in=ids)


def with_lines(clients: QuerySet[RunClient]) -> QuerySet[RunClient]:
    """Clients with their lines and orders."""
    lines = RunLine.objects.select_related("line", "order").order_by("line__number")
    return clients.select_related("client").prefetch_related(Prefetch("lines", lines))


def show(clients: Sequence[RunClient], partner: Partner) -> list[ClientShown]:
    """Clients with their lines, the book beside order messages. One query; `clients` come from `with_lines`."""
    placed = [line.order for own in clients for line in own.lines.all() if line.order and line.order.order_id]
    found = ReportedOrder.objects.filter(partner=partner, key__in={order.order_id for order in placed})
    by_place = {(one.exchange, one.key): one for one in found.select_related("line")}

    def reported(order: DeskOrder | None) -> Shown | None:
        if order is None or not order.order_id:
            return None
        segment = segment_of(exchange_named(order.exchange)).value
        one = by_place.get((segment, order.order_id))
        return shown(one) if one else None

    return [
        ClientShown(own, [LineShown(line, reported(line.order)) for line in own.lines.all()])
        for own in clients
    ]


def export(run: Run, *, by: "User") -> Iterator[Sequence[object]]:
    """The rows of the monitor's file, one a client and line. The export is an audit entry."""
    note_run("runs.exported", run, "monitor exported.", by=by)
    return _rows(run)


def _rows(run: Run) -> Iterator[Sequence[object]]:
    partner, reco_id = run.version.basket.partner, run.version.reco_id
    clients = with_lines(run.clients.order_by("id"))
    for start in range(0, run.clients.count(), CHUNK):
        for one in show(list(clients[start : start + CHUNK]), partner):
            head = (str(run), reco_id, one.own.client.lane, one.own.shown_state.label)
            for row in one.lines:
                line = row.own.line
                asked = (
                    line.number, f"{line.symbol} {line.exchange} {line.token}", line.side, line.quantity, line.price,
                )  # fmt: skip
                yield (*head, *asked, *_of_order(row), *_of_message(row))


def _of_order(row: LineShown) -> tuple[object, ...]:
    order = row.order
    if order is None:
        return ("", "", "", row.own.problem, "", "", "", "")
    return (
        str(order), order.identifier, order.order_id, OrderState(order.shown_state).label, order.status_words,
        order.total, order.traded_quantity, ist(order.read_at) if order.read_at else "",
    )  # fmt: skip


def _of_message(row: LineShown) -> tuple[object, ...]:
    if row.reported is None:
        return ("", "", "", "")
    said = row.reported.order
    return (row.reported.status, said.traded, ist(said.last_at), " ".join(row.differs))
