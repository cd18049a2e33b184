"""Send claimed deliveries: session, encoding, attempt, SOAP, outcome; `settling` stores the outcome.

Nothing is sent inside a transaction, and nothing before its attempt is committed. One thread of a process
claims, writes and settles for all its calls, several at a time. Other threads make the calls and never use
the database.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from statistics import fmean

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from backoffice.config import odin_config
from backoffice.copying import insert_all
from backoffice.delivery import gate
from backoffice.delivery.models import Attempt, Delivery
from backoffice.delivery.proof import is_approved
from backoffice.delivery.queue import Claim, Said, claim_some, move, release
from backoffice.delivery.settling import Result, settle
from backoffice.delivery.states import Move, State
from backoffice.killpoints import Point, reached
from backoffice.odin import logon, session
from backoffice.odin.gateway import GatewayError, gateway
from backoffice.odin.logon import NoSession, Session
from backoffice.odin.outcome import Outcome, OutcomeKind, from_exception, read
from backoffice.protocol.findings import EncodeError
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.wire import Header, encode, mask
from backoffice.seal import SealError, unseal_values

logger = logging.getLogger(__name__)

#: At most this many messages are ready for each one at ODIN, and no more than the process sends in AHEAD
#: seconds. So no call waits for the database, and messages share statements. Slow calls leave due messages to
#: other workers.
READY, AHEAD = 16, 1.0
#: When its time is over but a call still runs, a worker waits this long (seconds) before it continues
#: sending.
PATIENCE = 2.0
#: A finished call waits at most this long (seconds) for others, to be settled together.
SOON = 0.4
#: The shortest assumed duration of a call (seconds).
MOMENT = 0.001
#: How often (seconds) a worker with slow calls looks for more.
LOOK = 1.0
#: How many characters of an answer are kept; real ones have some hundred.
KEPT = 10_000


#: Words for messages that were ready but did not go out.
TAKEN_BACK = Outcome(
    OutcomeKind.NOT_APPLIED,
    reason="Nothing was sent: the calls before it took too long, or sending or the worker was stopped.",
    unreachable=True,
    asked=False,
)


class Unsendable(Exception):
    """A delivery that cannot be turned into the approved message: a fault of the portal or its keys."""


@dataclass(frozen=True)
class Call:
    """A message whose attempt is committed, ready to go out in a dealer session."""

    claim: Claim
    attempt: Attempt
    text: str
    session_number: int
    logged: Mapping[str, object]


#: Held by the thread of this process that delivers.
_at_work = threading.Lock()
#: Finished calls, and None as a wake-up, for that thread.
_news: SimpleQueue[Future[Result] | None] = SimpleQueue()
#: Set when this process must stop.
_ending = threading.Event()


def drain(seconds: float) -> int:
    """Deliver what is due, for about this many seconds. Returns how many deliveries were tried.

    One thread of a process delivers at a time; calls from other threads only wake it and return 0.
    """
    if not _at_work.acquire(blocking=False):
        _news.put(None)
        return 0
    try:
        with ThreadPoolExecutor(settings.DELIVERY_PARALLEL, "odin") as threads:
            return _work(threads, seconds)
    finally:
        _at_work.release()


def finish() -> None:
    """Stop sending from this process. Calls to ODIN are finished and settled."""
    _ending.set()
    _news.put(None)


def _work(threads: ThreadPoolExecutor, seconds: float) -> int:
    end = time.monotonic() + seconds
    last = end + odin_config().total_timeout
    tried, usual = 0, AHEAD  # seconds; before the first measurement
    under_way: dict[Future[Result], Call] = {}
    results: list[Result] = []
    while True:
        now = time.monotonic()
        shut = _ending.is_set()
        ready = min(READY, int(AHEAD / usual))
        room = settings.DELIVERY_PARALLEL * (1 + ready) - len(under_way)
        if not shut and room > 0 and (now < end or end + PATIENCE < now < last):
            wanted = gate.allowed(room)
            shut = not wanted
            for call in begin(claim_some(wanted)) if wanted else ():
                under_way[sent := threads.submit(send, call)] = call
                sent.add_done_callback(_news.put)
                tried += 1
        elif len(under_way) > settings.DELIVERY_PARALLEL:
            shut = shut or gate.is_shut()
        _take_back(under_way, shut)
        if results:
            settle(results)  # while the next ones are with ODIN
        ended = _ended(len(under_way))
        if not (ended or results or under_way):
            return tried
        calls = {sent: under_way.pop(sent, None) for sent in ended}
        results = _results(calls)
        report(results)
        if took := [result.duration_ms / 1000 for result in results if result.outcome.asked]:
            usual = max(MOMENT, fmean(took))  # one slow call must not make the groups small


def _take_back(under_way: Mapping[Future[Result], Call], shut: bool) -> None:
    """Drop messages that still wait for a thread.

    All of them if nothing may be sent any more; otherwise those whose lease would not cover a whole call,
    because earlier calls were slow.
    """
    latest = timezone.now() + timedelta(seconds=odin_config().total_timeout)
    for sent, call in under_way.items():
        if shut or call.claim.until < latest:
            sent.cancel()  # a message that has begun is left alone


def _ended(under_way: int) -> list[Future[Result]]:
    """Wait for finished calls, a wake-up or a moment; return the finished calls.

    Calls of an earlier, interrupted drain may be among them. While many messages are ready, it waits for
    several calls, to settle them together.
    """
    ended: list[Future[Result]] = []
    until = time.monotonic() + (LOOK if under_way else 0)
    while not ended or under_way - len(ended) > settings.DELIVERY_PARALLEL:
        try:
            news = _news.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        if news is None:
            until = min(until, time.monotonic())
        else:
            until = min(until, time.monotonic() + SOON)
            ended.append(news)
    return ended


def _results(ended: Mapping[Future[Result], Call | None]) -> list[Result]:
    results = []
    for sent, call in ended.items():
        if sent.cancelled():
            if call:
                results.append(
                    Result(call.claim.delivery, call.attempt, TAKEN_BACK, "", 0, call.session_number)
                )
            continue
        try:
            results.append(sent.result())
        except Exception:
            logger.exception(
                "A call failed in an unforeseen way: its lease ends, and the sweep takes it for unknown."
            )
    return results


def begin(claims: Sequence[Claim]) -> list[Call]:
    """Encode claimed deliveries and write their attempts; return or stop those that cannot go out now."""
    if not claims:
        return []
    try:
        current = session.current()
    except NoSession as none:
        said = Said("delivery.released", f"Nothing was sent: there is no session with ODIN. {none.words}")
        for mine in claims:
            # Soon, because the gate stops everything for as long as there is no session.
            release(mine.delivery, said, reason=none.words, next_try_at=timezone.now() + logon.SOON)
        return []
    encoded = []
    for mine in claims:
        try:
            encoded.append((mine, _encode(mine.delivery, current)))
        except Unsendable as error:
            _stop(mine.delivery, str(error))
    attempts = _write_attempts(encoded)
    for _ in attempts:
        reached(Point.BEGUN)
    return [
        Call(mine, attempt, text, current.number, _logged(mine.delivery))
        for (mine, text), attempt in zip(encoded, attempts, strict=False)
    ]


def _logged(delivery: Delivery) -> dict[str, object]:
    """Return the fields that log lines of a delivery name, if there is one."""
    change = delivery.change
    names = {
        "delivery_id": delivery.pk,
        "change_id": change.pk,
        "batch_id": change.batch_id,
        "request_id": change.request_id,
    }
    return {name: value for name, value in names.items() if value}


def send(call: Call) -> Result:
    """Make a call and read its outcome. Touches no database.

    The call's deadline is the lease's end at the latest: a worker that slept after committing the attempt
    must not send late.
    """
    with bound_contextvars(**call.logged):
        return _send(call)


def _send(call: Call) -> Result:
    started = time.monotonic()
    delivery = call.claim.delivery
    left = (call.claim.until - timezone.now()).total_seconds()
    late = max(0.0, odin_config().total_timeout - left)
    answer = ""
    try:
        answer = gateway().call(delivery.message_type, call.text, started=started - late)
    except GatewayError as error:
        outcome = from_exception(error)
        answer = error.received
    else:
        message = REQUESTS[delivery.message_type]
        outcome = read(message, answer, reference=delivery.reference, earlier_unknown=delivery.doubted)
    logger.info("Attempt %d of message %d: %s.", call.attempt.number, delivery.message_type, outcome.kind)
    reached(Point.ANSWERED)
    duration_ms = int((time.monotonic() - started) * 1000)
    return Result(delivery, call.attempt, outcome, answer[:KEPT], duration_ms, call.session_number)


def report(results: Sequence[Result]) -> None:
    """Report the outcomes of calls to the gate and the session."""
    gate.report([result.outcome for result in results])
    for number in {result.session_number for result in results if result.outcome.session_invalid}:
        session.invalidate(number)


def _encode(delivery: Delivery, current: Session) -> str:
    if not is_approved(delivery):
        raise Unsendable(
            "The message is not the one that was approved. It was not sent; tell the administrator."
        )
    config = odin_config()
    try:
        return encode(
            REQUESTS[delivery.message_type],
            unseal_values(delivery.values),
            Header(config.dealer_id, current.id),
            config.cipher(),
        )
    except (EncodeError, SealError) as error:
        raise Unsendable(f"The message cannot be written as ODIN wants it: {error}") from error


@transaction.atomic
def _write_attempts(encoded: Sequence[tuple[Claim, str]]) -> list[Attempt]:
    """Write the attempts of a claimed group before the first byte leaves; none for those that lost their lease."""
    if not encoded:
        return []
    now = timezone.now()
    # A logon may have used most of the lease; the rest must cover a whole call.
    call = timedelta(seconds=odin_config().total_timeout)
    held = Delivery.objects.filter(
        pk__in=[mine.delivery.pk for mine, _ in encoded],
        state=State.IN_FLIGHT,
        lease_token=encoded[0][0].token,
        lease_until__gt=now + call,
    )
    begun = held.update(attempt_count=F("attempt_count") + 1, first_sent_at=Coalesce("first_sent_at", now))
    if begun != len(encoded):
        transaction.set_rollback(True)
        return []
    for mine, _ in encoded:
        mine.delivery.attempt_count += 1
        mine.delivery.first_sent_at = mine.delivery.first_sent_at or now
    worker = f"{socket.gethostname()}:{os.getpid()}"[-100:]
    attempts = [
        Attempt(delivery=mine.delivery, number=mine.delivery.attempt_count, worker=worker, request=mask(text))
        for mine, text in encoded
    ]
    insert_all(attempts)
    return attempts


def _stop(delivery: Delivery, words: str) -> None:
    # It may have been applied, so a person must settle it. A delivery on hold could not be settled.
    step = Move.DOUBT if delivery.doubted else Move.STOP
    move(delivery, step, Said("delivery.stopped", words), reason=words, needs_person=True)
