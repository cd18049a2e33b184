"""Sending a claimed delivery: session, encode, attempt, SOAP, outcome; `settling` stores what came of it.

Nothing is sent inside a transaction, and nothing is sent that is not written down first.
"""

import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from backoffice.config import odin_config
from backoffice.delivery import gate
from backoffice.delivery.content import content_hash, one
from backoffice.delivery.models import Attempt, Delivery
from backoffice.delivery.queue import Claim, Said, claim_some, move, release
from backoffice.delivery.settling import settle
from backoffice.delivery.states import Move, State
from backoffice.killpoints import Point, reached
from backoffice.odin import session
from backoffice.odin.gateway import GatewayError, gateway
from backoffice.odin.outcome import from_exception, read
from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.findings import EncodeError
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.wire import Header, encode, mask
from backoffice.seal import SealError, unseal_values

#: So many deliveries, of as many retail users, a worker claims at once when there are more than enough.
AT_ONCE = 4
#: After so many seconds it gives back those of them that it has not begun.
SLOW = 2.0


#: Why a claim is given back unused.
NOT_BEGUN = "Nothing was sent: those before it took long, or sending was stopped meanwhile."


class Unsendable(Exception):
    """A delivery that cannot be turned into the message that was approved: a fault of the portal or its keys."""


def drain(seconds: float) -> int:
    """Deliver whatever is due, for about this many seconds. Returns how many deliveries were tried.

    While there is more to do than one claim takes, claims grow: one for each delivery would cost as much as its call.
    """
    end = time.monotonic() + seconds
    tried, limit = 0, 1
    while time.monotonic() < end and gate.allowed() and (claims := claim_some(limit)):
        _deliver_in_turn(claims)
        tried += len(claims)
        limit = min(AT_ONCE, limit * 2) if len(claims) == limit else 1
    return tried


def _deliver_in_turn(claims: list[Claim]) -> None:
    """Deliver what was claimed together, the first for certain. Where ODIN is slow others may have what is left, and
    where the gate closes meanwhile it waits.
    """
    end = time.monotonic() + SLOW
    for number, mine in enumerate(claims):
        if number == 0 or (time.monotonic() < end and gate.allowed()):
            deliver(mine)
        else:
            release(mine.delivery, Said("delivery.released", NOT_BEGUN))


def deliver(mine: Claim) -> None:
    """Send a claimed delivery once and settle it by its outcome."""
    delivery = mine.delivery
    try:
        current = session.current()
    except session.NoSession as none:
        said = Said("delivery.released", f"Nothing was sent: there is no session with ODIN. {none.words}")
        # Soon: the gate keeps everything waiting for as long as the session does, and no longer.
        release(delivery, said, reason=none.words, next_try_at=timezone.now() + session.SOON)
        return
    try:
        text = _encode(delivery, current)
    except Unsendable as error:
        _stop(delivery, str(error))
        return
    # The call's time begins before the attempt is committed: a worker that sleeps after it must not send late.
    started = time.monotonic()
    attempt = _begin(mine, text)
    if attempt is None:
        return
    reached(Point.BEGUN)
    answer = ""
    try:
        answer = gateway().call(delivery.message_type, text, started=started)
    except GatewayError as error:
        outcome = from_exception(error)
        answer = error.received
    else:
        message = REQUESTS[delivery.message_type]
        outcome = read(message, answer, reference=delivery.reference, earlier_unknown=delivery.doubted)
    reached(Point.ANSWERED)
    gate.report(outcome)
    if outcome.session_invalid:
        session.invalidate(current.number)
    settle(delivery, attempt, outcome, answer, int((time.monotonic() - started) * 1000))
    reached(Point.SETTLED)


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


def _stop(delivery: Delivery, words: str) -> None:
    move(delivery, Move.STOP, Said("delivery.stopped", words), reason=words, needs_person=True)
