"""Starts processes, watches them, and leaves none behind."""

import os
import signal
import subprocess
import threading
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.prepare import CannotStart

START_SECONDS = 60.0
#: A worker may be in the middle of a call; the call's own deadline is 30 seconds.
STOP_SECONDS = 35.0
#: What has run so long (seconds) was well, and is started again after a pause; what ends sooner never will be.
WELL, PAUSE = 10.0, 10.0
#: The terminal's Ctrl-C, `kill`, and a terminal that is closed.
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Without the proxy that the environment may name: the addresses are this machine's.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Supervisor:
    """Processes, each in a group of its own with its log in `logs`. Leaving the context ends all of them.

    A signal to end makes `wait_for` and `watch` return early; one more during the ending kills at once.
    """

    def __init__(self, logs: Path, folder: Path, environment: dict[str, str]) -> None:
        self._logs = logs
        self._folder = folder
        self._environment = environment
        self._commands: dict[str, list[str]] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._since: dict[str, float] = {}
        self._told_to_end = threading.Event()

    def __enter__(self) -> Self:
        for number in END_SIGNALS:
            signal.signal(number, lambda *_: self._told_to_end.set())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.ending:
            print(
                "\nStopping; what is being sent is finished first. Once more Ctrl-C ends it at once.",
                flush=True,
            )
        self._told_to_end.clear()
        deadline = time.monotonic() + STOP_SECONDS
        for process in reversed(self._running.values()):
            self._end(process, deadline)

    @property
    def ending(self) -> bool:
        """A signal told to end."""
        return self._told_to_end.is_set()

    def start(self, name: str, command: list[str]) -> None:
        """Start a process, unless a signal already told to end."""
        if self.ending:
            return
        again = name in self._commands
        self._commands[name], self._since[name] = command, time.monotonic()
        with self._log(name).open("ab" if again else "wb") as log:
            # A session of its own, so that Ctrl-C reaches only this process, which ends the others in order.
            self._running[name] = subprocess.Popen(
                command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_for(self, name: str, url: str) -> None:
        """Wait till this page answers. Raises CannotStart when it does not, or when a process ended."""
        deadline = time.monotonic() + START_SECONDS
        while not self.ending:
            self._check_alive()
            try:
                _opener.open(url, timeout=5).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise CannotStart(
                        f"{url} does not answer as it should. {self._end_of_log(name)}"
                    ) from None
            self._told_to_end.wait(0.1)

    def watch(self) -> None:
        """Return when a signal tells to end. A process that ends on its own is started again after a pause, as an
        installation's supervisor does. Raises CannotStart for one that ends soon after its start.
        """
        ended: dict[str, float] = {}
        while not self._told_to_end.wait(0.5):
            now = time.monotonic()
            for name, process in list(self._running.items()):
                if process.poll() is None:
                    continue
                if name not in ended:
                    if now - self._since[name] < WELL:
                        self._check_alive()
                    _signal(process, signal.SIGKILL)  # children that it left behind
                    ended[name] = now
                    print(
                        f"The process {name} ended with code {process.returncode}; "
                        f"it is started again in {PAUSE:.0f} seconds.",
                        flush=True,
                    )
                elif now - ended[name] > PAUSE:
                    del ended[name]
                    self.start(name, self._commands[name])
                    print(f"The process {name} is started again.", flush=True)

    def _check_alive(self) -> None:
        for name, process in self._running.items():
            if process.poll() is not None:
                raise CannotStart(
                    f"The process {name} ended with code {process.returncode}, so everything ends. "
                    f"{self._end_of_log(name)}"
                )

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _end_of_log(self, name: str) -> str:
        lines = self._log(name).read_text(errors="replace").splitlines()[-15:]
        return "\n".join([f"The end of {self._log(name)}:", *lines])

    def _end(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        _signal(process, signal.SIGTERM)
        while process.poll() is None and time.monotonic() < deadline and not self._told_to_end.wait(0.05):
            pass
        # Whatever is left of the group: the process itself, or children that it left behind.
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return  # the whole group has ended
