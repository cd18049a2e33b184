"""The moment before the first byte: what was committed may have been overtaken meanwhile."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from backoffice.rest.api.outcome import Outcome, OutcomeKind, Read
from trading.desk import stop
from trading.desk.errors import DeskProblem
from trading.models import AskedChange, AskedKind, AskedState, DeskOrder, OrderState, Step
from trading.models.access import SPARE_SECONDS

_SENDING = (OrderState.SENDING, AskedState.SENDING)


def obstacle(what: DeskOrder | AskedChange, also: Callable[[DeskOrder], None] | None = None) -> str:
    """Why what was committed must not be sent any more; "" where it may. Its state is read again.

    `also`: what else is asked of an order; it raises DeskProblem.

    A call that begins later than SPARE_SECONDS could still be under way when its order counts as unknown. Until then
    neither a book nor a person moves what was not sent, so that no lock is needed.
    """
    states = type(what)._default_manager.filter(pk=what.pk).values_list("state", stop.HOLDS)
    state, is_stopped = states.get()
    if state not in _SENDING:
        what.state = state
        return f"{what} is {what.get_state_display().lower()} already."
    if timezone.now() > what.at + timedelta(seconds=SPARE_SECONDS):
        return f"{what} was confirmed more than {SPARE_SECONDS} seconds ago."
    if isinstance(what, DeskOrder) or what.kind == AskedKind.MODIFY:
        try:
            if is_stopped:
                stop.check()
            if also is not None and isinstance(what, DeskOrder):
                also(what)
        except DeskProblem as problem:
            return str(problem)
    return ""


def was_answered(what: DeskOrder | AskedChange) -> bool:
    """Whether it was sent before, and how that ended is written down."""
    return what.events.filter(step=Step.ANSWERED).exists()


def not_sent(words: str) -> Read:
    """How a sending ended that never began."""
    said = words.removesuffix("Nothing was sent.").strip()
    return Read(Outcome(OutcomeKind.NOT_SENT, "overtaken", f"{said} Nothing was sent."))
