"""What goes wrong while messages are under way: one table, a name and a small function for each.

Not done here, and why: names that do not resolve and an answer without end are tried on the gateway (`tests/odin`); a
full disk under the database, a deadlock and an older backup each have a test of their own (`test_database.py`), and the
disk of the log is full for one worker here; a clock that jumps needs another clock: instead, leases and pauses are put
an hour back, which is what the sweep of a machine that is an hour ahead sees.
"""

import json
import signal
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from time import sleep

from django.db import DatabaseError, connection
from django.db.models import F

from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State
from backoffice.killpoints import Point
from backoffice.wakeups import Work, wake
from tests.faults.installation import Installation
from tests.faults.servers import Postgres, RabbitMQ, Redis

#: How long (seconds) ODIN takes at the longest: less than the call's time-out and the hold together,
#: as an operator must choose them (installation.TIMES).
SLOW = 1.6
#: The stand-in's faults that strike any message.
ANSWERS = (
    *("drop_before", "drop_after", "reset_before", "reset_after", "stale_keep_alive", "http_503"),
    *("http_500_before", "http_500_after", "soap_fault", "soap_fault_200", "soap_12", "nil", "html_200"),
    *(
        "empty_200",
        "empty_202",
        "empty_text",
        "garbage",
        "control_character",
        "dtd",
        "billion_laughs",
        "huge",
    ),
    *("truncated", "truncated_no_length", "wrong_type", "wrong_reference", "odd_text", "refuse_before"),
    *("redirect_302", "redirect_307", "latency", "latency_after", "drip"),
)
#: The messages that they strike: mostly those for which a repeat is dangerous.
TYPES = (301, 301, 303, 303, 303, 330, 330, 320, 320, 310, 312, 314, 322, 324, 338, 340, 344, 346)
TAKES_TIME = ("latency", "latency_after", "drip")
#: ODIN's refusals: permanently, and because its parts do not reach one another.
REFUSALS = (
    "Group Id does not exist",
    "Unable to connect to the remote server",
    "Unable to Connect to ODIN Manager",
)
#: At most three logons in five minutes are allowed: so many seconds lie between two ends of a session.
SESSION_LASTS = 110.0

Mishap = Callable[["Mishaps"], None]
MISHAPS: dict[str, tuple[int, Mishap]] = {}


def mishap(weight: int) -> Callable[[Mishap], Mishap]:
    """Enter a function in the table under its own name. `weight`: how often it happens, beside the others."""

    def enter(run: Mishap) -> Mishap:
        MISHAPS[run.__name__] = weight, run
        return run

    return enter


class Mishaps:
    """Lets mishaps happen, by a random generator whose seed is known, and puts everything right at the end."""

    def __init__(
        self,
        random: Random,
        installation: Installation,
        *,
        odin_url: str,
        workers: dict[str, Callable[[], None]],
        database: Postgres | None,
        broker: Redis | RabbitMQ | None,
        only: list[str],
    ) -> None:
        self.random = random
        self.installation = installation
        self.odin_url = odin_url
        self.workers = workers
        self.database = database
        self.broker = broker
        self.only = only
        self.happened: Counter[str] = Counter()
        self.session_ends = 0
        self.clock = 0.0
        self._later: list[threading.Timer] = []
        self._session_may_end_at = SESSION_LASTS / 4

    def happen(self) -> None:
        """Let one mishap happen."""
        names = self.only or list(MISHAPS)
        name = self.random.choices(names, [MISHAPS[name][0] for name in names])[0]
        self.happened[name] += 1
        MISHAPS[name][1](self)

    def after(self, seconds: float, then: Callable[[], None]) -> None:
        """Do something later, whatever happens meanwhile."""
        timer = threading.Timer(seconds, then)
        self._later.append(timer)
        timer.start()

    def odin(self, method: str, path: str, body: dict[str, object] | None = None) -> None:
        """Control the stand-in. It may be down: then nothing happens."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.odin_url}{path}", data, {"Content-Type": "application/json"}, method=method
        )
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except OSError:
            self.happened["(the stand-in was down already)"] += 1

    def start_odin(self) -> None:
        """Start the stand-in where it is down."""
        if self.installation.ended("stand-in"):
            self.installation.start_standin(int(self.odin_url.rpartition(":")[2]))

    def any_worker(self) -> str:
        """A worker."""
        return self.random.choice(list(self.workers))

    def session_may_end(self) -> bool:
        """Whether enough time has passed since the session last ended; if so, it is taken to end now."""
        if self.clock < self._session_may_end_at:
            return False
        self._session_may_end_at = self.clock + SESSION_LASTS
        self.session_ends += 1
        return True

    def awaken(self) -> None:
        """Let all workers go on that sleep, and none fall asleep later: one that holds a lock stops all others."""
        (self.installation.armed / f"{Point.BEGUN}.SIGSTOP").unlink(missing_ok=True)
        for name in self.workers:
            self.installation.send(name, signal.SIGCONT)

    def put_right(self) -> None:
        """End what is going wrong: nothing to come, nothing armed, nobody asleep, every server up."""
        for timer in self._later:
            timer.join()
        for server in (self.database, self.broker):
            if server:
                server.bring_back()
        for path in self.installation.armed.glob("*.SIG*"):
            path.unlink(missing_ok=True)
        self.awaken()
        self.start_odin()
        self.odin("DELETE", "/faults")


def answering(fault: str) -> Mishap:
    """ODIN answers the next messages of a type in an odd way, or not at all."""

    def run(mishaps: Mishaps) -> None:
        # Not the logons: at most three in five minutes are tried, and the rest of the run would wait.
        match = {"type": mishaps.random.choice(TYPES)}
        armed: dict[str, object] = {"fault": fault, "match": match, "times": mishaps.random.randint(1, 4)}
        if fault in TAKES_TIME:
            armed["seconds"] = SLOW
        if fault == "refuse_before":
            armed["text"] = mishaps.random.choice(REFUSALS)
        mishaps.odin("POST", "/faults", armed)

    return run


MISHAPS.update({fault: (1, answering(fault)) for fault in ANSWERS})


@mishap(8)
def killed(mishaps: Mishaps) -> None:
    """A worker is killed wherever it is; the supervisor starts it again."""
    mishaps.installation.send(mishaps.any_worker(), signal.SIGKILL)


@mishap(10)
def killed_at_a_place(mishaps: Mishaps) -> None:
    """The next process that reaches a place is killed there."""
    mishaps.installation.arm(mishaps.random.choice(list(Point)))


@mishap(4)
def asleep(mishaps: Mishaps) -> None:
    """A worker sleeps for longer than its lease, wherever it is or at the worst place."""
    name = mishaps.any_worker()
    if mishaps.random.random() < 0.5:
        mishaps.installation.arm(Point.BEGUN, signal.SIGSTOP)
    else:
        mishaps.installation.send(name, signal.SIGSTOP)
    mishaps.after(5, mishaps.awaken)


@mishap(3)
def deployed(mishaps: Mishaps) -> None:
    """Stop a worker while it sends, and start it again."""
    mishaps.installation.send(mishaps.any_worker(), signal.SIGTERM)


@mishap(6)
def wake_ups_lost(mishaps: Mishaps) -> None:
    """The broker is emptied."""
    if mishaps.broker:
        mishaps.broker.forget()
    for path in mishaps.installation.var.glob("broker/queue/*.msg"):
        path.unlink(missing_ok=True)


@mishap(4)
def wake_ups_tenfold(mishaps: Mishaps) -> None:
    """Ten wake-ups for nothing."""
    wake(Work.DELIVERIES, 10)


@mishap(3)
def broker_restarted(mishaps: Mishaps) -> None:
    """The broker is killed, half the time loses all it has kept, and comes back after a while."""
    if mishaps.broker and mishaps.broker.listens():
        mishaps.broker.crash()
        if mishaps.random.random() < 0.5:
            mishaps.broker.wipe()
        mishaps.after(1.5, mishaps.broker.bring_back)


@mishap(6)
def connections_lost(mishaps: Mishaps) -> None:
    """The database ends all connections but this one; SQLite is locked for a while."""
    try:
        with connection.cursor() as cursor:
            if mishaps.database:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            else:
                cursor.execute("BEGIN IMMEDIATE")
                sleep(0.7)
                cursor.execute("ROLLBACK")
    except DatabaseError:
        connection.close()


@mishap(2)
def database_restarted(mishaps: Mishaps) -> None:
    """The database crashes, and comes back."""
    if mishaps.database:
        mishaps.database.crash()
        sleep(0.5)
        mishaps.database.bring_back()


@mishap(2)
def odin_down(mishaps: Mishaps) -> None:
    """ODIN is killed, and comes back after some seconds."""
    mishaps.installation.send("stand-in", signal.SIGKILL)
    mishaps.after(mishaps.random.uniform(1, 4), mishaps.start_odin)


@mishap(4)
def session_ended(mishaps: Mishaps) -> None:
    """ODIN ends the dealer's session: by a message that finds it expired, or between messages."""
    if mishaps.session_may_end():
        if mishaps.random.random() < 0.5:
            mishaps.odin("POST", "/faults", {"fault": "session_expiry"})
        else:
            mishaps.odin("POST", "/session", {"end": True})


@mishap(1)
def logged_in_elsewhere(mishaps: Mishaps) -> None:
    """The next logon meets 10008."""
    mishaps.odin("POST", "/faults", {"fault": "logon_status"})


@mishap(4)
def an_hour_ahead(mishaps: Mishaps) -> None:
    """A machine whose clock is an hour ahead: all leases are over, and all pauses before a first sending."""
    hour = timedelta(hours=1)
    try:
        Delivery.objects.filter(state=State.IN_FLIGHT).update(lease_until=F("lease_until") - hour)
        Delivery.objects.filter(state=State.QUEUED).update(next_try_at=F("next_try_at") - hour)
    except DatabaseError:
        connection.close()
