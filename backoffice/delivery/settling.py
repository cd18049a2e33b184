"""Apply an attempt's outcome: to the attempt, the delivery, the records, and the deliveries behind."""

import logging
import random
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from backoffice.delivery import gate, handlers, wordings
from backoffice.delivery.holding import hold_back, let_go_on
from backoffice.delivery.models import Attempt, Delivery, Priority
from backoffice.delivery.moving import moving
from backoffice.delivery.queue import Said, advance, doubt, enqueue, move, note, release
from backoffice.delivery.states import Move
from backoffice.killpoints import Point, reached
from backoffice.odin.outcome import Outcome, OutcomeKind
from backoffice.protocol.message import REQUESTS, Repeat
from backoffice.protocol.split import confirming
from backoffice.protocol.wire import mask
from backoffice.seal import unseal_values

logger = logging.getLogger(__name__)

#: A message that was not applied is tried again after about 1, 2, 4 ... seconds, at most this many.
LONGEST_PAUSE = 30.0

TOO_OFTEN = (
    "ODIN keeps refusing this message while others succeed. Read its words, fix the cause, "
    "then release or cancel it."
)

#: For an update that was to confirm the values of a create.
UNCERTAIN = (
    "ODIN has this user, but refused the approved values when they were sent once more: it may hold others. Compare "
    "them in WebAdmin, and propose an update of what differs."
)

SAID = {
    OutcomeKind.APPLIED: "ODIN confirmed it",
    OutcomeKind.REFUSED: "ODIN refused it",
    OutcomeKind.NOT_APPLIED: "not applied, it will be sent again",
    OutcomeKind.UNKNOWN: "no confirmation was received, its outcome is unknown",
}

#: For many attempts at once; `bulk_update` costs ten times as much.
FINISH_ATTEMPT = (
    "UPDATE delivery_attempt SET answer = %s, outcome = %s, code = %s, text = %s, reason = %s, duration_ms = %s "
    "WHERE delivery_id = %s AND number = %s"
)


@dataclass(frozen=True)
class Result:
    """The result of an attempt in a dealer session: its outcome and the raw answer."""

    delivery: Delivery
    attempt: Attempt
    outcome: Outcome
    answer: str
    duration_ms: int
    session_number: int


def settle(results: Sequence[Result]) -> None:
    """Store the results of attempts: attempt, delivery, record and audit entry in one transaction.

    One transaction for all, or, if that fails, one for each. A result that cannot be stored at all is logged;
    its lease expires and the sweep marks it as unknown. If the sweep settled the delivery after the lease ran
    out, only the attempt keeps the answer.
    """
    try:
        _settle([replace(result, delivery=copy(result.delivery)) for result in results])
    except Exception:
        logger.warning("%d deliveries are settled one by one.", len(results), exc_info=True)
        for result in results:
            try:
                _settle([result])
            except Exception:
                logger.exception("Delivery %d could not be settled.", result.delivery.pk)
    reached(Point.SETTLED)


@moving()
def _settle(results: Sequence[Result]) -> None:
    _finish_attempts(results)
    confirmed: dict[tuple[object, ...], list[Result]] = {}
    for result in results:
        delivery, outcome = result.delivery, result.outcome
        if outcome.kind is OutcomeKind.APPLIED:
            alike = delivery.message_type, delivery.state, outcome.code, outcome.text, outcome.reason
            confirmed.setdefault(alike, []).append(result)
        else:
            _not_confirmed(result)
    for together in confirmed.values():
        _confirmed(together)
    reached(Point.SETTLING)


def _finish_attempts(results: Sequence[Result]) -> None:
    rows = [
        (
            mask(result.answer),
            result.outcome.kind.value,
            result.outcome.code,
            result.outcome.text,
            result.outcome.reason,
            result.duration_ms,
            result.delivery.pk,
            result.attempt.number,
        )
        for result in results
    ]
    with connection.cursor() as cursor:
        cursor.executemany(FINISH_ATTEMPT, rows)


def _confirmed(results: Sequence[Result]) -> None:
    words = _words(results[0].outcome)
    deliveries = [result.delivery for result in results]
    if advance(deliveries, Move.APPLY, needs_person=False, wording=None, **words):
        note(zip(deliveries, map(_said, results), apply(deliveries), strict=True))
        if REQUESTS[deliveries[0].message_type].repeat is Repeat.CREATE:
            for result in results:
                if result.outcome.already_there:
                    make_certain(result.delivery, "ODIN had this user already when it was repeated.")
            let_go_on(deliveries)


def _not_confirmed(result: Result) -> None:
    delivery, outcome, said = result.delivery, result.outcome, _said(result)
    words = {**_words(outcome), "wording": wordings.of(delivery, outcome)}
    match outcome.kind:
        case OutcomeKind.REFUSED:
            _refuse(delivery, outcome, said, words)
        case OutcomeKind.NOT_APPLIED:
            _try_again(delivery, outcome, said, words)
        case OutcomeKind.UNKNOWN:
            doubt(delivery, said, needs_person=outcome.needs_person, **words)


def _words(outcome: Outcome) -> dict[str, Any]:
    return {"code": outcome.code, "text": outcome.text, "reason": outcome.reason}


def apply(deliveries: Sequence[Delivery]) -> list[handlers.Applied]:
    """Update the records with deliveries that ODIN has, all of one message type and of different retail users.

    Call it in the transaction of their move.
    """
    confirmed = [(delivery.lane, unseal_values(delivery.values)) for delivery in deliveries]
    return handlers.apply_many(deliveries[0].message_type, confirmed)


def make_certain(create: Delivery, why: str) -> None:
    """Queue the approved values as an update after a create, ahead of the rest of the lane.

    ODIN has the user, but perhaps with other values. The update is a further delivery of the approved change
    and needs no new approval. `why` says how it is known that ODIN has the user. Call it in the transaction
    of the create's move.
    """
    words = (
        f"Of the creation (D-{create.pk}): {why} The values that were approved with "
        f"C-{create.change_id} are sent once more, as an update, so that they are certain."
    )
    messages = create.change.messages
    for number, (message, values) in enumerate(confirming(create.values), len(messages)):
        delivery = enqueue(
            change_id=create.change_id,
            message_type=message.type,
            lane=create.lane,
            values=values,
            reference="",
            number=number,
            priority=Priority(create.priority),
            ahead=True,
            reason=words,
            let_through=create.let_through,
        )
        details = {
            "create": create.pk,
            "create_content_hash": create.content_hash,
            "content_hash": delivery.content_hash,
        }
        note([(delivery, Said("delivery.confirming", words, details=details), handlers.Applied())])


def _refuse(delivery: Delivery, outcome: Outcome, said: Said, words: dict[str, Any]) -> None:
    if delivery.ahead:
        said, words = replace(said, reason=UNCERTAIN), {**words, "reason": UNCERTAIN}
    needs_person = outcome.needs_person or delivery.ahead
    refused = move(delivery, Move.REFUSE, said, needs_person=needs_person, **words)
    if refused and REQUESTS[delivery.message_type].repeat is Repeat.CREATE:
        hold_back(delivery, "was refused")


def _try_again(delivery: Delivery, outcome: Outcome, said: Said, words: dict[str, Any]) -> None:
    # A connection refused behind the service may follow a half-made create (A3). A later "already exists"
    # then means that it was applied.
    half_made = REQUESTS[delivery.message_type].repeat is Repeat.CREATE and bool(outcome.code)
    doubted = delivery.doubted or (half_made and not outcome.session_invalid)
    if why := _no_more_tries(delivery, outcome):
        stop = Move.DOUBT if doubted else Move.STOP
        told = replace(said, action="delivery.stopped", text=why)
        move(delivery, stop, told, doubted=doubted, needs_person=True, **{**words, "reason": why})
        return
    if not doubted and not outcome.code:
        # The message has not reached ODIN yet, so the time limit for repeats has not begun.
        words["first_sent_at"] = None
    release(delivery, said, doubted=doubted, next_try_at=_next_try(delivery, outcome), **words)


def _no_more_tries(delivery: Delivery, outcome: Outcome) -> str:
    """Return why a person must decide on a message that was often not applied; empty if it is tried again.

    That is the case if ODIN itself turned it away while the circuit is closed, or the portal's settings
    prevent sending. Attempts that could not reach ODIN never count.
    """
    tries = delivery.attempts.filter(outcome=OutcomeKind.NOT_APPLIED)
    if outcome.code:
        often = (
            not gate.state().opened_at and tries.exclude(code="").count() >= settings.DELIVERY_MAX_ATTEMPTS
        )
        return TOO_OFTEN if often else ""
    alike = tries.filter(code="", reason=outcome.reason)
    often = not outcome.unreachable and alike.count() >= settings.DELIVERY_MAX_ATTEMPTS
    return f"{outcome.reason} Fix that, then release or cancel it." if often else ""


def _next_try(delivery: Delivery, outcome: Outcome) -> datetime:
    if outcome.session_invalid:
        return timezone.now()
    longest = min(LONGEST_PAUSE, 2.0 ** (delivery.attempt_count - 1))
    return timezone.now() + timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311  # jitter


def _said(result: Result) -> Said:
    delivery, outcome = result.delivery, result.outcome
    message = REQUESTS[delivery.message_type]
    answer = f" ({outcome.code} {outcome.text})" if outcome.code or outcome.text else ""
    return Said(
        f"delivery.{outcome.kind}",
        f"{message.title} ({message.type}), attempt {result.attempt.number}: {SAID[outcome.kind]}{answer}.",
        reason=outcome.reason,
        details={
            "message_type": message.type,
            "reference": delivery.reference,
            "attempt": result.attempt.number,
            "worker": result.attempt.worker,
            "code": outcome.code,
            "answer": outcome.text,
            "sent": result.attempt.request if outcome.asked else "",
            "duration_ms": result.duration_ms,
        },
    )
