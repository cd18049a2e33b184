"""Placing an order: confirmed and committed with its identifier first, then sent once, whatever comes back (R19, R20).

`confirm` and `send` are what `place` does; whoever else places orders for a client calls them too.
"""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.free_text import checked
from backoffice.killpoints import OrderPoint, reached
from backoffice.logins.models import User
from backoffice.protocol.findings import EncodeError
from backoffice.rest import client
from backoffice.rest.api.answers import AcceptedRow
from backoffice.rest.api.outcome import Outcome, OutcomeKind, Read
from backoffice.rest.api.session import Session
from backoffice.rest.api.writing import to_json
from trading.desk import caps, sending, sessions, stop, tickets
from trading.desk.errors import DeskProblem, HasFindings
from trading.desk.rights import need_dealer
from trading.desk.sessions import Desk
from trading.desk.tickets import Judged, Ticket
from trading.desk.trail import note
from trading.models import DeskOrder, OrderKind, OrderState, Step
from trading.models.desk import DOUBTFUL, ORDER_ID_LENGTH, TO_A_DEALER

if TYPE_CHECKING:
    from backoffice.logins.models import User as Person

REFERENCE_LENGTH = 200
#: Identifiers that are tried where one is taken: of 36^8 the second is free.
TRIES = 3
#: What an outcome makes of an order. A session that had ended placed nothing: the dealer confirms again.
STATES = {
    OutcomeKind.SUCCESS: OrderState.ACCEPTED,
    OutcomeKind.REFUSED: OrderState.REFUSED,
    OutcomeKind.WRONG_SETTING: OrderState.REFUSED,
    OutcomeKind.NOT_SENT: OrderState.NOT_SENT,
    OutcomeKind.SESSION_ENDED: OrderState.NOT_SENT,
    OutcomeKind.UNKNOWN: OrderState.UNKNOWN,
}


def instruction_of(instruction: str, reference: str) -> str:
    """The reference as it is kept. Raises DeskProblem where the client's instruction is not told."""
    if instruction not in dict(TO_A_DEALER):
        raise DeskProblem("Choose how the client gave the instruction.")
    words = "Enter the reference of the client's instruction: the recording, the e-mail or who was present."
    return checked(reference, DeskProblem, words, most=REFERENCE_LENGTH)


def _nothing(order: DeskOrder) -> None:
    """Ask and write nothing more."""


def earlier(token: uuid.UUID, lane: str, ticket: Ticket) -> DeskOrder | None:
    """The order that a form became which comes again. Raises DeskProblem where it became another one."""
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
    by: "Person",
) -> DeskOrder:
    """Confirm an order and send it, once. A confirmation that comes again gives the order that it became.

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
    by: "Person | None",
    also: Callable[[DeskOrder], None] = _nothing,
) -> tuple[DeskOrder, bool]:
    """Commit an order that has no errors, with an identifier of its own, and say whether it is new.

    Nothing is sent. The switch, the caps and the lock of its scrip and side are asked in the transaction that commits.
    `by`: None for the client, in a session that the client opened. `also`: what else is asked or written in that
    transaction; what it raises undoes it. Raises DeskProblem.
    """
    ticket, scrip = judged.ticket, judged.scrip
    if scrip is None or judged.as_of is None or judged.errors:
        raise HasFindings(judged.errors)
    lane = desk.row.lane
    with transaction.atomic(durable=True):
        lock(lane, by)
        order = DeskOrder(
            token=token,
            desk_session=desk.row,
            lane=lane,
            dealer=by,
            at=timezone.now(),
            day=caps.today(),
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
        if made := _insert(order, ticket):
            return made, False
        stop.check()
        caps.check(lane, by, judged.value, Decimal(0))  # of the day's orders it is one already
        also(order)
        note(
            order,
            Step.CONFIRMED,
            f"{judged.words} Instruction: {order.get_instruction_display().lower()}, {reference}.",
            by=by,
            by_client=by is None,
            body=to_json(tickets.rest_values(ticket, order.identifier)),
        )
        reached(OrderPoint.COMMITTING)
    return order, True


def lock(lane: str, by: "Person | None") -> None:
    """Hold client and dealer until the transaction ends, so that two orders cannot both fit under a cap."""
    group_id, _, user_id = lane.partition("/")
    own = RetailUser.objects.select_for_update().filter(group_id=group_id, user_id=user_id)
    own.values_list("pk", flat=True).first()
    if by is not None:
        User.objects.select_for_update(of=("self",)).get(pk=by.pk)


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


def _insert(order: DeskOrder, ticket: Ticket) -> DeskOrder | None:
    """Insert an order with an identifier of its own. Returns the order that its form became before, if it comes again.

    The table's constraints find what speaks against it; only then is asked which one did. Raises DeskProblem.
    """
    for left in reversed(range(TRIES)):
        order.identifier = client.new_identifier()
        try:
            with transaction.atomic():
                order.save(force_insert=True)
            return None
        except IntegrityError:
            if made := earlier(order.token, order.lane, ticket):
                return made
            _unlocked(order.lane, ticket)
            taken = DeskOrder.objects.filter(lane=order.lane, day=order.day, identifier=order.identifier)
            if not left or not taken.exists():
                raise
    return None


def send(order: DeskOrder, session: Session, *, also: Callable[[DeskOrder], None] = _nothing) -> Outcome:
    """Send a committed order, once, and write down what came of it. Never call it twice for an order.

    `also`: what else is asked just before; a DeskProblem that it raises keeps the order from being sent.
    """
    reached(OrderPoint.COMMITTED)
    if words := sending.obstacle(order, also):
        read = sending.not_sent(words)
        if not sending.was_answered(order):
            settle(order, read)
        return read.outcome
    call = client.place_cover if order.kind == OrderKind.COVER else client.place
    try:
        read = call(session, tickets.rest_values(tickets.of(order), order.identifier))
    except EncodeError as error:
        read = sending.not_sent(str(error))
    reached(OrderPoint.ANSWERED)
    settle(order, read)
    reached(OrderPoint.SETTLED)
    return read.outcome


def settle(order: DeskOrder, read: Read) -> None:
    """Write down how the sending ended, and give the order its state. Where the book was quicker, its word is kept.

    An answer that comes late settles an order in doubt; an id that comes late wins over a person's decision.
    """
    state, words = STATES[read.outcome.kind], read.outcome.words
    order_id = read.row.order_id or "" if isinstance(read.row, AcceptedRow) else ""
    with transaction.atomic():
        kept = DeskOrder.objects.filter(pk=order.pk)
        order.state, order.order_id = kept.select_for_update().values_list("state", "order_id").get()
        if state is OrderState.ACCEPTED:
            taken = DeskOrder.objects.filter(lane=order.lane, exchange=order.exchange, order_id=order_id)
            if len(order_id) > ORDER_ID_LENGTH or taken.exclude(pk=order.pk).exists():
                state, words = (
                    OrderState.UNKNOWN,
                    f"The OMS answered with an order id that cannot be ours. {words}",
                )
        if order.state in DOUBTFUL or (order.state == OrderState.NOT_PLACED and state is OrderState.ACCEPTED):
            order.state = state
            order.order_id = order_id if state is OrderState.ACCEPTED else ""
            kept.update(state=order.state, order_id=order.order_id)
        said = f"Accepted by the OMS as {order_id}." if state is OrderState.ACCEPTED else state.label + "."
        note(
            order,
            Step.ANSWERED,
            f"{said} {words}".strip(),
            by=None,
            outcome=read.outcome.kind.value,
            body=read.sent,
            received=read.received,
        )
