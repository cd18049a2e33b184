"""The monitor of one published version: requested, served and reported, by client and line (C36, C37)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, IntegerField, Max, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum

from backoffice.audit.operations import record
from backoffice.kit.charts import Chart, stacked_chart
from backoffice.kit.formats import ist
from partners.models import (
    BasketLine,
    BasketVersion,
    ConnectorFinding,
    InboxMessage,
    Invitation,
    Partner,
    ReportedOrder,
    ReportedTrade,
)
from partners.models.invitations import InvitationState
from partners.models.records import FindingKind
from partners.orders_shown import Shown, rupees, shown

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Findings that a page lists.
LISTED = 20
#: Pieces of the chart's columns, and how many of them have a label.
SERIES = (("traded", "good"), ("open", "doubt"), ("not ordered", "idle"))
LABELS = 8
#: Invitations of a basket that the list of baskets counts; the page of the basket counts all of them.
COUNTED = 1000
#: Steps of an invitation: label, and the field that holds when.
STEPS = (
    ("Invited", "invited_at"),
    ("Opened", "opened_at"),
    ("Redirected", "redirected_at"),
    ("Checked", "checked_at"),
    ("Served", "served_at"),
    ("Returned", "returned_at"),
    ("Reported", "last_message_at"),
)
CSV_HEADER = (
    "Reco ID", "Retail user", "State", "Served", "Line", "Scrip", "Side asked", "Quantity asked", "Price asked",
    "Order", "Side reported", "Quantity reported", "Traded", "Price reported", "Status reported", "Differences",
    "Last message",
)  # fmt: skip
CHUNK = 200


@dataclass(frozen=True)
class LineNumbers:
    """One line over all clients. `asked`, `served`: units; `quantity`, `traded`: as order messages report them."""

    line: BasketLine
    asked: int
    served: int
    orders: int
    quantity: int
    traded: int

    @property
    def open(self) -> int:
        """Units that were served, or ordered without that as by runs, and not traded."""
        return max(self.served, self.quantity) - self.traded


@dataclass(frozen=True)
class Numbers:
    """One version over all clients. Values are rupees at the basket's prices; market orders count 0."""

    states: Sequence[tuple[str, str, int]]
    steps: Sequence[tuple[str, int]]
    lines: Sequence[LineNumbers]
    value_asked: Decimal
    value_served: Decimal
    value_traded: Decimal
    differing: int
    conflicts: int
    orphans: int
    last_message: datetime | None
    findings: Sequence[ConnectorFinding] = field(default_factory=list)

    @property
    def silent(self) -> bool:
        """Whether a finding of silence is open."""
        return any(one.kind == FindingKind.SILENCE for one in self.findings)

    @property
    def chart(self) -> Chart:
        """Units of each line: traded, ordered and open, served and not ordered."""
        rows = [
            (
                row.line.symbol,
                {
                    "traded": row.traded,
                    "open": max(0, row.quantity - row.traded),
                    "not ordered": max(0, row.served - row.quantity),
                },
            )
            for row in self.lines
        ]
        return stacked_chart("Units by line", rows, SERIES, labelled=1 + len(rows) // LABELS)


@dataclass(frozen=True)
class ClientLine:
    """A line of the basket beside what a client's messages report of it. `line` None: not in the basket."""

    line: BasketLine | None
    orders: Sequence[Shown]


class _Counted(Subquery):
    """Count the rows of a query with a value in the column `what`."""

    template = "(SELECT COUNT(what) FROM (%(subquery)s) AS few)"


def with_counts(versions: QuerySet[BasketVersion]) -> QuerySet[BasketVersion]:
    """Versions with counts of their invitations, no further than COUNTED, and the time of the last order message."""
    own = Invitation.objects.filter(version=OuterRef("pk")).order_by()

    def count(name: str) -> _Counted:
        few = own.annotate(what=F(name)).values("what")[: COUNTED + 1]
        return _Counted(few, output_field=IntegerField())

    heard = own.filter(last_message_at__isnull=False).order_by("-last_message_at")
    return versions.annotate(
        asked_count=count("pk"),
        served_count=count("served_at"),
        returned_count=count("returned_at"),
        heard_count=count("last_message_at"),
        last_at=Subquery(heard.values("last_message_at")[:1]),
    )


def last_messages() -> list[tuple[Partner, datetime | None]]:
    """Each partner whose orders the portal sees, with when its last message came. One query."""
    newest = InboxMessage.objects.filter(partner=OuterRef("pk")).order_by("-received_at")
    partners = Partner.objects.exclude(kind="external")
    own = partners.annotate(last=Subquery(newest.values("received_at")[:1]))
    return [(one, one.last) for one in own]


def numbers(version: BasketVersion) -> Numbers:
    """All that is counted of a version, in eight queries."""
    invited = version.invitations.order_by()
    counted = invited.aggregate(**{name: Count(name) for _, name in STEPS})
    states = dict(invited.values_list("state").annotate(n=Count("pk")))
    orders = ReportedOrder.objects.filter(version=version).order_by()
    by_line = {
        row["line"]: row
        for row in orders.values("line").annotate(n=Count("pk"), asked=Sum("quantity"), done=Sum("traded"))
    }
    flagged = orders.aggregate(
        differing=Count("pk", filter=~Q(differs=[])), conflicts=Count("pk", filter=Q(conflict=True))
    )
    lines = list(version.lines.all())
    served = counted["served_at"]
    total = sum((line.value for line in lines), Decimal(0))
    partner = version.basket.partner
    return Numbers(
        states=[(one.value, one.label, states[one]) for one in InvitationState if states.get(one)],
        steps=[(label, counted[name]) for label, name in STEPS],
        lines=[_of_line(line, counted["invited_at"], served, by_line.get(line.pk)) for line in lines],
        value_asked=total * counted["invited_at"],
        value_served=total * served,
        value_traded=_traded(version, lines),
        differing=flagged["differing"],
        conflicts=flagged["conflicts"],
        orphans=ReportedOrder.objects.filter(partner=partner, orphan=True).count(),
        last_message=InboxMessage.objects.filter(partner=partner).aggregate(last=Max("received_at"))["last"],
        findings=_findings(version, partner),
    )


def _of_line(line: BasketLine, invited: int, served: int, row: Mapping[str, Any] | None) -> LineNumbers:
    found = row or {}
    return LineNumbers(
        line=line,
        asked=line.quantity * invited,
        served=line.quantity * served,
        orders=found.get("n") or 0,
        quantity=found.get("asked") or 0,
        traded=found.get("done") or 0,
    )


def _traded(version: BasketVersion, lines: Sequence[BasketLine]) -> Decimal:
    """Rupees of all trades of the version's orders."""
    exchanges: dict[int | None, str] = {line.pk: line.exchange for line in lines}
    trades = ReportedTrade.objects.filter(order__version=version, quantity__isnull=False, price__isnull=False)
    sums = trades.order_by().values_list("order__line").annotate(sum=Sum(F("quantity") * F("price")))
    return sum(
        (rupees(int(amount), exchanges.get(line, "")) or Decimal(0) for line, amount in sums), Decimal(0)
    )


def _findings(version: BasketVersion, partner: Partner) -> list[ConnectorFinding]:
    own = Q(invitation__version=version) | Q(order__version=version)
    silence = Q(partner=partner, invitation=None, kind=FindingKind.SILENCE)
    return list(ConnectorFinding.objects.filter(own | silence, settled_at=None)[:LISTED])


def with_orders(invitations: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Invitations with their clients and reported orders."""
    orders = ReportedOrder.objects.select_related("line").order_by("line__number", "-last_at")
    return invitations.select_related("client").prefetch_related(Prefetch("orders", orders))


def by_line(invitation: Invitation, lines: Sequence[BasketLine]) -> list[ClientLine]:
    """The lines of the basket beside a client's reported orders, those that the basket lacks at the end."""
    found: dict[int | None, list[Shown]] = defaultdict(list)
    for order in invitation.orders.all():
        found[order.line_id].append(shown(order))
    rows = [ClientLine(line, found.get(line.pk, ())) for line in lines]
    return [*rows, ClientLine(None, found[None])] if found.get(None) else rows


def export(version: BasketVersion, *, by: "User") -> Iterator[Sequence[object]]:
    """The rows of the monitor's file, one a client, line and order. The export is an audit entry."""
    words = f"Monitor of {version} exported."
    record("connector.monitor_exported", by=by, subject=version.basket.subject, text=words)
    return _rows(version)


def _rows(version: BasketVersion) -> Iterator[Sequence[object]]:
    lines = list(version.lines.all())
    for invitation in with_orders(version.invitations.order_by("id")).iterator(chunk_size=CHUNK):
        head = (
            version.reco_id,
            invitation.client.lane,
            invitation.get_state_display(),
            ist(invitation.served_at) if invitation.served_at else "",
        )
        for row in by_line(invitation, lines):
            line = row.line
            asked = (
                (
                    line.number,
                    f"{line.symbol} {line.exchange} {line.token}",
                    line.side,
                    line.quantity,
                    line.price,
                )
                if line
                else ("", "", "", "", "")
            )
            for one in row.orders or (None,):
                yield (*head, *asked, *(_reported(one) if one else ("",) * 8))


def _reported(one: Shown) -> tuple[object, ...]:
    order = one.order
    return (
        order.key, order.side, order.quantity, order.traded, one.price, one.status, " ".join(one.flags),
        ist(order.last_at),
    )  # fmt: skip
