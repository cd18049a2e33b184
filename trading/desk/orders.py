"""Place an order: confirm and commit it with its identifier, then send it once, whatever the answer (R19, R20).

`place` calls `confirm` and `send`, and so does other code that places orders for a client.
"""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from backoffice.free_text import checked
from backoffice.killpoints import OrderPoint, reached
from backoffice.protocol.findings import EncodeError
from backoffice.rest import client
from backoffice.rest.api.answers import AcceptedRow
from backoffice.rest.api.outcome import Outcome, OutcomeKind, Read
from backoffice.rest.api.session import Session
from backoffice.rest.api.writing import to_json
from trading.desk import caps, sending, sessions, tickets
from trading.desk.errors import DeskProblem, HasFindings
from trading.desk.rights import need_dealer
from trading.desk.sending import LastLook
from trading.desk.sessions import Desk
from trading.desk.tickets import Judged, Ticket
from trading.desk.trail import note
from trading.models import DeskOrder, OrderKind, OrderState, Step
from trading.models.desk import DOUBTFUL, ORDER_ID_LENGTH, TO_A_DEALER

if TYPE_CHECKING:
    from backoffice.logins.models import User

REFERENCE_LENGTH = 200
#: How many identifiers are tried if one is taken: of 36^8 the second is free.
TRIES = 3
#: The state of an order after each outcome. A session that had ended placed nothing: the dealer confirms
#: again.
STATES = {
    OutcomeKind.SUCCESS: OrderState.ACCEPTED,
    OutcomeKind.REFUSED: OrderState.REFUSED,
    OutcomeKind.WRONG_SETTING: OrderState.REFUSED,
    OutcomeKind.NOT_SENT: OrderState.NOT_SENT,
    OutcomeKind.SESSION_ENDED: OrderState.NOT_SENT,
    OutcomeKind.UNKNOWN: OrderState.UNKNOWN,
}


def instruction_of(instruction: str, reference: str) -> str:
    """Return the reference as stored. Raises DeskProblem if the client's instruction is missing."""
    if instruction not in dict(TO_A_DEALER):
        raise DeskProblem("Choose how the client gave the instruction.")
    words = "Enter the reference of the client's instruction: the recording, the e-mail or who was present."
    return checked(reference, DeskProblem, words, most=REFERENCE_LENGTH)


def _nothing(order: DeskOrder) -> None:
    """Check and write nothing more."""


def earlier(token: uuid.UUID, lane: str, ticket: Ticket) -> DeskOrder | None:
    """Return the order of a form that was sent before. Raises DeskProblem if that was a different order."""
    made = DeskOrder.objects.filter(token=token).first()
    if made is None:
        return None
    values = (tickets.rest_values(one, made.identifier) for one in (tickets.of(made), ticket))
    if made.lane != lane or made.kind != ticket.kind or next(values) != next(values):
        raise DeskProblem(f"This form became {made} already. Open a new one. Nothing was sent.")
    return made


def place(
    desk: Desk,
    ticket: Ticket,
    *,
    token: uuid.UUID,
    fingerprint: str,
    instruction: str,
    reference: str,
    by: "User",
) -> DeskOrder:
    """Confirm an order and send it, once. A repeated confirmation returns the existing order.

    `fingerprint`: of what the dealer saw (`Judged`). Raises DeskProblem before anything is sent.
    """
    if made := earlier(token, desk.row.lane, ticket):
        return made
    need_dealer(by)
    reference = instruction_of(instruction, reference)
    judged = tickets.judge(ticket, desk.session, desk.row.lane)
    if judged.errors:
        raise HasFindings(judged.errors)
    if judged.fingerprint != fingerprint:
        raise DeskProblem(
            "The order or its warnings changed since you saw them. Check them again. Nothing was sent."
        )
    order, new = confirm(desk, judged, token=token, instruction=instruction, reference=reference, by=by)
    if new:
        sessions.ended_by_odin(desk, send(order, desk.session))
    return order


def confirm(
    desk: Desk,
    judged: Judged,
    *,
    token: uuid.UUID,
    instruction: str,
    reference: str,
    by: "User | None",
    also: Callable[[DeskOrder], None] = _nothing,
) -> tuple[DeskOrder, bool]:
    """Commit an order without errors, with an identifier of its own, and return whether it is new.

    Nothing is sent. The transaction that commits it checks the switch, the caps and the lock of its scrip and
    side. `by`: None for the client, in a session that the client opened. `also`: further checks or writes in
    that transaction; an error in it undoes the order. Raises DeskProblem.
    """
    ticket, scrip = judged.ticket, judged.scrip
    if scrip is None or judged.as_of is None or judged.errors:
        raise HasFindings(judged.errors)
    order = DeskOrder(
        token=token,
        desk_session=desk.row,
        lane=desk.row.lane,
        dealer=by,
        kind=ticket.kind,
        exchange=ticket.exchange,
        scrip_token=ticket.scrip_token,
        scrip=tickets.scrip_words(scrip),
        as_of=judged.as_of,
        side=ticket.side,
        product="COVER" if ticket.kind == OrderKind.COVER else ticket.product,
        order_type=ticket.order_type,
        quantity=ticket.quantity,
        price=ticket.price,
        trigger_price=ticket.trigger_price,
        disclosed_quantity=ticket.disclosed_quantity,
        validity=ticket.validity,
        validity_days=ticket.validity_days,
        is_amo=ticket.is_amo,
        stop_price=ticket.stop_price,
        stop_trigger=ticket.stop_trigger,
        algo_id=ticket.algo_id,
        value=judged.value,
        words=judged.words,
        instruction=instruction,
        reference=reference,
    )
    for left in reversed(range(TRIES)):
        order.identifier = client.new_identifier()
        try:
            _commit(order, ticket, desk, by, also)
            break
        except IntegrityError:
            if made := earlier(token, order.lane, ticket):
                return made, False
            _unlocked(order.lane, ticket)
            taken = DeskOrder.objects.filter(lane=order.lane, day=order.day, identifier=order.identifier)
            if not left or not taken.exists():
                raise
    return order, True


def _commit(
    order: DeskOrder,
    ticket: Ticket,
    desk: Desk,
    by: "User | None",
    also: Callable[[DeskOrder], None],
) -> None:
    """Insert an order with its first step, if nothing prevents it. Raises DeskProblem.

    A violated constraint is an IntegrityError; only then is the cause looked up.
    """
    with transaction.atomic(durable=True):
        desk.limits.hold()
        order.at, order.day = timezone.now(), caps.today()
        order.save(force_insert=True)
        desk.limits.check(order.value, Decimal(0))  # it is already one of the day's orders
        also(order)
        note(
            order,
            Step.CONFIRMED,
            f"{order.words} Instruction: {order.get_instruction_display().lower()}, {order.reference}.",
            by=by,
            by_client=by is None,
            body=to_json(tickets.rest_values(ticket, order.identifier)),
        )
        reached(OrderPoint.COMMITTING)


def _unlocked(lane: str, ticket: Ticket) -> None:
    doubtful = DeskOrder.objects.filter(
        lane=lane,
        exchange=ticket.exchange,
        scrip_token=ticket.scrip_token,
        side=ticket.side,
        state__in=DOUBTFUL,
    ).first()
    if doubtful:
        raise DeskProblem(
            f"This scrip and side are locked until the outcome of {doubtful} is known. "
            "Look for it in the order book. Nothing was sent."
        )


def send(
    order: DeskOrder, session: Session, *, last_look: LastLook | None = None, waits: bool = True
) -> Outcome:
    """Send a committed order, once, and store its outcome. Never call it twice for an order.

    `last_look`: a further check just before, if the desk's are not enough. `waits`: see `settle`.
    """
    reached(OrderPoint.COMMITTED)
    if words := (last_look or LastLook(DeskOrder)).obstacle(order):
        read = sending.not_sent(words)
        if not sending.was_answered(order):
            settle(order, read, waits=waits)
        return read.outcome
    call = client.place_cover if order.kind == OrderKind.COVER else client.place
    try:
        read = call(session, tickets.rest_values(tickets.of(order), order.identifier))
    except EncodeError as error:
        read = sending.not_sent(str(error))
    reached(OrderPoint.ANSWERED)
    settle(order, read, waits=waits)
    reached(OrderPoint.SETTLED)
    return read.outcome


def settle(order: DeskOrder, read: Read, *, waits: bool = True) -> None:
    """Store how the sending ended, and update the order's state. If the book was quicker, its state is kept.

    A late answer settles an order in doubt; a late id overrides a person's decision. Without `waits` the
    commit does not wait for the disk: the caller commits something else that does, and writes this too,
    before anything is sent or shown. If PostgreSQL crashes in between, the order is in doubt.
    """
    state, words = STATES[read.outcome.kind], read.outcome.words
    order_id = ""
    if state is OrderState.ACCEPTED and isinstance(read.row, AcceptedRow):
        order_id = read.row.order_id or ""
    if len(order_id) <= ORDER_ID_LENGTH:
        try:
            _settle(order, state, order_id, words, read, waits)
            return
        except IntegrityError:
            if not order_id:
                raise
    # Too long for an id of the OMS, or the id of another order.
    words = f"The OMS answered with an order id that cannot be ours. {words}"
    _settle(order, OrderState.UNKNOWN, "", words, read, waits)


def _settle(order: DeskOrder, state: OrderState, order_id: str, words: str, read: Read, waits: bool) -> None:
    """Update the order from an answer, if that is still allowed. Raises IntegrityError if another order has the id."""
    accepted = state is OrderState.ACCEPTED
    movable = (*DOUBTFUL, OrderState.NOT_PLACED) if accepted else DOUBTFUL
    with transaction.atomic():
        if not waits:
            _do_not_wait_for_the_disk()
        if DeskOrder.objects.filter(pk=order.pk, state__in=movable).update(state=state, order_id=order_id):
            order.state, order.order_id = state, order_id
        else:
            order.refresh_from_db(fields=["state", "order_id"])
        said = f"Accepted by the OMS as {order_id}." if accepted else state.label + "."
        note(
            order,
            Step.ANSWERED,
            f"{said} {words}".strip(),
            by=None,
            outcome=read.outcome.kind.value,
            body=read.sent,
            received=read.received,
        )


def _do_not_wait_for_the_disk() -> None:
    """Let this transaction end without waiting for the disk."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO OFF")
