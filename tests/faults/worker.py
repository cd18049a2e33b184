"""The tests' worker: the portal's own Celery application, that can be killed or stopped at a named place.

A file `POINT.SIGKILL` or `POINT.SIGSTOP` in the folder KILL_POINTS arms a place. The first process to reach it takes
the file away, writes a line `POINT PID` to `struck`, and gets the signal.
"""

import os
import signal
from pathlib import Path

import django

from backoffice import killpoints
from backoffice.celery import app  # noqa: F401  # what `celery -A` looks for

ARMED = Path(os.environ["KILL_POINTS"])


def strike(point: killpoints.Point) -> None:
    """Send this process the signal that is armed for the place, if any."""
    for number in (signal.SIGKILL, signal.SIGSTOP):
        try:
            (ARMED / f"{point}.{number.name}").unlink()
        except FileNotFoundError:
            continue
        with (ARMED / "struck").open("a") as struck:
            struck.write(f"{point} {os.getpid()}\n")
        os.kill(os.getpid(), number)


killpoints.hook = strike
django.setup()  # for the mutants, which change modules that need it
