"""Two threads that reach the same place at the same moment, unless one of them waits for the other."""

import threading
from contextlib import suppress

#: Seconds in which the second of two gets as far as the first, unless it waits for it.
SOON = 1.0


def meet_at(monkeypatch, owner, name):
    """Let both of two threads reach the end of this function before either returns; not if one waits for the other."""
    barrier, real = threading.Barrier(2), getattr(owner, name)

    def reached(*given, **named):
        answer = real(*given, **named)
        with suppress(threading.BrokenBarrierError):  # the other one waits for this one
            barrier.wait(SOON)
        return answer

    monkeypatch.setattr(owner, name, reached)
