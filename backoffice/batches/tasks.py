"""Celery tasks of batches. A task is a wake-up: it may be lost, or come ten times, without harm."""

import time
import uuid
from collections.abc import Callable

from celery import shared_task
from structlog.contextvars import bind_contextvars

from backoffice import leases
from backoffice.batches import ending, lease
from backoffice.batches.check.checking import Checking
from backoffice.batches.check.cleaning import Cleaning
from backoffice.batches.decide import applying, completion, decisions
from backoffice.batches.errors import FileProblem, LeaseLost
from backoffice.batches.models import Batch, State
from backoffice.wakeups import Work, wake

#: A task releases its worker after this many seconds, so that deliveries get their turn beside a long file.
WORK_SECONDS = 30.0


@shared_task
def work_due() -> int:
    """Work on the oldest batch that is due, for a while. Returns the number of batches: 0 or 1."""
    for batch in lease.due():
        if token := lease.take(batch):
            bind_contextvars(batch_id=batch.pk)
            batch.refresh_from_db()
            if batch.failures < leases.MOST_FAILURES:
                _work(batch, token)
            elif batch.state == State.CHECKING:
                ending.give_up_check(batch, token)
            else:
                ending.pause_applying(batch, token)
            return 1
    return 0


@shared_task
def sweep() -> None:
    """Run by beat: wake a worker for each batch that waits or lost its worker; store counts of sent messages."""
    for _ in range(lease.due().count()):
        wake(Work.BATCHES)
    completion.note_outcomes()


@shared_task
def expire_files() -> int:
    """Run by beat: delete expired uploaded files."""
    return ending.expire_files()


@shared_task
def expire_pending() -> int:
    """Run by beat: expire files that were not decided in time."""
    return decisions.expire_old()


def _work(batch: Batch, token: uuid.UUID) -> None:
    """Check or apply rows until there are no more, the time has passed, or the lease is lost."""
    try:
        if batch.state == State.CHECKING:
            with Cleaning(batch, token) if batch.cleaning else Checking(batch, token) as run:
                more = _until_the_time_is_over(batch, token, run.step)
            if not more:
                ending.finish_check(batch, token)
        else:
            more = _until_the_time_is_over(batch, token, lambda: applying.step(batch, token))
    except LeaseLost:
        return
    except FileProblem as problem:
        ending.stop_check(batch, token, problem.words)
        return
    if more:
        lease.give_back(batch, token)
        wake(Work.BATCHES)


def _until_the_time_is_over(batch: Batch, token: uuid.UUID, step: Callable[[], bool]) -> bool:
    """Whether there is more to do. A paused batch has more; a step is completed even if time is over."""
    end = time.monotonic() + WORK_SECONDS
    more = True
    while more and lease.keep(batch, token):
        more = step()
        if time.monotonic() >= end:
            break
    return more
