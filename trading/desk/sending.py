"""The moment before the first byte: what was committed may have been overtaken meanwhile."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from backoffice.rest.api.outcome import Outcome, OutcomeKind, Read
from trading.desk import stop
from trading.desk.errors import DeskProblem
from trading.models import AskedChange, AskedKind, AskedState, DeskOrder, OrderState, Step
from trading.models.access import SPARE_SECONDS

_SENDING = (OrderState.SENDING, AskedState.SENDING)


def obstacle(what: DeskOrder | AskedChange, also: Callable[[DeskOrder], None] | None = None) -> str:
    """Why what was committed must not be sent any more; "" where it may. Its row is read under lock.

    `also`: what else is asked of an order; it raises DeskProblem.

    A call that begins later than SPARE_SECONDS could still be under way when its order counts as unknown.
    """
    with transaction.atomic():
        kept = type(what)._default_manager.select_for_update().get(pk=what.pk)
        if kept.state not in _SENDING:
            return f"{kept} is {kept.get_state_display().lower()} already."
        if timezone.now() > kept.at + timedelta(seconds=SPARE_SECONDS):
            return f"{kept} was confirmed more than {SPARE_SECONDS} seconds ago."
        if isinstance(kept, DeskOrder) or kept.kind == AskedKind.MODIFY:
            try:
                stop.check()
                if also is not None and isinstance(kept, DeskOrder):
                    also(kept)
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
