"""Waking a worker for a batch. A wake-up may be lost or come ten times: the database says what is to be done."""

from functools import partial

from backoffice.delivery import wakeup

#: By name, since the module of the tasks imports this one.
WORK_DUE = "backoffice.batches.tasks.work_due"

wake_after_commit = partial(wakeup.wake_after_commit, WORK_DUE)
wake = partial(wakeup.wake, task=WORK_DUE)
