"""The gate decides whether anything may be sent: pause, circuit breaker and rate, shared by all workers.

A worker asks `allowed` before each message and reports its outcome with `report`. The circuit opens after
FAILURES messages in a row that could not reach ODIN or got no answer. Then one message at a time goes out as
a probe, and the first one that is answered closes the circuit. A refusal is an answer.
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.config import odin_config
from backoffice.delivery.errors import DeliveryError
from backoffice.delivery.models import Gate
from backoffice.delivery.queue import due
from backoffice.delivery.waiting import go_at_once
from backoffice.free_text import checked
from backoffice.odin import session
from backoffice.odin.models import DealerSession
from backoffice.odin.outcome import Outcome
from backoffice.wakeups import Work, wake, wake_after_commit

if TYPE_CHECKING:
    from backoffice.logins.models import User

logger = logging.getLogger(__name__)

#: This many failures in a row open the circuit.
FAILURES = 5
#: Seconds between probes: 1, 2, 4 ... up to the last, so that sending resumes soon after ODIN returns.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0
#: A worker waits this long (seconds) for its turn under a rate limit; the next wake-up takes a later turn.
LONGEST_WAIT = 2.0
SUBJECT = "delivery"
#: How often a sweep records its sign of life.
SIGN_OF_LIFE = timedelta(seconds=5)
#: Beat asks for a sweep each second. None for this long means that beat or the workers have stopped. It is
#: longer than a drain, since the sweep of a worker that does one thing at a time waits for it.
SWEEP_LATE = timedelta(seconds=60)


def state() -> Gate:
    """Return the present gate. One query; the row is written when it first changes."""
    return Gate.objects.select_related("paused_by").filter(pk=1).first() or Gate(pk=1)


def swept(now: datetime) -> None:
    """Record that beat asked and a worker came. Written rarely, since every worker reads it."""
    _row_is_there()
    old = Q(swept_at=None) | Q(swept_at__lt=now - SIGN_OF_LIFE) | Q(swept_at__gt=now + SIGN_OF_LIFE)
    Gate.objects.filter(old, pk=1).update(swept_at=now)


def since_sweep(row: Gate) -> timedelta | None:
    """Return how long ago a worker last did a sweep; None if never.

    A time in the future, from before a clock was set back, counts as never.
    """
    now = timezone.now()
    if row.swept_at is None or row.swept_at > now + SIGN_OF_LIFE:
        return None
    return max(now - row.swept_at, timedelta())


def sweeps_are_late(row: Gate) -> bool:
    """Whether beat or the workers have stopped, judged by their last sign of life."""
    since = since_sweep(row)
    return since is None or since > SWEEP_LATE


def _row_is_there() -> None:
    Gate.objects.get_or_create(pk=1)


def shut(row: Gate, dealer: DealerSession, now: datetime) -> bool:
    """Whether nothing may be sent now: paused, no logon possible, or the circuit open and no probe due."""
    return (
        row.paused_at is not None
        or (row.opened_at is not None and not _probe_is_due(row, now))
        or session.blocked(dealer, now)
    )


def is_shut() -> bool:
    """Whether nothing may be sent now, including messages allowed before. Two queries."""
    return shut(state(), session.as_it_is(), timezone.now())


def allowed(wanted: int, *, reading: bool = False) -> int:
    """Return how many messages this worker may send now, at most as many as it wants.

    Under a rate limit it waits for its turn to send one. `reading`: the worker has a question to ODIN, which
    probes an open circuit like a due delivery.
    """
    row, dealer, now = state(), session.as_it_is(), timezone.now()
    if shut(row, dealer, now):
        return 0
    if row.opened_at and not ((reading or due(now).exists()) and _probe(row, now)):
        return 0
    # Without a session, one message triggers the logon. If the logon fails, no others are affected.
    if row.opened_at or settings.DELIVERY_RATE or not session.logged_on(dealer):
        wanted = 1
    return wanted if _in_turn(row) else 0


def report(outcomes: Sequence[Outcome]) -> None:
    """Report outcomes of messages to the gate, in their order; they may open or close the circuit."""
    told = [outcome for outcome in outcomes if outcome.asked]
    if len(told) < len(outcomes) and (row := state()).opened_at:
        # It may have been the probe. No other message may be the probe during a call.
        soon = timezone.now() + timedelta(seconds=LONGEST_PAUSE)
        Gate.objects.filter(pk=1, opened_at=row.opened_at, probe_at__gt=soon).update(probe_at=soon)
    for unreachable, alike in groupby(told, lambda outcome: outcome.unreachable):
        if unreachable:
            for outcome in alike:
                _failed(outcome.reason)
        else:
            row = state()
            if row.failures or row.opened_at:
                _worked(row)


def pause(*, by: "User", reason: str) -> None:
    """Stop all sending until somebody resumes it; deliveries in flight are finished. Raises DeliveryError."""
    reason = _reason(by, reason)
    with transaction.atomic():
        _row_is_there()
        paused = Gate.objects.filter(pk=1, paused_at=None).update(
            paused_at=timezone.now(), paused_by=by, pause_reason=reason
        )
        if not paused:
            raise DeliveryError("Sending is paused already.")
        record("delivery.paused", by=by, subject=SUBJECT, text="All sending is paused.", reason=reason)


def resume(*, by: "User", reason: str) -> None:
    """Resume sending. Raises DeliveryError."""
    reason = _reason(by, reason)
    with transaction.atomic():
        resumed = Gate.objects.filter(pk=1, paused_at__isnull=False).update(
            paused_at=None, paused_by=None, pause_reason=""
        )
        if not resumed:
            raise DeliveryError("Sending is not paused.")
        record("delivery.resumed", by=by, subject=SUBJECT, text="Sending is resumed.", reason=reason)
        wake_after_commit(Work.DELIVERIES)
        transaction.on_commit(go_at_once, robust=True)


def _reason(by: "User", reason: str) -> str:
    """Return the reason as stored, if this person may operate the gate. Raises DeliveryError."""
    if not by.has_perm("delivery.operate_gate"):
        raise DeliveryError("You may not pause or resume sending. Ask an admin.")
    missing = "Give a reason: it is shown on every page, and the audit trail keeps it."
    return checked(reason, DeliveryError, missing)


def _probe_is_due(row: Gate, now: datetime) -> bool:
    """Whether a probe is due. A time beyond the longest wait means that the clock was set back."""
    if row.probe_at is None or row.probe_at <= now:
        return True
    return row.probe_at > now + timedelta(seconds=odin_config().total_timeout + 2 * LONGEST_PAUSE)


def _probe(row: Gate, now: datetime) -> bool:
    """Take the right to send one message through the open circuit; the others wait for its outcome."""
    answered_by = now + timedelta(seconds=odin_config().total_timeout + LONGEST_PAUSE)
    return _unchanged(row, "probe_at").update(probe_at=answered_by) == 1


def _in_turn(row: Gate) -> bool:
    """Wait for this worker's turn, with messages evenly spaced; False if the turn is too far away."""
    if not settings.DELIVERY_RATE:
        return True
    _row_is_there()
    space = timedelta(seconds=1 / settings.DELIVERY_RATE)
    while True:
        now = timezone.now()
        turn = max(row.next_turn_at or now, now)
        if turn > now + timedelta(seconds=2 * LONGEST_WAIT) + space:
            turn = now  # no worker takes a turn so far away: the clock was set back
        if (wait := (turn - now).total_seconds()) > LONGEST_WAIT:
            return False
        if _unchanged(row, "next_turn_at").update(next_turn_at=turn + space):
            time.sleep(wait)
            return True
        row = state()


def _unchanged(row: Gate, column: str) -> QuerySet[Gate]:
    """Return the gate's row if this column still has the value that this worker read."""
    return Gate.objects.filter(pk=1, **{column: getattr(row, column)})


@transaction.atomic
def _failed(words: str) -> None:
    _row_is_there()
    Gate.objects.filter(pk=1).update(failures=F("failures") + 1, last_failure=words)
    now = timezone.now()
    row = state()
    if row.failures < FAILURES:
        return
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(row.failures - FAILURES, 10))
    opened = Gate.objects.filter(pk=1, opened_at=None).update(opened_at=now)
    Gate.objects.filter(pk=1).update(probe_at=now + timedelta(seconds=pause))
    if opened:
        logger.warning("The circuit to ODIN is open after %d failures in a row.", row.failures)
        text = f"ODIN cannot be reached: {FAILURES} messages in a row brought no answer. Sending waits for a probe."
        record("delivery.circuit_opened", by=None, subject=SUBJECT, text=text, reason=words)


def _worked(row: Gate) -> None:
    with transaction.atomic():
        Gate.objects.filter(pk=1).update(failures=0)
        closed = Gate.objects.filter(pk=1, opened_at__isnull=False).update(opened_at=None, probe_at=None)
        if closed and row.opened_at:
            seconds = int((timezone.now() - row.opened_at).total_seconds())
            text = f"ODIN answers again, after {seconds} seconds. Sending is resumed."
            record("delivery.circuit_closed", by=None, subject=SUBJECT, text=text)
    if closed:
        go_at_once()
        wake(Work.DELIVERIES, settings.DELIVERY_PARALLEL)
