"""What an attempt's outcome does: to the attempt, the delivery, the records, and to what waits behind."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backoffice.delivery import gate, handlers
from backoffice.delivery.models import STILL_OPEN, Attempt, Delivery
from backoffice.delivery.queue import Said, doubt, move, release
from backoffice.delivery.states import Move, State
from backoffice.killpoints import Point, reached
from backoffice.odin.outcome import Outcome, OutcomeKind
from backoffice.protocol.message import REQUESTS, Repeat
from backoffice.protocol.wire import mask
from backoffice.seal import unseal_values

#: A message that was not applied is tried again after about 1, 2, 4 ... seconds, at most this many.
LONGEST_PAUSE = 30.0

TOO_OFTEN = (
    "ODIN has turned this message away again and again, although others go through. Look at its words, put the cause "
    "right, then let it go on or cancel it."
)

SAID = {
    OutcomeKind.APPLIED: "ODIN confirmed it",
    OutcomeKind.REFUSED: "ODIN refused it",
    OutcomeKind.NOT_APPLIED: "not applied, it will be sent again",
    OutcomeKind.UNKNOWN: "no proper answer came, it may or may not have been applied",
}


@transaction.atomic
def settle(delivery: Delivery, attempt: Attempt, outcome: Outcome, answer: str, duration_ms: int) -> None:
    """Store what came of an attempt: attempt, delivery, record and audit entry in one transaction.

    Where the lease ran out and the sweep settled the delivery, only the attempt says what came back.
    """
    attempt.answer = mask(answer)
    attempt.outcome = outcome.kind
    attempt.code = outcome.code
    attempt.text = outcome.text
    attempt.reason = outcome.reason
    attempt.duration_ms = duration_ms
    attempt.save()
    said = _said(delivery, attempt, outcome)
    words: dict[str, Any] = {"code": outcome.code, "text": outcome.text, "reason": outcome.reason}
    match outcome.kind:
        case OutcomeKind.APPLIED:
            move(delivery, Move.APPLY, said, effect=lambda: take(delivery), needs_person=False, **words)
        case OutcomeKind.REFUSED:
            refused = move(delivery, Move.REFUSE, said, needs_person=outcome.needs_person, **words)
            if refused and REQUESTS[delivery.message_type].repeat is Repeat.CREATE:
                _hold_back(delivery)
        case OutcomeKind.NOT_APPLIED:
            _try_again(delivery, outcome, said, words)
        case OutcomeKind.UNKNOWN:
            doubt(delivery, said, needs_person=outcome.needs_person, **words)
    reached(Point.SETTLING)


def take(delivery: Delivery) -> handlers.Applied:
    """Let the records take the values of a delivery that is in ODIN. In the transaction of its move."""
    return handlers.apply(delivery.message_type, delivery.lane, unseal_values(delivery.values))


def _try_again(delivery: Delivery, outcome: Outcome, said: Said, words: dict[str, Any]) -> None:
    # A refused connection behind the service may follow a half-made create (A3): a later
    # "already exists" then says that it was applied.
    half_made = REQUESTS[delivery.message_type].repeat is Repeat.CREATE and bool(outcome.code)
    doubted = delivery.doubted or (half_made and not outcome.session_invalid)
    if _turned_away_too_often(delivery):
        stop = Move.DOUBT if delivery.doubted else Move.STOP
        told = replace(said, action="delivery.stopped", text=TOO_OFTEN)
        move(delivery, stop, told, doubted=doubted, needs_person=True, **{**words, "reason": TOO_OFTEN})
        return
    release(delivery, said, doubted=doubted, next_try_at=_next_try(delivery, outcome), **words)


def _turned_away_too_often(delivery: Delivery) -> bool:
    """Whether ODIN itself has answered so often "not applied" that a person looks.

    Not while the circuit is open: then it is ODIN that is ill, and not this message. What reached nobody never counts.
    """
    answered = delivery.attempts.filter(outcome=OutcomeKind.NOT_APPLIED).exclude(code="")
    return not gate.state().opened_at and answered.count() >= settings.DELIVERY_MAX_ATTEMPTS


def _next_try(delivery: Delivery, outcome: Outcome) -> datetime:
    if outcome.session_invalid:
        return timezone.now()
    longest = min(LONGEST_PAUSE, 2.0 ** (delivery.attempt_count - 1))
    return timezone.now() + timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311  # jitter


def _hold_back(refused: Delivery) -> None:
    """A refused create keeps back what was queued behind it, until somebody decides."""
    words = f"The create before it (delivery {refused.pk}) was refused."
    behind = Delivery.objects.filter(STILL_OPEN, lane=refused.lane, state=State.QUEUED, id__gt=refused.pk)
    for later in behind.order_by("id"):
        move(later, Move.HOLD, Said("delivery.held", words), reason=words, needs_person=True)


def _said(delivery: Delivery, attempt: Attempt, outcome: Outcome) -> Said:
    message = REQUESTS[delivery.message_type]
    answer = f" ({outcome.code} {outcome.text})" if outcome.code or outcome.text else ""
    return Said(
        f"delivery.{outcome.kind}",
        f"{message.title} ({message.type}), attempt {attempt.number}: {SAID[outcome.kind]}{answer}.",
        reason=outcome.reason,
        details={
            "message_type": message.type,
            "reference": delivery.reference,
            "attempt": attempt.number,
            "code": outcome.code,
            "answer": outcome.text,
            "sent": attempt.request,
            "duration_ms": attempt.duration_ms,
        },
    )
