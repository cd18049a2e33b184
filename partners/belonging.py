"""Match reported orders to invitations and lines, find differences, and derive an invitation's state (C36)."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils import timezone

from backoffice.connector.api.lines import exchange_named
from backoffice.connector.api.webhook import Row, status_of
from backoffice.rest.api.codes import segment_of
from backoffice.rest.api.status import OrderStatus, StatusNumber, of_number
from partners.models import (
    BasketLine,
    BasketVersion,
    Invitation,
    Partner,
    PartnerClient,
    Redirect,
    ReportedOrder,
)
from partners.models.invitations import CLOSED, InvitationState

#: Possible differences of an order, in words for a page.
DIFFERENCES = {
    "client": "The client was not invited to this basket.",
    "ids": "Reco ID, user and UCC do not belong together.",
    "line": "The basket has no such scrip.",
    "side": "The other side than the basket's.",
    "quantity": "Another quantity than the basket's.",
    "price": "Another price than the basket's.",
    "again": "The client has another order of this line.",
}


#: Numbers of final statuses. Unlisted ones count as open (R25).
_FINAL = [member.value for member in StatusNumber if of_number(member).is_final]


@dataclass(frozen=True)
class Place:
    """The match of an order. All None: none, it is an orphan. `differs`: keys of `DIFFERENCES`."""

    version: BasketVersion | None = None
    invitation: Invitation | None = None
    line: BasketLine | None = None
    differs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Placed:
    """An order that the portal placed itself: the line that it follows, and the UCC of its client."""

    line: BasketLine
    ucc: str


#: Orders that the portal placed for a partner's baskets, by UniqueCode (C44).
Lookup = Callable[[Partner, Collection[str]], Mapping[str, Placed]]
#: Whether a reported order may be one that the portal placed itself and whose outcome it does not know yet.
MayBe = Callable[[ReportedOrder], bool]
_placed: list[tuple[Lookup, MayBe]] = []


def register(lookup: Lookup, may_be: MayBe) -> None:
    """Register what says which orders the portal placed itself.

    Call it in the `ready` of the room that places them.
    """
    _placed[:] = [(lookup, may_be)]


def may_be_in_doubt(order: ReportedOrder) -> bool:
    """Return whether an order that belongs to nothing may be one that the portal placed with an unknown outcome."""
    return any(may_be(order) for _, may_be in _placed)


class Places:
    """Everything to which a partner's rows, or the orders made of rows, may belong, read in five queries."""

    def __init__(self, partner: Partner, rows: Iterable[Row | ReportedOrder]) -> None:
        listed = list(rows)
        versions = BasketVersion.objects.filter(
            basket__partner=partner, reco_id__in={row.reco_id for row in listed if row.reco_id}
        ).prefetch_related("lines")
        self._versions = {version.reco_id: version for version in versions}
        names = PartnerClient.objects.filter(partner=partner).select_related("client")
        users = {row.tp_user_id for row in listed if row.tp_user_id}
        self._by_name = {name.tp_user_id: name.client_id for name in names.filter(tp_user_id__in=users)}
        self._by_name |= {name.vas_user_id: name.client_id for name in names.filter(vas_user_id__in=users)}
        invited = Invitation.objects.filter(version__in=self._versions.values()).select_related("client")
        keys = {row.key for row in listed if row.key}
        self._placed = {key: one for look, _ in _placed for key, one in look(partner, keys).items()}
        self._invited: dict[tuple[int, int], Invitation] = {}
        self._by_ucc: dict[tuple[int, str], int] = {}
        for invitation in invited.order_by("id"):
            self._invited[invitation.version_id, invitation.client_id] = invitation
            self._by_ucc[invitation.version_id, invitation.client.user_id] = invitation.client_id

    def of(self, row: Row | ReportedOrder) -> Place:
        """Match a row's order: to an order that the portal placed (C44), else by Reco ID, then user, then UCC.

        All three must agree (C36, C50).
        """
        if own := self._placed.get(row.key):
            line, unlike = _line(own.line.version, row)
            foreign = () if line == own.line and row.ucc in ("", own.ucc) else ("ids",)
            return Place(own.line.version, None, own.line, (*foreign, *unlike))
        version = self._versions.get(row.reco_id)
        if version is None:
            return Place()
        by_name = self._by_name.get(row.tp_user_id)
        by_ucc = self._by_ucc.get((version.pk, row.ucc))
        client = by_name if by_name is not None else by_ucc
        invitation = self._invited.get((version.pk, client)) if client is not None else None
        differs = []
        if invitation is None:
            differs.append("client")
        elif self._contradict(row, invitation):
            differs.append("ids")
        line, unlike = _line(version, row)
        return Place(version, invitation, line, (*differs, *unlike))

    def _contradict(self, row: Row | ReportedOrder, invitation: Invitation) -> bool:
        by_name = self._by_name.get(row.tp_user_id)
        return (bool(row.tp_user_id) and by_name != invitation.client_id) or (
            bool(row.ucc) and row.ucc != invitation.client.user_id
        )


def _line(version: BasketVersion, row: Row | ReportedOrder) -> tuple[BasketLine | None, tuple[str, ...]]:
    """Return the line of a row's scrip, and the row's differences from it."""
    own = [
        line
        for line in version.lines.all()
        if str(line.token) == row.token and segment_of(exchange_named(line.exchange)).value == row.exchange
    ]
    if not own:
        return None, ("line",)
    same_side = [line for line in own if line.side == row.side]
    line = (same_side or own)[0]
    differs = [] if same_side else ["side"]
    if row.quantity is not None and row.quantity != line.quantity:
        differs.append("quantity")
    if row.price is not None and line.price and row.price != line.price * 100:
        differs.append("price")
    return line, tuple(differs)


def settle_invitations(pks: Iterable[int | None]) -> None:
    """Note that order messages came, mark lines that were ordered twice, and close what has ended (C7)."""
    for invitation in Invitation.objects.filter(pk__in=list(pks)).select_related("version"):
        Invitation.objects.filter(pk=invitation.pk).update(last_message_at=timezone.now())
        _mark_repeats(invitation)
        if not invitation.is_closed and (outcome := outcome_of(invitation)) is not None:
            close(invitation, outcome)


def _mark_repeats(invitation: Invitation) -> None:
    """Mark the orders of a line that are open or were traded, if there are several: the basket may be sent twice."""
    orders = list(invitation.orders.exclude(line=None))
    counted = {order.pk: order.line_id for order in orders if order.traded or order.status not in _FINAL}
    often = {line for line, count in Counter(counted.values()).items() if count > 1}
    for order in orders:
        repeats = counted.get(order.pk) in often
        if repeats != ("again" in order.differs):
            order.differs = [name for name in order.differs if name != "again"] + ["again"] * repeats
            order.save(update_fields=["differs"])


def close(invitation: Invitation, outcome: InvitationState) -> None:
    """Close an invitation, unless a person did so at this moment."""
    now = timezone.now()
    opened = Invitation.objects.filter(pk=invitation.pk).exclude(state__in=CLOSED)
    if opened.update(state=outcome, closed_at=now):
        Redirect.objects.filter(invitation=invitation, ended_at=None).update(ended_at=now)


def outcome_of(invitation: Invitation, *, all_lines: bool = True) -> InvitationState | None:
    """How an invitation ended by its order messages; None while an order is open, or a line has none (C7).

    `all_lines` False: lines without an order count as not executed, once nothing more can come.
    """
    if invitation.orders.exclude(status__in=_FINAL).exists():
        return None
    orders = list(invitation.orders.all())
    lines = {line.pk for line in invitation.version.lines.all()}
    if not orders:
        return None
    if all_lines and lines - {order.line_id for order in orders}:
        return None
    done = {
        order.line_id
        for order in orders
        if status_of(order.status) in (OrderStatus.EXECUTED, OrderStatus.COMPLETED)
        and order.line is not None
        and order.traded == order.quantity
        and not _short(order)
    }
    if lines <= done:
        return InvitationState.EXECUTED
    return InvitationState.PART if any(order.traded for order in orders) else InvitationState.NOT_EXECUTED


def _short(order: ReportedOrder) -> bool:
    """Whether less was traded than the basket's line says."""
    return order.line is not None and (order.traded or 0) < order.line.quantity
