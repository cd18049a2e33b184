"""A test that hangs ends the run and says where.

What Playwright's browser never answers has no time limit of its own. The main thread then waits in Playwright's loop;
the line of the test that waits for it is in a greenlet above.
"""

import os
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: Seconds that a test may take with its fixtures; the longest takes a third of it on an idle machine.
LIMIT = 400
FRAMES = 10


@contextmanager
def watched(name: str, stderr: int, exit_code: int) -> Iterator[None]:
    """End the process with this code where this takes longer than LIMIT, after saying on `stderr` where it hangs."""

    def give_up(_number: int, frame: FrameType | None) -> None:
        from tests.portals import running

        os.write(stderr, f"\n{name} hangs:\n{_where(frame)}".encode())
        for portal in running:
            portal.stop()
        os._exit(exit_code)

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _where(frame: FrameType | None) -> str:
    """The stacks of the greenlet that runs and of those that wait for it."""
    import greenlet

    stacks, waiting = ["".join(traceback.format_stack(frame)[-FRAMES:])], greenlet.getcurrent().parent
    while waiting is not None:
        stacks.append("".join(traceback.format_stack(waiting.gr_frame)[-FRAMES:]))
        waiting = waiting.parent
    return "which waits for:\n".join(reversed(stacks))
