"""Orders and requests in doubt: looked for in the books, adopted if found once, else decided by a person (R21).

Nothing is ever sent a second time.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from backoffice.free_text import checked
from backoffice.outside import visible
from trading.desk import books, caps, sessions
from trading.desk.errors import DeskProblem
from trading.desk.rights import need_dealer
from trading.desk.seen import take
from trading.desk.trail import note
from trading.models import AskedChange, AskedState, DeskOrder, OrderState, Step
from trading.models.desk import sending_over

if TYPE_CHECKING:
    from backoffice.logins.models import User


def orders_in_doubt(most: int) -> list[DeskOrder]:
    """Return orders of all desks in doubt, newest first, `most` of them."""
    return list(_in_doubt(DeskOrder.objects.all(), OrderState.UNKNOWN, OrderState.SENDING)[:most])


def asked_in_doubt(most: int) -> list[AskedChange]:
    """Return requests on orders in doubt, newest first, `most` of them."""
    return list(_in_doubt(AskedChange.objects.all(), AskedState.UNKNOWN, AskedState.SENDING)[:most])


def _in_doubt(found: QuerySet[Any], unknown: str, sending: str) -> QuerySet[Any]:
    died = Q(state=sending, at__lt=timezone.now() - sending_over())
    return found.filter(Q(state=unknown) | died).select_related("dealer")


def look(what: DeskOrder | AskedChange, *, by: "User") -> str:
    """Look in the order book, the trades and, if needed, the GTD book. Returns the result in words.

    Raises DeskProblem.
    """
    desk = sessions.use(what.lane, by=by)
    trouble = books.read_orders(desk, by=by)
    if trouble:
        with transaction.atomic():
            note(what, Step.UNREAD, trouble, by=by)
    what.refresh_from_db()
    if trouble:
        return f"The books could not be read whole: {trouble}"
    if not what.in_doubt:
        return f"{what} is {what.get_state_display().lower()}."
    if may_decide(what):
        return f"{what} was not found in two looks. You may decide now."
    return f"{what} was not found. Look again in {settings.DESK_LOOK_SECONDS:g} seconds."


def caution(what: DeskOrder | AskedChange) -> str:
    """What to check before a decision beside the books: those of today may not have the orders of another day."""
    if what.day == caps.today():
        return ""
    return f"Check the contract note of {what.day:%d-%m-%Y}: today's books may leave out orders of that day."


def may_decide(what: DeskOrder | AskedChange) -> bool:
    """Whether two complete looks, far enough apart, found nothing, so that a person may decide."""
    if not what.in_doubt:
        return False
    looks = list(what.events.filter(step=Step.NOT_FOUND).values_list("at", flat=True))
    return len(looks) > 1 and looks[-1] - looks[0] >= timedelta(seconds=settings.DESK_LOOK_SECONDS)


def not_placed(order: DeskOrder, *, reason: str, by: "User") -> None:
    """Let a dealer decide that an order was not placed. Raises DeskProblem."""
    need_dealer(by)
    decide_not_placed(order, reason=reason, by=by)


def decide_not_placed(order: DeskOrder, *, reason: str, by: "User") -> None:
    """Mark an order as not placed: its scrip and side are free again. The caller has checked the right.

    Raises DeskProblem.
    """
    reason = checked(reason, DeskProblem, "Give a reason: the audit trail keeps it.")
    with transaction.atomic():
        order = DeskOrder.objects.select_for_update().get(pk=order.pk)
        if not may_decide(order):
            raise DeskProblem("Two looks in the books, some time apart, must have found nothing first.")
        order.state = OrderState.NOT_PLACED
        order.save(update_fields=["state"])
        note(order, Step.DECIDED, "Decided: it was not placed.", by=by, reason=reason)


def not_done(asked: AskedChange, *, reason: str, by: "User") -> None:
    """Decide that a request on an order was not carried out. Raises DeskProblem."""
    need_dealer(by)
    reason = checked(reason, DeskProblem, "Give a reason: the audit trail keeps it.")
    with transaction.atomic():
        asked = AskedChange.objects.select_for_update().get(pk=asked.pk)
        if not may_decide(asked):
            raise DeskProblem("Two looks in the books, some time apart, must have shown nothing first.")
        asked.state = AskedState.NOT_DONE
        asked.save(update_fields=["state"])
        note(asked, Step.DECIDED, "Decided: it was not done.", by=by, reason=reason)


def is_this(order: DeskOrder, order_id: str, *, reason: str, by: "User") -> None:
    """Decide that an order in doubt is this one of the book, which must match it. Raises DeskProblem."""
    need_dealer(by)
    reason = checked(reason, DeskProblem, "Give a reason: the audit trail keeps it.")
    desk = sessions.use(order.lane, by=by)
    began = timezone.now()
    row = books.find(desk, order.exchange, order_id, by=by)
    fits = (row.scrip_token, row.transaction_type) == (str(order.scrip_token), order.side)
    with transaction.atomic():
        order = DeskOrder.objects.select_for_update().get(pk=order.pk)
        if not order.in_doubt:
            raise DeskProblem(f"{order} is {order.get_state_display().lower()} already.")
        taken = DeskOrder.objects.filter(lane=order.lane, exchange=order.exchange, order_id=order_id).first()
        if taken or not fits:
            why = f"is {taken}" if taken else "is for another scrip or side"
            raise DeskProblem(visible(f"{order_id} {why}."))
        order.order_id, order.state = order_id, OrderState.ACCEPTED
        order.save(update_fields=["order_id", "state"])
        words = visible(f"Decided: it is {order_id}.")
        note(order, Step.DECIDED, words, by=by, reason=reason)
        take(order, row, by=by, at=began)
