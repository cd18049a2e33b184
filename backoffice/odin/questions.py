"""Questions to ODIN: a page asks, a worker fetches the answer and stores it with its time. Pages never wait.

A question is a read (316, 318, 326, 328): it changes nothing, so it needs no approval and may be asked again.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backoffice import leases
from backoffice.audit.operations import record
from backoffice.leases import Lease
from backoffice.odin.logon import NoSession
from backoffice.odin.models import Question
from backoffice.odin.outcome import Outcome, OutcomeKind
from backoffice.odin.reading import ReadFailed, ask
from backoffice.protocol.findings import errors
from backoffice.protocol.message import REQUESTS, Context, check
from backoffice.protocol.wire import Reply, mask
from backoffice.wakeups import Work, wake_after_commit

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: A task starts no further question after this many seconds; beat's next task continues.
ASK_SECONDS = 5.0
#: A longer answer (characters) is not kept: real ones have some hundred thousand, and each page would load
#: it.
LONGEST_ANSWER = 2_000_000
TOO_LONG = (
    f"ODIN's answer has more than {LONGEST_ANSWER:,} characters, which no page can show. Check it in ODIN."
)
#: How many questions a worker tries to take before it leaves them to others.
TRIES = 20
State = Question.State

#: Further effects of an answer, by the type of its message.
_ANSWERED: dict[int, Callable[[Reply], None]] = {}


class NotAsked(Exception):
    """A question that cannot be asked; the text says why."""


class Gate(Protocol):
    """The gate for every call to ODIN: `backoffice.delivery.gate`."""

    def allowed(self, wanted: int, *, reading: bool = False) -> int:
        """Return how many of the wanted calls may be made now."""

    def report(self, outcomes: Sequence[Outcome]) -> None:
        """Take note of the outcomes of calls."""


def when_answered(message_type: int, then: Callable[[Reply], None]) -> None:
    """Call `then` with each answer to this message, in the transaction that stores it. Use it in `AppConfig.ready`."""
    _ANSWERED[message_type] = then


def want(
    message_type: int, *, by: "User | None", lane: str = "", parameters: Mapping[str, str] | None = None
) -> Question:
    """Ask a question, about the retail user `GROUP/USER` or in general. `by` None: the portal asks.

    A pending question is not asked twice. Raises NotAsked.
    """
    if by is not None and not by.has_perm("odin.add_question"):
        raise NotAsked("Your role does not include asking ODIN.")
    group_id, _, user_id = lane.partition("/")
    values = {**({"group_id": group_id, "user_id": user_id} if lane else {}), **(parameters or {})}
    message = REQUESTS[message_type]
    if wrong := errors(check(message, values, Context(today=timezone.localdate()))):
        raise NotAsked(" ".join(finding.text for finding in wrong))
    with transaction.atomic():
        waiting = Question.objects.filter(
            message_type=message_type, lane=lane, values=values, state__in=(State.ASKED, State.UNDER_WAY)
        ).first()
        if waiting:
            return waiting
        question = Question.objects.create(message_type=message_type, lane=lane, values=values, asked_by=by)
        record("reading.asked", by=by, subject=lane or message.title, text=f"{message.title} asked of ODIN.")
        wake_after_commit(Work.QUESTIONS)
    return question


def newest(lane: str, message_type: int) -> Question | None:
    """Return the newest question of this type about this retail user."""
    asked = Question.objects.filter(lane=lane, message_type=message_type)
    return asked.select_related("asked_by").first()


def fetch_all(gate: Gate) -> int:
    """Fetch the answers to pending questions, oldest first, for a while. Returns how many questions were asked of ODIN.

    A question whose worker died fails. While sending is paused, the circuit is open or there is no session,
    questions wait; the next wake-up finds them.
    """
    Question.objects.filter(leases.expired(), state=State.UNDER_WAY).update(
        state=State.FAILED,
        words="The worker stopped while it asked. Ask again.",
        ended_at=timezone.now(),
        **leases.ENDED,
    )
    end = time.monotonic() + ASK_SECONDS
    done, waiting = 0, Question.objects.filter(state=State.ASKED)
    while (
        time.monotonic() < end
        and waiting.exists()
        and gate.allowed(1, reading=True)
        and (claimed := _claim())
    ):
        if not _fetch(*claimed, gate):
            break
        done += 1
    return done


def _claim() -> tuple[Question, Lease] | None:
    """Take one question for this worker, or return None."""
    length = timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    asked = Question.objects.filter(state=State.ASKED)
    for question in asked.order_by("id")[:TRIES]:
        if lease := leases.take(asked.filter(pk=question.pk), length, state=State.UNDER_WAY):
            return question, lease
    return None


def _fetch(question: Question, lease: Lease, gate: Gate) -> bool:
    """Ask ODIN and store the answer; False if there is no session, so that the question waits for one."""

    def leave(state: State, **columns: Any) -> bool:
        under_way = Question.objects.filter(pk=question.pk, state=State.UNDER_WAY)
        return leases.release(under_way, lease.token, state=state, **columns)

    def fail(words: str, code: str = "") -> None:
        leave(State.FAILED, code=code, words=words, ended_at=timezone.now())

    try:
        reply = ask(question.message, question.values)
    except NoSession:
        leave(State.ASKED)
        return False
    except ReadFailed as failed:
        if failed.outcome:
            gate.report([failed.outcome])
        fail(failed.words, failed.outcome.code if failed.outcome else "")
        return True
    gate.report([Outcome(OutcomeKind.APPLIED, reply.code)])
    if len(reply.raw) > LONGEST_ANSWER:
        fail(TOO_LONG, reply.code)
        return True
    with transaction.atomic():
        kept = leave(State.ANSWERED, code=reply.code, answer=mask(reply.raw), ended_at=timezone.now())
        if kept and (then := _ANSWERED.get(question.message_type)):
            then(reply)
    return True
