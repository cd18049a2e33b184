"""Modify and cancel orders of a book.

Every value comes from the book just read, and each request is sent once (R22, R23).
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.protocol.findings import EncodeError
from backoffice.rest import client
from backoffice.rest.api.answers import OrderRow
from backoffice.rest.api.outcome import OutcomeKind, Read
from backoffice.rest.api.writing import to_json
from trading.desk import books, caps, sending, sessions, stop
from trading.desk import terms as judging
from trading.desk.errors import DeskProblem, HasFindings, Moved
from trading.desk.orders import instruction_of
from trading.desk.rights import need_dealer
from trading.desk.sessions import Desk
from trading.desk.terms import NewTerms, is_cover
from trading.desk.trail import note
from trading.models import AskedChange, AskedKind, AskedState, Step
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


@dataclass(frozen=True)
class _Asking:
    """A request on an order: desk and row, by whom, on which instruction."""

    desk: Desk
    row: OrderRow
    token: uuid.UUID
    instruction: str
    reference: str
    by: "User"


def earlier(
    token: uuid.UUID, lane: str, exchange: str, order_id: str, kind: AskedKind, terms: NewTerms | None = None
) -> AskedChange | None:
    """Return the request of a form that was sent before. Raises DeskProblem if that was a different request.

    `terms`: of a modification.
    """
    made = AskedChange.objects.filter(token=token).first()
    if made is None:
        return None
    values = judging.stored(terms, cover="stop_trigger" in made.values) if terms else {}
    asked = (lane, exchange, order_id, kind, values)
    if (made.lane, made.exchange, made.order_id, made.kind, made.values) != asked:
        raise DeskProblem(f"This form became {made} already. Open a new one. Nothing was sent.")
    return made


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
    """Request new terms, once. The book is read in the same action.

    `seen`: what the dealer saw (`terms.snapshot`). Raises Moved if the order has changed since, DeskProblem
    for other obstacles; nothing was sent then.
    """
    if made := earlier(token, desk.row.lane, exchange, order_id, AskedKind.MODIFY, terms):
        return made
    need_dealer(by)
    reference = instruction_of(instruction, reference)
    row = books.find(desk, exchange, order_id, by=by)
    if changes := judging.moved(row, seen):
        raise Moved(changes)
    if words := judging.why_not_modify(row):
        raise DeskProblem(words)
    judged = judging.judge(desk, row, terms)
    if judged.errors:
        raise HasFindings(judged.errors)
    change = AskedChange(
        kind=AskedKind.MODIFY,
        values=judging.stored(terms, cover=is_cover(row)),
        added_value=judged.added,
        words=judged.words,
    )
    call = client.modify_cover if is_cover(row) else client.modify
    return _ask(
        _Asking(desk, row, token, instruction, reference, by),
        change,
        lambda: call(desk.session, judged.values),
        body=to_json(judged.values),
        value=judged.value if judged.rises else None,
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
    """Request a cancellation, once. The book is read first, and may show that it is too late. Raises DeskProblem."""
    if made := earlier(token, desk.row.lane, exchange, order_id, AskedKind.CANCEL):
        return made
    need_dealer(by)
    reference = instruction_of(instruction, reference)
    row = books.find(desk, exchange, order_id, by=by)
    if words := judging.why_not_cancel(row):
        raise DeskProblem(words)
    days = None if is_cover(row) else judging.gtd_days(desk.row.lane, row)

    def call() -> Read:
        if is_cover(row):
            return client.cancel_cover(desk.session, exchange, order_id)
        return client.cancel(desk.session, exchange, order_id, days)

    return _ask(
        _Asking(desk, row, token, instruction, reference, by),
        AskedChange(kind=AskedKind.CANCEL, words=f"Cancel {judging.row_words(row)}."),
        call,
        body="" if days is None else to_json({"validity_days": days}),
    )


def _ask(
    asking: _Asking,
    change: AskedChange,
    call: Callable[[], Read],
    *,
    body: str,
    value: Decimal | None = None,
) -> AskedChange:
    """Commit a request, then send it once. `value`: the order's new value, None if it does not rise."""
    lane, row = asking.desk.row.lane, asking.row
    change.token, change.desk_session, change.lane = asking.token, asking.desk.row, lane
    change.exchange, change.order_id = row.exchange or "", row.order_id or ""
    change.dealer, change.instruction, change.reference = asking.by, asking.instruction, asking.reference
    change.before = judging.snapshot(row)
    try:
        with transaction.atomic(durable=True):
            asking.desk.limits.hold()
            if made := AskedChange.objects.filter(token=asking.token).first():
                return made
            if change.kind == AskedKind.MODIFY:
                stop.check()
            if value is not None:
                asking.desk.limits.check(value, change.added_value)
            change.desk_order = judging.own_order(lane, row)
            change.at, change.day = timezone.now(), caps.today()
            change.save(force_insert=True)
            how = change.get_instruction_display().lower()
            text = f"{change.words} Instruction: {how}, {change.reference}."
            note(change, Step.CONFIRMED, text, by=asking.by, body=body)
    except IntegrityError:
        waiting = AskedChange.objects.filter(
            lane=lane, exchange=change.exchange, order_id=change.order_id, state__in=ASKED_DOUBTFUL
        ).first()
        if waiting is None:
            raise
        words = f"{waiting} is in doubt. Look in the order book first. Nothing was sent."
        raise DeskProblem(words) from None
    if words := sending.LastLook(AskedChange).obstacle(change):
        _settle(change, sending.not_sent(words))
        return change
    try:
        read = call()
    except EncodeError as error:
        read = sending.not_sent(str(error))
    _settle(change, read)
    sessions.ended_by_odin(asking.desk, read.outcome)
    return change


def _settle(made: AskedChange, read: Read) -> None:
    state = STATES[read.outcome.kind]
    with transaction.atomic():
        kept = AskedChange.objects.select_for_update().get(pk=made.pk)
        if kept.state in ASKED_DOUBTFUL:
            kept.state = state
            kept.save(update_fields=["state"])
        note(
            kept,
            Step.ANSWERED,
            f"{state.label}. {read.outcome.words}".strip(),
            by=None,
            outcome=read.outcome.kind.value,
            body=read.sent,
            received=read.received,
        )
    made.refresh_from_db()
