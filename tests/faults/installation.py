"""Workers and beat as processes of their own, to be killed, stopped and started again."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Short, so that a test sees leases end and holds pass: seconds as in the settings of the same names.
TIMES = {
    "ODIN_CONNECT_TIMEOUT": "0.8",
    "ODIN_READ_TIMEOUT": "0.8",
    "ODIN_TOTAL_TIMEOUT": "1",
    "DELIVERY_LEASE_SECONDS": "3",
    "DELIVERY_HOLD_SECONDS": "2",
}
CELERY = (sys.executable, "-m", "celery", "-A")
#: What a worker need not do: talk to the other workers about itself.
ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def url_of_tests() -> str:
    """The address of the database that the running tests use, for processes that they start."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return re.sub(r"/[^/]*$", f"/{name}", os.environ["DATABASE_URL"])


class Installation:
    """The processes of one portal. All they write is in `var`; `environment` is added to this process's own."""

    def __init__(self, var: Path, environment: Mapping[str, str]) -> None:
        self.var = var
        self.armed = var / "kill-points"
        for folder in (self.armed, var / "log"):
            folder.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **os.environ,
            **TIMES,
            "PORTAL_VAR": str(var),
            "KILL_POINTS": str(self.armed),
            **environment,
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Installation":
        return self

    def __exit__(self, *_: object) -> None:
        for name in self.processes:
            self.send(name, signal.SIGKILL)
        for process in self.processes.values():
            process.wait()

    def start(self, name: str, *command: str, log: Path | None = None) -> None:
        """Start a process under a name, again if that one has ended. Its output goes to `log`, var/log/NAME.log."""
        with (log or self.var / "log" / f"{name}.log").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def start_worker(
        self, name: str, *pool: str, application: str = "tests.faults.worker", log: Path | None = None
    ) -> None:
        """Start a worker of an application with a pool, like `--pool threads --concurrency 4`; else one at a time."""
        pool = pool or ("--pool", "solo")
        # Quiet: the banner would end a worker whose log cannot be written.
        self.start(name, *CELERY, application, "-q", "worker", *pool, *ALONE, "-n", f"{name}@tests", log=log)

    def start_beat(self, name: str = "beat", *options: str) -> None:
        """Start a beat, which sweeps each second."""
        self.start(name, *CELERY, "backoffice.celery", "beat", "--loglevel", "WARNING", *options)

    def start_standin(self, port: int) -> None:
        """Start the stand-in on its database, var/standin.sqlite3."""
        options = [f"--port={port}", f"--database={self.var / 'standin.sqlite3'}", "--quiet"]
        self.start("stand-in", sys.executable, "-m", "standins.odin", *options)

    def send(self, name: str, number: signal.Signals) -> None:
        """Signal a process and its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.processes[name].pid, number)

    def ended(self, name: str) -> bool:
        """Whether a process has ended."""
        return self.processes[name].poll() is not None

    def arm(self, point: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Let the first worker that reaches a place have a signal there."""
        (self.armed / f"{point}.{number.name}").touch()

    def struck(self) -> list[tuple[str, int]]:
        """The places that struck so far, with the process that was struck."""
        path = self.armed / "struck"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(line.split()[0], int(line.split()[1])) for line in lines]


def wait_until(true: Callable[[], bool], what: str, seconds: float = 60.0, pause: float = 0.05) -> None:
    """Wait until something is true. Raises TimeoutError, which names it."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"After {seconds:g} seconds still not true: {what}")
        time.sleep(pause)
