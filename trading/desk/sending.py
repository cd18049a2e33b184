"""The last check before the first byte, since the committed state may have changed."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db.models.expressions import Combinable
from django.utils import timezone

from backoffice.repeating import GIVEN, Repeated
from backoffice.rest.api.outcome import Outcome, OutcomeKind, Read
from trading.desk import stop
from trading.desk.errors import DeskProblem
from trading.models import AskedChange, AskedKind, AskedState, DeskOrder, OrderState, Step
from trading.models.access import SPARE_SECONDS

_SENDING = (OrderState.SENDING, AskedState.SENDING)


class LastLook:
    """Checks of orders, or of requests on them, just before the first byte, with a query built once.

    A call that begins later than SPARE_SECONDS could still be in progress when its order counts as unknown.
    Until then neither a book nor a person moves an unsent order, so no lock is needed.
    """

    def __init__(
        self,
        kind: type[DeskOrder | AskedChange],
        more: Sequence[Combinable] = (),
        judge: Callable[..., None] = lambda: None,
    ) -> None:
        """`more`: further columns to read. `judge` gets them, and raises DeskProblem if nothing may be sent."""
        rows = kind._default_manager.order_by().filter(pk=GIVEN)
        self._question = Repeated(rows.values_list("state", stop.HOLDS, *more))
        self._judge = judge

    def obstacle(self, what: DeskOrder | AskedChange) -> str:
        """Return why it must not be sent any more; "" if it may. Its state is read again."""
        state, is_stopped, *more = self._question.get(what.pk)
        if state not in _SENDING:
            what.state = state
            return f"{what} is {what.get_state_display().lower()} already."
        if timezone.now() > what.at + timedelta(seconds=SPARE_SECONDS):
            return f"{what} was confirmed more than {SPARE_SECONDS} seconds ago."
        if isinstance(what, DeskOrder) or what.kind == AskedKind.MODIFY:
            try:
                if is_stopped:
                    stop.check()
                self._judge(*more)
            except DeskProblem as problem:
                return str(problem)
        return ""


def was_answered(what: DeskOrder | AskedChange) -> bool:
    """Whether it was sent before, with a stored outcome."""
    return what.events.filter(step=Step.ANSWERED).exists()


def not_sent(words: str) -> Read:
    """Return the outcome of a sending that never began."""
    said = words.removesuffix("Nothing was sent.").strip()
    return Read(Outcome(OutcomeKind.NOT_SENT, "overtaken", f"{said} Nothing was sent."))
