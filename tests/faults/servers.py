"""Private servers on loopback, started and ended by the test that uses them: these may be killed and restarted."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from random import SystemRandom
from typing import Self

import psutil
import psycopg
from amqp.exceptions import AMQPError
from kombu import Connection
from kombu.exceptions import KombuError

#: Seconds within which a server must be up, on a machine that does much else.
STARTED = 180.0
#: How often a server is started that does not come up, and the pause (seconds) between.
TRIES, PAUSE = 5, 1.0
#: Below those that the kernel gives to outgoing connections: one of them could take the port of a server that is down.
PORTS = range(15_000, 32_000)


def free_port() -> int:
    """Return a port of the loopback address without a listener, outside the range of outgoing connections."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", SystemRandom().choice(PORTS)))
            return int(probe.getsockname()[1])


class Server:
    """A process that listens on `port` when it is up; `crash` is a power cut, `start` may come again.

    Threads may start and crash it: one waits for the other.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="portal-server-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.RLock()

    def command(self) -> list[str]:
        """What is run."""
        raise NotImplementedError

    @property
    def environment(self) -> dict[str, str]:
        """The settings from environment variables."""
        return dict(os.environ)

    @property
    def user(self) -> str | None:
        """The account that it runs under; None: this one's."""
        return None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, and wait until it listens."""
        with self._lock:
            if self.listens():
                raise RuntimeError(f"Another process has the port {self.port}.")
            with (self.folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    self.command(),
                    cwd=self.folder,
                    stdout=log,
                    stderr=log,
                    user=self.user,
                    start_new_session=True,
                    env=self.environment,
                )
            end = time.monotonic() + STARTED
            while self._process.poll() is None and time.monotonic() < end:
                if self.listens():
                    return
                time.sleep(0.05)
            raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2000:])

    def bring_back(self) -> None:
        """Start it after a crash, and again where that fails: what comes back slowly does come back."""
        with self._lock:
            for left in reversed(range(TRIES)):
                if not self.ended() and self.listens():
                    return
                try:
                    self.crash()
                    return self.start()
                except RuntimeError:
                    if not left:
                        raise
                    time.sleep(PAUSE)

    def listens(self) -> bool:
        """Whether somebody answers on the port."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def ended(self) -> bool:
        """Whether it has ended, or was never started."""
        return self._process is None or self._process.poll() is not None

    #: How it is ended at once, without a goodbye to its clients and without tidying up.
    ending = signal.SIGKILL

    def crash(self) -> None:
        """End it and its children at once."""
        with self._lock:
            if self._process is not None:
                self._process.send_signal(self.ending)
                self._process.wait(STARTED)


class Postgres(Server):
    """A cluster of its own. Run by `postgres` where this process is root, which PostgreSQL refuses."""

    # "Immediate": what was not written has to be recovered, and no backend outlives the postmaster.
    ending = signal.SIGQUIT

    def __init__(self, *, fsync: bool = False, wal: Path | None = None) -> None:
        """`fsync`: for measurements. Without it a crash of the processes loses nothing, one of the machine would.

        `wal`: an empty folder for the write-ahead log, in files of a megabyte.
        """
        super().__init__()
        self._fsync = fsync
        self._wal = wal

    @staticmethod
    def programs() -> Path | None:
        """The folder of initdb and postgres, the newest; None if there is none."""
        found = sorted(
            Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name)
        )
        beside = shutil.which("initdb")
        return found[-1].parent if found else Path(beside).parent if beside else None

    @property
    def user(self) -> str | None:
        return "postgres" if os.getuid() == 0 else None

    @property
    def url(self) -> str:
        """The address of its database, as DATABASE_URL has it."""
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def command(self) -> list[str]:
        options = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            f"fsync={'on' if self._fsync else 'off'}",
            "max_connections=80",
        ]
        chosen = [part for option in options for part in ("-c", option)]
        return [f"{self.programs()}/postgres", "-D", str(self.folder / "data"), "-p", str(self.port), *chosen]

    def start(self) -> None:
        if not (self.folder / "data").exists():
            self._make()
        super().start()
        end = time.monotonic() + STARTED
        while subprocess.run(
            [f"{self.programs()}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], cwd=self.folder
        ).returncode:
            if time.monotonic() > end:
                raise RuntimeError("PostgreSQL does not come up.")
            time.sleep(0.05)

    def database_on(self, folder: Path) -> str:
        """The address of a further database, whose files are all in an empty folder."""
        os.chown(folder, self.folder.stat().st_uid, -1)
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE elsewhere LOCATION '{folder}'")
            connection.execute("CREATE DATABASE elsewhere TABLESPACE elsewhere")
        return self.url.removesuffix("postgres") + "elsewhere"

    def _make(self) -> None:
        if self.user:
            os.chown(self.folder, pwd.getpwnam(self.user).pw_uid, -1)
        wanted = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        if self._wal:
            os.chown(self._wal, self.folder.stat().st_uid, -1)
            wanted += [f"--waldir={self._wal}", "--wal-segsize=1"]
        self.run("initdb", "-D", str(self.folder / "data"), *wanted)

    def run(self, program: str, *options: str) -> None:
        """Run a program of PostgreSQL as the server's account. Raises RuntimeError with what it complained of."""
        done = subprocess.run(
            [f"{self.programs()}/{program}", *options],
            cwd=self.folder,
            user=self.user,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)

    def kill(self) -> None:
        """Kill the server and all its backends at once, as the end of its machine would."""
        assert self._process is not None
        postmaster = psutil.Process(self._process.pid)
        for process in (postmaster, *postmaster.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait(STARTED)


class Standby(Postgres):
    """A copy of another cluster that follows it by streaming replication, until it is promoted."""

    def __init__(self, primary: Postgres) -> None:
        super().__init__()
        self._primary = primary

    def promote(self) -> None:
        """Take over: it follows nobody any more, and writes."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")

    def _make(self) -> None:
        if self.user:
            os.chown(self.folder, pwd.getpwnam(self.user).pw_uid, -1)
        from_ = ["-h", "127.0.0.1", "-p", str(self._primary.port), "-U", "postgres"]
        to = ["-D", str(self.folder / "data"), "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        self.run("pg_basebackup", *from_, *to)


class Redis(Server):
    """A Redis of its own, which remembers nothing."""

    @staticmethod
    def program() -> str | None:
        """Where it is; None: nowhere."""
        return shutil.which("redis-server") or shutil.which("valkey-server")

    @property
    def url(self) -> str:
        """Its address, as CELERY_BROKER_URL has it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def wipe(self) -> None:
        """Nothing: what is down has forgotten all."""

    def forget(self) -> None:
        """Empty it. It may be down: then there is nothing to empty."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), 1) as connection,
        ):
            connection.sendall(b"FLUSHALL\r\n")
            connection.recv(100)

    def command(self) -> list[str]:
        return [
            str(self.program()),
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]


class RabbitMQ(Server):
    """A node of its own, with its own port mapper, which keeps its queues over a crash until it is wiped."""

    def __init__(self) -> None:
        super().__init__()
        self._mapper_port, self._node_port = free_port(), free_port()

    @staticmethod
    def program() -> str | None:
        """Where it is; None: nowhere. Not Debian's wrapper, which writes to the machine's own folders."""
        return next(map(str, Path("/usr/lib/rabbitmq").glob("bin/rabbitmq-server")), None)

    @property
    def url(self) -> str:
        """Its address, as CELERY_BROKER_URL has it."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    @property
    def environment(self) -> dict[str, str]:
        (self.folder / "plugins").write_text("[].")
        return {
            **os.environ,
            "HOME": str(self.folder),  # its cookie
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"portal-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._node_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log-files"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
        }

    def command(self) -> list[str]:
        return [str(self.program())]

    def crash(self) -> None:
        """End the node, and the script that started it, whose end is not the node's."""
        with self._lock:
            if self._process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, self.ending)
                self._process.wait(STARTED)
                end = time.monotonic() + PAUSE
                while self.listens() and time.monotonic() < end:
                    time.sleep(0.05)

    def forget(self) -> None:
        """Empty its queue. It may be down: then there is nothing to empty."""
        # One try: by default kombu would wait until it is back.
        once = Connection(self.url, connect_timeout=2, transport_options={"max_retries": 1})
        with contextlib.suppress(OSError, AMQPError, KombuError), once as connection:
            connection.default_channel.queue_purge("celery")

    def wipe(self) -> None:
        """While it is down: lose all it has kept."""
        shutil.rmtree(self.folder / "mnesia", ignore_errors=True)

    def __exit__(self, *_: object) -> None:
        self.crash()
        mapper = {**os.environ, "ERL_EPMD_PORT": str(self._mapper_port)}
        for _ in range(20):  # it stays as long as it takes the node to be alive
            if b"Killed" in subprocess.run(["epmd", "-kill"], env=mapper, capture_output=True).stdout:
                break
            time.sleep(0.2)
        shutil.rmtree(self.folder, ignore_errors=True)
