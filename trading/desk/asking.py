"""Modifying and cancelling orders of a book: every value from the book just read, asked for once (R22, R23)."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.kit.formats import indian
from backoffice.outside import visible
from backoffice.protocol.findings import EncodeError, Finding, Severity, errors
from backoffice.rest import client
from backoffice.rest.api.answers import OrderRow
from backoffice.rest.api.calls import ModifyCover, ModifyOrder
from backoffice.rest.api.codes import OrderType, Product, Side, Validity
from backoffice.rest.api.outcome import Outcome, OutcomeKind, Read
from backoffice.rest.api.status import read_status
from backoffice.rest.api.writing import to_json
from markets import search
from markets.models import Scrip
from trading.desk import books, caps, sessions, stop, tickets
from trading.desk.errors import DeskProblem, HasFindings, Moved
from trading.desk.orders import instruction_of, lock
from trading.desk.rights import need_dealer
from trading.desk.seen import is_over, shows, state_of
from trading.desk.sessions import Desk
from trading.desk.tickets import FIELDS, Ticket
from trading.desk.trail import answer_of, note
from trading.models import AskedChange, AskedKind, AskedState, DeskOrder, Step
from trading.models.desk import ASKED_DOUBTFUL

if TYPE_CHECKING:
    from backoffice.logins.models import User

STATES = {
    OutcomeKind.SUCCESS: AskedState.ASKED,
    OutcomeKind.REFUSED: AskedState.REFUSED,
    OutcomeKind.WRONG_SETTING: AskedState.REFUSED,
    OutcomeKind.NOT_SENT: AskedState.NOT_SENT,
    OutcomeKind.SESSION_ENDED: AskedState.NOT_SENT,
    OutcomeKind.UNKNOWN: AskedState.UNKNOWN,
}
#: What of a row moves, and how people call it.
MOVES = {
    "status": "status",
    "traded_quantity": "traded",
    "total_quantity": "quantity",
    "order_price": "price",
    "trigger_price": "trigger",
    "order_type": "order type",
    "validity": "validity",
}


@dataclass(frozen=True)
class NewTerms:
    """What an order shall be. Exchange, scrip, side and product cannot change (R22)."""

    order_type: str
    quantity: int
    price: Decimal = Decimal(0)
    trigger_price: Decimal = Decimal(0)
    disclosed_quantity: int = 0
    validity: str = Validity.DAY.value
    validity_days: int = 0
    stop_price: Decimal | None = None
    stop_trigger: Decimal | None = None


@dataclass(frozen=True)
class JudgedChange:
    """New terms as they were judged beside the row of the book."""

    row: OrderRow
    values: dict[str, Any]
    findings: list[Finding]
    words: str
    value: Decimal
    added: Decimal

    @property
    def errors(self) -> list[Finding]:
        """What forbids to send it."""
        return errors(self.findings)


def is_cover(row: OrderRow) -> bool:
    """Whether the order is a cover order, which has calls of its own."""
    return row.product_type == Product.COVER


def snapshot(row: OrderRow) -> dict[str, str]:
    """What a dealer saw of an order, as a form carries it."""
    return {name: _text(getattr(row, name)) for name in MOVES}


def moved(row: OrderRow, seen: Mapping[str, str]) -> list[str]:
    """What moved since, in words."""
    now = snapshot(row)
    return [
        visible(f"{words} was {seen.get(name) or 'absent'} and is {now[name] or 'absent'}")
        for name, words in MOVES.items()
        if now[name] != seen.get(name, "")
    ]


def why_not_modify(row: OrderRow) -> str:
    """Why an order cannot be modified; "" where it can: only pending or received by the OMS (R22)."""
    status = read_status(row.status or "")
    if status is None or not status.can_change:
        return visible(f"It cannot be modified: the book says {row.status or 'no status'}.")
    if row.traded_quantity is None or row.total_quantity is None:
        return "It cannot be modified: the book does not say its quantity and what is traded."
    return ""


def why_not_cancel(row: OrderRow) -> str:
    """Why an order cannot be cancelled; "" where it can: it is too late, the book says (R23)."""
    state = state_of(row)
    if is_over(row):
        return f"It is too late to cancel: the order is {state.label.lower()}."
    if row.total_quantity and row.traded_quantity and row.traded_quantity >= row.total_quantity:
        return "It is too late to cancel: all of it is traded."
    return ""


def judge(desk: Desk, row: OrderRow, terms: NewTerms) -> JudgedChange:
    """All that is to be said of new terms, beside the row of the book."""
    values = _modify_values(row, terms)
    scrip = _scrip(row)
    call = ModifyCover if is_cover(row) else ModifyOrder
    lot, tick = (scrip.lot or None, scrip.tick_rupees or None) if scrip else (None, None)
    said = client.invalid(call, values, desk.session, lot=lot, tick=tick)
    said += _side_findings(row, terms)
    found = [replace(one, path=FIELDS.get(one.path, one.path)) for one in said]
    if shows(row, _stored(terms, cover=is_cover(row))):
        found.append(Finding("quantity", "Nothing is changed. Change something, or leave the form."))
    own = _own(desk.row.lane, row)
    value = _value(row, terms.quantity, _price(terms, own), scrip)
    before = _value(row, int(row.total_quantity or 0), _book_price(row, own), scrip)
    words = _modify_words(row, terms)
    return JudgedChange(row, values, found, words, value, max(Decimal(0), value - before))


def modify(
    desk: Desk,
    exchange: str,
    order_id: str,
    terms: NewTerms,
    *,
    seen: Mapping[str, str],
    token: uuid.UUID,
    instruction: str,
    reference: str,
    by: "User",
) -> AskedChange:
    """Ask for new terms, once. The book is read in the same action.

    `seen`: what the dealer saw (`snapshot`). Raises Moved where the order moved since, DeskProblem for what forbids it;
    nothing was sent then.
    """
    if earlier := AskedChange.objects.filter(token=token).first():
        return earlier
    need_dealer(by)
    reference = instruction_of(instruction, reference)
    row = books.find(desk, exchange, order_id, by=by)
    if changes := moved(row, seen):
        raise Moved(changes)
    if words := why_not_modify(row):
        raise DeskProblem(words)
    judged = judge(desk, row, terms)
    if judged.errors:
        raise HasFindings(judged.errors)
    made = AskedChange(
        kind=AskedKind.MODIFY,
        values=_stored(terms, cover=is_cover(row)),
        added_value=judged.added,
        words=judged.words,
    )
    call = client.modify_cover if is_cover(row) else client.modify
    return _ask(
        desk,
        row,
        made,
        judged.value,
        lambda: call(desk.session, judged.values),
        body=to_json(judged.values),
        token=token,
        instruction=instruction,
        reference=reference,
        by=by,
    )


def cancel(
    desk: Desk,
    exchange: str,
    order_id: str,
    *,
    token: uuid.UUID,
    instruction: str,
    reference: str,
    by: "User",
) -> AskedChange:
    """Ask that an order is cancelled, once. The book is read first and refuses what is too late. Raises DeskProblem."""
    if earlier := AskedChange.objects.filter(token=token).first():
        return earlier
    need_dealer(by)
    reference = instruction_of(instruction, reference)
    row = books.find(desk, exchange, order_id, by=by)
    if words := why_not_cancel(row):
        raise DeskProblem(words)
    made = AskedChange(kind=AskedKind.CANCEL, words=f"Cancel {row_words(row)}.")
    if is_cover(row):
        return _ask(
            desk,
            row,
            made,
            None,
            lambda: client.cancel_cover(desk.session, exchange, order_id),
            body="",
            token=token,
            instruction=instruction,
            reference=reference,
            by=by,
        )
    days = _gtd_days(desk.row.lane, row)
    return _ask(
        desk,
        row,
        made,
        None,
        lambda: client.cancel(desk.session, exchange, order_id, days),
        body="" if days is None else to_json({"validity_days": days}),
        token=token,
        instruction=instruction,
        reference=reference,
        by=by,
    )


def _ask(
    desk: Desk,
    row: OrderRow,
    made: AskedChange,
    value: Decimal | None,
    call: Callable[[], Read],
    *,
    body: str,
    token: uuid.UUID,
    instruction: str,
    reference: str,
    by: "User",
) -> AskedChange:
    """Commit what is asked, then send it once. `value`: what the order would be worth, None where it asks for less."""
    lane = desk.row.lane
    try:
        with transaction.atomic():
            lock(lane, by)
            if earlier := AskedChange.objects.filter(token=token).first():
                return earlier
            if value is not None:
                stop.check()
                if made.added_value:
                    caps.check(lane, by, value, made.added_value)
            made.token, made.desk_session, made.lane, made.dealer = token, desk.row, lane, by
            made.exchange, made.order_id = row.exchange or "", row.order_id or ""
            made.desk_order = _own(lane, row)
            made.at, made.day = timezone.now(), caps.today()
            made.instruction, made.reference = instruction, reference
            made.before = snapshot(row)
            made.save(force_insert=True)
            text = f"{made.words} Instruction: {made.get_instruction_display().lower()}, {reference}."
            note(made, Step.CONFIRMED, text, by=by, body=body)
    except IntegrityError:
        waiting = AskedChange.objects.filter(
            lane=lane, exchange=made.exchange, order_id=made.order_id, state__in=ASKED_DOUBTFUL
        ).first()
        if waiting is None:
            raise
        words = (
            f"Nobody knows yet whether {waiting} was done. Look in the order book first. Nothing was sent."
        )
        raise DeskProblem(words) from None
    try:
        read = call()
    except EncodeError as error:
        read = Read(Outcome(OutcomeKind.NOT_SENT, "values", f"{error} Nothing was sent."))
    _settle(made, read)
    sessions.ended_by_odin(desk, read.outcome)
    return made


def _settle(made: AskedChange, read: Read) -> None:
    state = STATES[read.outcome.kind]
    with transaction.atomic():
        kept = AskedChange.objects.select_for_update().get(pk=made.pk)
        if kept.state == AskedState.SENDING:
            kept.state = state
            kept.save(update_fields=["state"])
        note(
            kept,
            Step.ANSWERED,
            f"{state.label}. {read.outcome.words}".strip(),
            by=None,
            outcome=read.outcome.kind.value,
            body=read.sent,
            received=answer_of(read),
        )
    made.refresh_from_db()


# --- values and words ---------------------------------------------------------------------------------------------


def _modify_values(row: OrderRow, terms: NewTerms) -> dict[str, Any]:
    """All values of the call, `traded_quantity` from the book: the API has no "unchanged" (R22)."""
    place = {"exchange": row.exchange, "order_id": row.order_id}
    traded = int(row.traded_quantity or 0)
    if is_cover(row):
        main = {
            "order_type": terms.order_type,
            "quantity": terms.quantity,
            "price": terms.price,
            "traded_quantity": traded,
        }
        leg = tickets.stop_leg(terms.quantity, terms.stop_price, terms.stop_trigger)
        return {**place, "main_leg": main, "stoploss_leg": {"legs": leg}}
    return {
        **place,
        "order_type": terms.order_type,
        "quantity": terms.quantity,
        "traded_quantity": traded,
        "price": terms.price,
        "trigger_price": terms.trigger_price,
        "disclosed_quantity": terms.disclosed_quantity,
        "validity": terms.validity,
        "validity_days": terms.validity_days,
    }


def _side_findings(row: OrderRow, terms: NewTerms) -> list[Finding]:
    """The trigger of a stop loss limit lies on the right side of its price; the call itself has no side."""
    if terms.order_type != OrderType.STOP_LIMIT or not (terms.price and terms.trigger_price):
        return []
    if row.transaction_type == Side.BUY and terms.trigger_price > terms.price:
        words = f"To buy, the trigger {terms.trigger_price} must not be above the price {terms.price}."
    elif row.transaction_type == Side.SELL and terms.trigger_price < terms.price:
        words = f"To sell, the trigger {terms.trigger_price} must not be below the price {terms.price}."
    else:
        return []
    return [Finding("trigger_price", words, Severity.ERROR, "trigger")]


def _stored(terms: NewTerms, *, cover: bool) -> dict[str, Any]:
    """New terms as the row of the change keeps them: quantities as numbers, rupees as text."""
    stored: dict[str, Any] = {
        "order_type": terms.order_type,
        "quantity": terms.quantity,
        "price": _text(terms.price),
    }
    if cover:
        return {**stored, "stop_trigger": _text(terms.stop_trigger), "stop_price": _text(terms.stop_price)}
    return {
        **stored,
        "trigger_price": _text(terms.trigger_price),
        "disclosed_quantity": terms.disclosed_quantity,
        "validity": terms.validity,
        "validity_days": terms.validity_days,
    }


def _modify_words(row: OrderRow, terms: NewTerms) -> str:
    ticket = Ticket(
        exchange=row.exchange or "",
        scrip_token=0,
        side=row.transaction_type or "",
        order_type=terms.order_type,
        quantity=terms.quantity,
        price=terms.price,
        trigger_price=terms.trigger_price,
    )
    known = {one.value for one in OrderType}
    how = tickets.price_words(ticket) if terms.order_type in known else terms.order_type
    parts = [f"Change {row_words(row)} to {terms.quantity:,} in all", how]
    if is_cover(row) and terms.stop_trigger:
        stop_at = f"limit ₹ {indian(terms.stop_price, None)}" if terms.stop_price else "at market"
        parts.append(f"stop loss at trigger ₹ {indian(terms.stop_trigger, None)}, {stop_at}")
    elif not is_cover(row) and terms.validity in {one.value for one in Validity}:
        parts.append(tickets.validity_words(terms.validity, terms.validity_days))
    if terms.disclosed_quantity:
        parts.append(f"{terms.disclosed_quantity:,} disclosed")
    return visible(", ".join(parts)) + "."


def row_words(row: OrderRow) -> str:
    """An order of a book, as a person would say it."""
    sides = {one.value: one.label for one in Side}
    side = sides.get(row.transaction_type or "", row.transaction_type or "")
    quantity = "" if row.total_quantity is None else f"{row.total_quantity:,f}"
    name = " ".join(part for part in (row.symbol, row.series) if part) or f"token {row.scrip_token}"
    price = f"at ₹ {indian(row.order_price, None)}" if row.order_price else ""
    parts = (side, quantity, name, f"on {row.exchange}", price, f"({row.order_id})")
    return visible(" ".join(part for part in parts if part))


def _value(row: OrderRow, quantity: int, price: Decimal, scrip: Scrip | None) -> Decimal:
    return tickets.worth(row.exchange or "", quantity, price, scrip.lot if scrip else 1)


def _price(terms: NewTerms, own: DeskOrder | None) -> Decimal:
    """What a unit is worth: a market order at what was said when the desk placed it."""
    said = own.value / own.quantity if own else Decimal(0)
    return terms.price or terms.trigger_price or said


def _book_price(row: OrderRow, own: DeskOrder | None) -> Decimal:
    said = own.value / own.quantity if own else Decimal(0)
    return row.order_price or row.trigger_price or said


def _scrip(row: OrderRow) -> Scrip | None:
    own = search.masters().get(row.exchange or "")
    token = row.scrip_token or ""
    if own is None or not (token.isascii() and token.isdigit() and len(token) <= 12):
        return None
    return Scrip.objects.filter(scrip_import=own.current, token=int(token)).first()


def _own(lane: str, row: OrderRow) -> DeskOrder | None:
    return DeskOrder.objects.filter(
        lane=lane, exchange=row.exchange or "", order_id=row.order_id or ""
    ).first()


def _gtd_days(lane: str, row: OrderRow) -> int | None:
    """The days with which a GTD order was placed (R40); None of any other order."""
    if row.validity != Validity.GTD:
        return None
    own = _own(lane, row)
    return own.validity_days if own else int(row.validity_days or 0) or None


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "" if value is None else str(value)
