"""What is asked of ODIN about funds and stocks: asked for on a page, fetched by a worker, kept with its time."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.delivery import gate
from backoffice.delivery.wakeup import wake_after_commit
from backoffice.kit import names
from backoffice.odin.outcome import Outcome, OutcomeKind
from backoffice.odin.reading import ReadFailed, ask
from backoffice.odin.session import NoSession
from backoffice.protocol.findings import errors
from backoffice.protocol.message import REQUESTS, Context, Request, check
from backoffice.protocol.wire import Reply, mask
from limits import reading_shapes
from limits.models import Periodicity, Reading

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: By name, since the module of the tasks imports this one.
FETCH = "limits.tasks.fetch_readings"
#: A task begins no further question after so many seconds: beat's next goes on.
ASK_SECONDS = 5.0
#: A longer answer (characters) is not kept: real ones have some hundred thousand, and each page would carry it.
LONGEST_ANSWER = 2_000_000
TOO_LONG = (
    f"ODIN's answer has more than {LONGEST_ANSWER:,} characters, which no page can show. Check it in ODIN."
)
State = Reading.State


class NotAsked(Exception):
    """A reading that cannot be asked for; the text says why."""


def message_of(reading: Reading) -> type[Request]:
    """The message that a reading sends."""
    return REQUESTS[reading.kind]


def want(
    kind: int, *, by: "User | None", lane: str = "", parameters: Mapping[str, str] | None = None
) -> Reading:
    """Ask for a reading of the retail user `GROUP/USER`, or of the periodicities. `by` None: the daily refresh.

    What was asked already and has not come yet is not asked twice. Raises NotAsked.
    """
    if by is not None and not by.has_perm("limits.add_reading"):
        raise NotAsked("Your role does not include asking ODIN.")
    group_id, _, user_id = lane.partition("/")
    values = {**({"group_id": group_id, "user_id": user_id} if lane else {}), **(parameters or {})}
    message = REQUESTS[kind]
    if wrong := errors(check(message, values, Context(today=timezone.localdate()))):
        raise NotAsked(" ".join(finding.text for finding in wrong))
    with transaction.atomic():
        waiting = Reading.objects.filter(
            kind=kind, lane=lane, values=values, state__in=(State.ASKED, State.UNDER_WAY)
        ).first()
        if waiting:
            return waiting
        reading = Reading.objects.create(kind=kind, lane=lane, values=values, asked_by=by)
        record("reading.asked", by=by, subject=lane or message.title, text=f"{message.title} asked of ODIN.")
        wake_after_commit(FETCH)
    return reading


def fetch_all() -> int:
    """Fetch what is asked for, oldest first, for a while; give up what a worker that died left behind. Returns how
    many were asked.

    While sending is paused, the circuit is open or there is no session, what is asked for waits; the sweep comes back.
    """
    now = timezone.now()
    Reading.objects.filter(state=State.UNDER_WAY, lease_until__lt=now).update(
        state=State.FAILED, words="The worker stopped while it asked. Ask again.", ended_at=now
    )
    end = time.monotonic() + ASK_SECONDS
    done, waiting = 0, Reading.objects.filter(state=State.ASKED)
    while (
        time.monotonic() < end
        and waiting.exists()
        and gate.allowed(1, reading=True)
        and (reading := _claim())
    ):
        if not _fetch(reading):
            break
        done += 1
    return done


def newest(lane: str, kind: int) -> Reading | None:
    """The newest reading of this kind for this retail user."""
    return Reading.objects.filter(lane=lane, kind=kind).select_related("asked_by").first()


def _claim() -> Reading | None:
    """One reading for this worker: whoever changes its state first has it."""
    lease = timezone.now() + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    for reading in Reading.objects.filter(state=State.ASKED).order_by("id")[:20]:
        mine = Reading.objects.filter(pk=reading.pk, state=State.ASKED)
        if mine.update(state=State.UNDER_WAY, lease_until=lease):
            return reading
    return None


def _fetch(reading: Reading) -> bool:
    """Ask ODIN and keep what came of it; False where there is no session, and the reading waits for one."""
    try:
        reply = ask(message_of(reading), reading.values)
    except NoSession:
        _leave(reading, State.ASKED, lease_until=None)
        return False
    except ReadFailed as failed:
        if failed.outcome:
            gate.report([failed.outcome])
        _end(reading, State.FAILED, code=failed.outcome.code if failed.outcome else "", words=failed.words)
        return True
    gate.report([Outcome(OutcomeKind.APPLIED, reply.code)])
    if len(reply.raw) > LONGEST_ANSWER:
        _end(reading, State.FAILED, code=reply.code, words=TOO_LONG)
        return True
    with transaction.atomic():
        _end(reading, State.ANSWERED, code=reply.code, answer=mask(reply.raw))
        if reading.kind == Reading.Kind.PERIODICITIES:
            _keep_periodicities(reply)
    return True


def _end(reading: Reading, state: str, **columns: str) -> None:
    _leave(reading, state, ended_at=timezone.now(), **columns)


def _leave(reading: Reading, state: str, **columns: Any) -> None:
    Reading.objects.filter(pk=reading.pk, state=State.UNDER_WAY).update(state=state, **columns)


def _keep_periodicities(reply: Reply) -> None:
    """The list as it is now. One that is not understood, or empty, leaves the old one as it was."""
    try:
        found = reading_shapes.periodicities(reply.data)
    except reading_shapes.NotUnderstood:
        return
    if found:
        Periodicity.objects.all().delete()
        Periodicity.objects.bulk_create(
            [Periodicity(number=number, market_segment=segment) for number, segment in found]
        )
        names.forget("periodicities")


def periodicities() -> list[tuple[str, str]]:
    """Each periodicity once, with the market segments that it stands for: what forms offer."""
    found: dict[int, list[str]] = {}
    for row in Periodicity.objects.all():
        found.setdefault(row.number, []).append(row.market_segment)
    return [(str(number), f"{', '.join(segments)} ({number})") for number, segments in found.items()]
