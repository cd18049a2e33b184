"""Sending a claimed delivery: session, encode, attempt, SOAP, outcome, settle.

Nothing is sent inside a transaction, and nothing is sent that is not written down first.
"""

import random
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.config import odin_config
from backoffice.delivery import handlers
from backoffice.delivery.content import content_hash, one
from backoffice.delivery.models import Attempt, Delivery
from backoffice.delivery.queue import Claim, claim, hold_after_doubt, move
from backoffice.delivery.states import Move, State
from backoffice.odin import session
from backoffice.odin.gateway import GatewayError, gateway
from backoffice.odin.outcome import Outcome, OutcomeKind, from_exception, read
from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.findings import EncodeError
from backoffice.protocol.message import REQUESTS, Repeat
from backoffice.protocol.wire import Header, encode, mask
from backoffice.seal import SealError, unseal_values

#: A message that was not applied is tried again after 1, 2, 4 ... seconds, at most this many.
LONGEST_PAUSE = 30.0


class Unsendable(Exception):
    """A delivery that cannot be turned into the message that was approved: a fault of the portal or its keys."""


def drain(seconds: float) -> int:
    """Deliver whatever is due, for about this many seconds. Returns how many deliveries were tried."""
    end = time.monotonic() + seconds
    tried = 0
    while time.monotonic() < end and (mine := claim()):
        deliver(mine)
        tried += 1
    return tried


def deliver(mine: Claim) -> None:
    """Send a claimed delivery once and settle it by its outcome."""
    delivery = mine.delivery
    try:
        current = session.current()
    except session.NoSession as none:
        move(
            delivery,
            Move.DOUBT if delivery.doubted else Move.RELEASE,
            reason=none.words,
            next_try_at=none.retry_at or timezone.now() + timedelta(seconds=LONGEST_PAUSE),
        )
        return
    try:
        text = _encode(delivery, current)
    except Unsendable as error:
        _stop(delivery, str(error))
        return
    attempt = _begin(mine, text)
    if attempt is None:
        return
    started = time.monotonic()
    answer = ""
    try:
        answer = gateway().call(delivery.message_type, text)
    except GatewayError as error:
        outcome = from_exception(error)
        answer = error.received
    else:
        message = REQUESTS[delivery.message_type]
        outcome = read(message, answer, reference=delivery.reference, earlier_unknown=delivery.doubted)
    if outcome.session_invalid:
        session.invalidate(current.number)
    _settle(delivery, attempt, outcome, answer, int((time.monotonic() - started) * 1000))


def _encode(delivery: Delivery, current: session.Session) -> str:
    if content_hash(one(delivery.message_type, delivery.values)) != delivery.content_hash:
        raise Unsendable(
            "The message is not the one that was approved. It was not sent; tell the administrator."
        )
    config = odin_config()
    try:
        return encode(
            REQUESTS[delivery.message_type],
            unseal_values(delivery.values),
            Header(config.dealer_id, current.id),
            PasswordCipher(config.password_key.reveal(), config.password_mode),
        )
    except (EncodeError, SealError) as error:
        raise Unsendable(f"The message cannot be written as ODIN wants it: {error}") from error


@transaction.atomic
def _begin(mine: Claim, text: str) -> Attempt | None:
    """Write the attempt before the first byte leaves; None when the lease was lost meanwhile."""
    delivery = mine.delivery
    now = timezone.now()
    # A logon may have eaten most of the lease; what is left must cover the whole call.
    call = timedelta(seconds=odin_config().total_timeout)
    held = Delivery.objects.filter(
        pk=delivery.pk, state=State.IN_FLIGHT, lease_token=mine.token, lease_until__gt=now + call
    )
    number = delivery.attempt_count + 1
    delivery.first_sent_at = delivery.first_sent_at or now
    if held.update(attempt_count=number, first_sent_at=delivery.first_sent_at) != 1:
        return None
    delivery.attempt_count = number
    return Attempt.objects.create(delivery=delivery, number=number, request=mask(text))


@transaction.atomic
def _settle(delivery: Delivery, attempt: Attempt, outcome: Outcome, answer: str, duration_ms: int) -> None:
    """Store what came of an attempt: attempt, delivery, record and audit entry in one transaction."""
    attempt.answer = mask(answer)
    attempt.outcome = outcome.kind
    attempt.code = outcome.code
    attempt.text = outcome.text
    attempt.reason = outcome.reason
    attempt.duration_ms = duration_ms
    attempt.save()
    words = {"code": outcome.code, "text": outcome.text, "reason": outcome.reason}
    match outcome.kind:
        case OutcomeKind.APPLIED:
            moved = move(delivery, Move.APPLY, needs_person=False, **words)
        case OutcomeKind.REFUSED:
            moved = move(delivery, Move.REFUSE, needs_person=outcome.needs_person, **words)
        case OutcomeKind.NOT_APPLIED:
            moved = _try_again(delivery, outcome, words)
        case OutcomeKind.UNKNOWN:
            moved = _doubt(delivery, outcome, words)
    if not moved:  # the lease ran out and the sweep settled it; the attempt still says what came back
        return
    applied = handlers.Applied()
    if outcome.kind is OutcomeKind.APPLIED:
        applied = handlers.apply(delivery.message_type, delivery.lane, unseal_values(delivery.values))
    if outcome.kind is OutcomeKind.REFUSED and REQUESTS[delivery.message_type].repeat is Repeat.CREATE:
        _hold_back(delivery)
    _record(delivery, attempt, outcome, applied)


def _try_again(delivery: Delivery, outcome: Outcome, words: dict[str, str]) -> bool:
    # A refused connection behind the service may follow a half-made create (A3): a later
    # "already exists" then says that it was applied.
    half_made = REQUESTS[delivery.message_type].repeat is Repeat.CREATE and bool(outcome.code)
    doubted = delivery.doubted or (half_made and not outcome.session_invalid)
    return move(
        delivery,
        Move.DOUBT if delivery.doubted else Move.RELEASE,
        doubted=doubted,
        next_try_at=_pause(delivery, outcome),
        **words,
    )


def _pause(delivery: Delivery, outcome: Outcome) -> datetime:
    if outcome.session_invalid:
        return timezone.now()
    longest = min(LONGEST_PAUSE, 2.0 ** (delivery.attempt_count - 1))
    return timezone.now() + timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311  # jitter


def _doubt(delivery: Delivery, outcome: Outcome, words: dict[str, str]) -> bool:
    since = timezone.now() - (delivery.first_sent_at or timezone.now())
    tired = delivery.attempt_count >= settings.DELIVERY_MAX_ATTEMPTS or since > timedelta(
        minutes=settings.DELIVERY_MAX_MINUTES
    )
    return move(
        delivery,
        Move.DOUBT,
        doubted=True,
        needs_person=outcome.needs_person or tired,
        next_try_at=timezone.now() + hold_after_doubt(),
        **words,
    )


def _hold_back(refused: Delivery) -> None:
    """A refused create keeps back what was queued behind it, until somebody decides."""
    words = f"The create before it (delivery {refused.pk}) was refused."
    for later in Delivery.objects.filter(lane=refused.lane, state=State.QUEUED, id__gt=refused.pk):
        if move(later, Move.HOLD, reason=words, needs_person=True):
            record(
                "delivery.held",
                by=None,
                subject=later.lane,
                text=words,
                change_id=later.change_id,
                delivery_id=later.pk,
            )


@transaction.atomic
def _stop(delivery: Delivery, words: str) -> None:
    if move(delivery, Move.STOP, reason=words, needs_person=True):
        record(
            "delivery.stopped",
            by=None,
            subject=delivery.lane,
            text=words,
            change_id=delivery.change_id,
            delivery_id=delivery.pk,
        )


def _record(delivery: Delivery, attempt: Attempt, outcome: Outcome, applied: handlers.Applied) -> None:
    message = REQUESTS[delivery.message_type]
    answer = f" ({outcome.code} {outcome.text})" if outcome.code or outcome.text else ""
    record(
        f"delivery.{outcome.kind}",
        by=None,
        subject=delivery.lane,
        text=f"{message.title} ({message.type}), attempt {attempt.number}: {_said(outcome)}{answer}.",
        reason=outcome.reason,
        before=applied.before or None,
        after=applied.after or None,
        details={
            "message_type": message.type,
            "reference": delivery.reference,
            "attempt": attempt.number,
            "code": outcome.code,
            "answer": outcome.text,
            "sent": attempt.request,
            "duration_ms": attempt.duration_ms,
        },
        change_id=delivery.change_id,
        delivery_id=delivery.pk,
    )


def _said(outcome: Outcome) -> str:
    return {
        OutcomeKind.APPLIED: "ODIN confirmed it",
        OutcomeKind.REFUSED: "ODIN refused it",
        OutcomeKind.NOT_APPLIED: "not applied, it will be sent again",
        OutcomeKind.UNKNOWN: "no proper answer came, it may or may not have been applied",
    }[outcome.kind]
