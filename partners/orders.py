"""Orders and trades as the messages report them: by sequence, whatever order they come in (C35, C36, C49, C50)."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum
from django.utils import timezone

from backoffice.connector.api.webhook import Row
from partners import belonging, findings
from partners.models import (
    ConnectorFinding,
    InboxMessage,
    OrderMessage,
    Partner,
    ReportedOrder,
    ReportedTrade,
)
from partners.models.orders import Reading
from partners.models.records import FindingKind

#: The sequence of a row that brings none: older than any other.
NO_SEQUENCE = 0
#: The columns of an order that a row sets.
_SET = (
    "order_number", "sequence", "row_hash", "reco_id", "tp_user_id", "ucc", "product_code", "token", "symbol",
    "side", "quantity", "pending", "traded", "price", "status", "reason", "reported_at", "invitation", "version",
    "line", "differs", "orphan", "conflict", "last_at",
)  # fmt: skip

#: Orders without a place that are looked at again each time.
ORPHANS = 500
Key = tuple[str, str, str]


@dataclass
class _State:
    """The state while messages are read: orders, trades, and the hashes of rows seen, by order and sequence."""

    partner: Partner
    orders: dict[Key, ReportedOrder]
    trades: dict[tuple[str, str, str], ReportedTrade]
    seen: dict[Key, dict[int, set[str]]]
    changed: dict[Key, ReportedOrder] = field(default_factory=dict)
    log: list[tuple[OrderMessage, Key | None]] = field(default_factory=list)
    new_trades: list[tuple[ReportedTrade, Key | None]] = field(default_factory=list)
    changed_trades: list[ReportedTrade] = field(default_factory=list)
    conflicts: set[Key] = field(default_factory=set)


def take(partner: Partner, rows: Sequence[tuple[InboxMessage, Row]]) -> None:
    """Update the reported orders with rows, in the caller's transaction, which holds the partner.

    The result does not depend on the sequence of arrival. Two different rows with one sequence are a conflict
    for a person; until it is settled, the one with the higher hash shows.
    """
    state = _load(partner, [row for _, row in rows])
    places = belonging.Places(partner, [row for _, row in rows])
    for message, row in rows:
        _take(state, places, message, row)
    _save(state)
    for key in state.conflicts:
        order = state.orders[key]
        words = f"Order {order.key}: two messages of one sequence say different things."
        findings.found(FindingKind.CONFLICT, order.subject, words, partner=partner, order=order)
    for order in state.changed.values():
        _judge(partner, order)
    belonging.settle_invitations({order.invitation_id for order in state.changed.values()} - {None})


def place_orphans() -> int:
    """Give the newest orders that belong to nothing the place that is known by now. Returns how many have one.

    The message of an order that the portal placed itself may come before the answer, or the book, says its id (C44).
    One that waited for that in vain is a finding.
    """
    told = ConnectorFinding.objects.filter(kind=FindingKind.ORPHAN, order=OuterRef("pk"))
    orphans = ReportedOrder.objects.filter(orphan=True).annotate(told=Exists(told)).select_related("partner")
    by_partner = defaultdict(list)
    for order in orphans.order_by("-id")[:ORPHANS]:
        by_partner[order.partner].append(order)
    placed = 0
    for partner, own in by_partner.items():
        places = belonging.Places(partner, own)
        for order in own:
            place = places.of(order)
            if place.version is not None:
                placed += _adopt(order, place)
            elif not order.told:
                _judge(partner, order)
    return placed


def _adopt(order: ReportedOrder, place: belonging.Place) -> bool:
    """Put an orphan in its place, and end the finding about it. False if a message was quicker."""
    with transaction.atomic():
        kept = ReportedOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
        if not kept.orphan:
            return False
        _put(kept, place)
        kept.save(update_fields=["version", "invitation", "line", "differs", "orphan"])
        findings.over(FindingKind.ORPHAN, kept.subject, "Its order is known by now.")
    return True


def _take(state: _State, places: belonging.Places, message: InboxMessage, row: Row) -> None:
    key = _key(row)
    if row.is_trade:
        reading = _take_trade(state, places, key, row)
    elif key is None:
        reading = Reading.ORPHAN
        words = f"A message of {state.partner.name} names no order."
        findings.found(FindingKind.ORPHAN, f"{state.partner.subject} no order", words, partner=state.partner)
    else:
        reading = _take_order(state, places, key, row)
    entry = OrderMessage(
        inbox=message,
        partner=state.partner,
        message_type=row.message_type,
        sequence=row.sequence,
        row_hash=row.row_hash,
        reading=reading,
        values=dict(row.values),
        at=timezone.now(),
    )
    state.log.append((entry, key))


def _take_order(state: _State, places: belonging.Places, key: Key, row: Row) -> Reading:
    order = state.orders.get(key)
    sequence = row.sequence if row.sequence is not None else NO_SEQUENCE
    others = state.seen[key][sequence]
    if row.row_hash in others:
        return Reading.DUPLICATE
    conflict = bool(others)
    others.add(row.row_hash)
    if order is None:
        order = state.orders[key] = _new(state.partner, key)
    current = order.sequence if order.sequence is not None else NO_SEQUENCE - 1
    state.changed[key] = order
    if conflict:
        order.conflict = True
        state.conflicts.add(key)
    if (sequence, row.row_hash) > (current, order.row_hash):
        _set(order, row, sequence, places)
        return Reading.CONFLICT if conflict else Reading.APPLIED
    return Reading.CONFLICT if conflict else Reading.OLDER


def _take_trade(state: _State, places: belonging.Places, key: Key | None, row: Row) -> Reading:
    """Add a trade once. It never moves the order's state; an order that is not known yet is made for it (C49)."""
    if not row.trade_number:
        words = f"A trade of {state.partner.name} has no number."
        findings.found(FindingKind.ORPHAN, f"{state.partner.subject} no trade", words, partner=state.partner)
        return Reading.ORPHAN
    if key is not None and key not in state.orders:
        order = state.orders[key] = _new(state.partner, key)
        _identify(order, row, places)
    if key is not None:
        state.changed[key] = state.orders[key]
    name = (row.exchange, row.trade_number, row.side)
    content = hashlib.sha256(f"{row.trade_quantity} {row.trade_price}".encode()).hexdigest()
    trade = state.trades.get(name)
    if trade is None:
        trade = ReportedTrade(
            partner=state.partner, exchange=row.exchange, number=row.trade_number, side=row.side
        )
        _set_trade(trade, row, content)
        state.trades[name] = trade
        state.new_trades.append((trade, key))
        return Reading.TRADE
    if trade.row_hash == content:
        return Reading.DUPLICATE
    words = f"Trade {row.trade_number} came twice with different contents."
    findings.found(FindingKind.CONFLICT, f"trade {'/'.join(name)}", words, partner=state.partner)
    if content > trade.row_hash:
        _set_trade(trade, row, content)
        if trade.pk:
            state.changed_trades.append(trade)
    return Reading.CONFLICT


def _set_trade(trade: ReportedTrade, row: Row, content: str) -> None:
    trade.quantity, trade.price, trade.traded_at = row.trade_quantity, row.trade_price, row.trade_time
    trade.row_hash = content


def _set(order: ReportedOrder, row: Row, sequence: int, places: belonging.Places) -> None:
    order.sequence, order.row_hash = sequence, row.row_hash
    order.order_number = row.order_number
    order.quantity, order.pending, order.traded = row.quantity, row.pending, row.traded
    order.price, order.status, order.reason = row.price, row.status, row.reason
    order.reported_at = row.modified
    order.last_at = timezone.now()
    _identify(order, row, places)


def _identify(order: ReportedOrder, row: Row, places: belonging.Places) -> None:
    """Whose order it is, and how it differs from the basket."""
    order.reco_id, order.tp_user_id, order.ucc = row.reco_id, row.tp_user_id, row.ucc
    order.product_code, order.token, order.symbol, order.side = (
        row.product_code,
        row.token,
        row.symbol,
        row.side,
    )
    _put(order, places.of(row))


def _put(order: ReportedOrder, place: belonging.Place) -> None:
    order.version, order.invitation, order.line = place.version, place.invitation, place.line
    order.differs = list(place.differs)
    order.orphan = place.version is None


def _judge(partner: Partner, order: ReportedOrder) -> None:
    """Raise findings for a person: an order that belongs to nothing, ids that contradict one another."""
    if order.orphan and belonging.may_be_in_doubt(order):
        return  # a run shows it as unknown until the order book has its id
    if order.orphan:
        words = f"Order {order.key} has no Reco ID of a basket of {partner.name}."
        findings.found(FindingKind.ORPHAN, order.subject, words, partner=partner, order=order)
    elif "ids" in order.differs:
        words = f"Order {order.key}: Reco ID, user and UCC do not belong together."
        findings.found(
            FindingKind.CONTRADICTING_IDS,
            order.subject,
            words,
            partner=partner,
            invitation=order.invitation,
            order=order,
        )


def _new(partner: Partner, key: Key) -> ReportedOrder:
    return ReportedOrder(
        partner=partner, vendor_partner_id=key[0], exchange=key[1], key=key[2], last_at=timezone.now()
    )


def _key(row: Row) -> Key | None:
    return (row.partner_id, row.exchange, row.key) if row.key else None


def _load(partner: Partner, rows: Iterable[Row]) -> _State:
    """Load the records that the rows refer to, in three queries."""
    listed = list(rows)
    keys = {key for row in listed if (key := _key(row))}
    own = ReportedOrder.objects.filter(partner=partner, key__in={key[2] for key in keys})
    orders = {
        key: order
        for order in own.select_related("invitation", "version", "line")
        if (key := (order.vendor_partner_id, order.exchange, order.key)) in keys
    }
    numbers = {row.trade_number for row in listed if row.is_trade}
    trades = {
        (trade.exchange, trade.number, trade.side): trade
        for trade in ReportedTrade.objects.filter(partner=partner, number__in=numbers)
    }
    seen: dict[Key, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    by_pk = {order.pk: key for key, order in orders.items()}
    sequences = {row.sequence for row in listed if not row.is_trade}
    logged = OrderMessage.objects.filter(order__in=by_pk, sequence__in=sequences - {None})
    if None in sequences:
        logged = logged | OrderMessage.objects.filter(order__in=by_pk, sequence=None)
    for order_id, sequence, row_hash in logged.exclude(
        reading__in=(Reading.TRADE, Reading.ORPHAN)
    ).values_list("order", "sequence", "row_hash"):
        seen[by_pk[order_id]][sequence if sequence is not None else NO_SEQUENCE].add(row_hash)
    return _State(partner, orders, trades, seen)


def _save(state: _State) -> None:
    new = [order for order in state.changed.values() if order.pk is None]
    known = [order for order in state.changed.values() if order.pk is not None]
    ReportedOrder.objects.bulk_create(new)
    # An upsert by id: many times faster than an update of so many columns by cases.
    ReportedOrder.objects.bulk_create(
        known,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=_SET,
    )
    for trade, key in state.new_trades:
        trade.order = state.orders[key] if key else None
    ReportedTrade.objects.bulk_create([trade for trade, _ in state.new_trades])
    ReportedTrade.objects.bulk_update(state.changed_trades, ["quantity", "price", "traded_at", "row_hash"])
    for entry, key in state.log:
        entry.order = state.orders.get(key) if key else None
    OrderMessage.objects.bulk_create([entry for entry, _ in state.log])
    _add_up([trade.order_id for trade, _ in state.new_trades if trade.order_id], state)
    _add_up([trade.order_id for trade in state.changed_trades if trade.order_id], state)


def _add_up(order_ids: list[int], state: _State) -> None:
    """Store the totals of these orders' trades."""
    by_pk = {order.pk: order for order in state.changed.values()}
    sums = (
        ReportedTrade.objects.filter(order__in=set(order_ids)).values("order").annotate(sum=Sum("quantity"))
    )
    changed = []
    for row in sums.values_list("order", "sum"):
        order = by_pk[row[0]]
        order.traded_by_trades = row[1] or 0
        changed.append(order)
    ReportedOrder.objects.bulk_update(changed, ["traded_by_trades"])
