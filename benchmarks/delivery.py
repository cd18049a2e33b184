"""Deliveries a second by 1, 2 and 4 worker processes, beside a plain thread pool that calls zeep and notes nothing.

Both speak to the same stand-in, a process of its own: as fast as it is, and with 50 ms before each answer. Workers do
all that they do in an installation, on a private PostgreSQL (with fsync) and Redis; the pool has as many threads as the
workers have together. Rounds are interleaved and the best of each counts, since machines are noisy; read the ratios.
Also: how long after ODIN's return the full rate is reached again, and the memory of a worker after many messages.

Run: `python benchmarks/delivery.py`; only a part of it: `--rates`, `--recovery`, `--memory 50000`.
"""

import argparse
import itertools
import json
import logging
import os
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.shared import ENVIRONMENT
from tests.faults.installation import Installation, wait_until
from tests.faults.servers import Postgres, Redis, free_port

WORKERS = (1, 2, 4)
#: Threads of a worker.
THREADS = 4
LATENCIES = (0.0, 0.05)
LANES = 4000
KEY = ENVIRONMENT["ODIN_PASSWORD_KEY"]


def main() -> None:
    """Print what was asked for; all of it where nothing was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", action="store_true")
    parser.add_argument("--recovery", action="store_true")
    parser.add_argument(
        "--memory", type=int, default=0, help="messages until the memory is read for the last time"
    )
    parser.add_argument("--workers", type=int, nargs="*", default=WORKERS)
    parser.add_argument("--seconds", type=float, default=15.0, help="of a round, about")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    everything = not (options.rates or options.recovery or options.memory)
    with ExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-")))
        odin_port = free_port()
        database, broker = stack.enter_context(Postgres(fsync=True)), stack.enter_context(Redis())
        installation = stack.enter_context(
            Installation(var, environment(database.url, broker.url, odin_port))
        )
        os.environ.update(installation.environment)
        import django

        django.setup()
        bench = Bench(installation, odin_port)
        if options.rates or everything:
            rates(bench, options.workers, options.seconds, options.rounds)
        if options.recovery or everything:
            recovery(bench)
        if options.memory or everything:
            memory(bench, options.memory or 50_000)


def environment(database: str, broker: str, odin_port: int) -> dict[str, str]:
    """The settings of an installation, with the time-outs that are the defaults."""
    odin = f"http://127.0.0.1:{odin_port}/UserCreation.svc"
    return ENVIRONMENT | {
        "DATABASE_URL": database,
        "CELERY_BROKER_URL": broker,
        "ODIN_SERVICE_URL": f"{odin}/soap",
        "ODIN_WSDL_URL": f"{odin}?singleWsdl",
        "ODIN_CONNECT_TIMEOUT": "5",
        "ODIN_READ_TIMEOUT": "20",
        "ODIN_TOTAL_TIMEOUT": "30",
        "DELIVERY_LEASE_SECONDS": "60",
        "DELIVERY_HOLD_SECONDS": "30",
    }


class Bench:
    """A private portal without a web server, its stand-in, and retail users that both know."""

    def __init__(self, installation: Installation, odin_port: int) -> None:
        from django.core.management import call_command

        from accounts.models import RetailUser
        from standins.odin.handlers.users import _blank
        from standins.odin.store import Store
        from tests.factories import ChangeFactory, RetailUserFactory

        self.installation = installation
        self.odin_port = odin_port
        self.references = itertools.count(1)
        call_command("migrate", verbosity=0)
        self.change = ChangeFactory.approved()
        RetailUser.objects.bulk_create(
            [RetailUserFactory.build(user_id=f"U{number:05}") for number in range(LANES)]
        )
        store = Store(str(installation.var / "standin.sqlite3"))
        with store.transaction():
            for number in range(LANES):
                store.save_user(_blank("HO", f"U{number:05}"))
        store.close()
        installation.start_standin(odin_port)
        installation.start_beat()

    def odin(self, method: str, path: str, body: object = None) -> None:
        """Control the stand-in."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self.odin_port}{path}"
        urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=5).close()

    def latency(self, seconds: float) -> None:
        """Let the stand-in wait before it answers."""
        wait_until(self.odin_is_up, "the stand-in answers")
        self.odin("DELETE", "/faults")
        if seconds:
            self.odin("POST", "/faults", {"fault": "latency", "times": -1, "seconds": seconds})

    def odin_is_up(self) -> bool:
        """Whether the stand-in answers."""
        try:
            self.odin("GET", "/session.json")
        except OSError:
            return False
        return True

    def deposits(self, count: int) -> Iterator[dict[str, Any]]:
        """The values of so many cash deposits, one after the other for all users."""
        from backoffice.protocol.examples import example
        from backoffice.protocol.messages.limits import CashDeposit

        base = example(CashDeposit)
        for number in range(count):
            user = {"group_id": "HO", "user_id": f"U{number % LANES:05}"}
            yield {**base, **user, "reference": f"BENCH{next(self.references):010}"}

    def enqueue(self, count: int) -> None:
        """Put so many deposits in the queue at once, and wake one worker, as the approval of a file does."""
        from django.db import connection
        from django.utils import timezone

        from backoffice.changes.models import Approval, Change, State
        from backoffice.delivery.content import content_hash, one
        from backoffice.delivery.models import Delivery
        from backoffice.wakeups import Work, wake

        maker, checker = self.change.made_by, self.change.decided_by
        now = timezone.now()
        submitted = Change.objects.bulk_create(
            [
                Change(
                    kind="cash_deposit",
                    subject=f"HO/{values['user_id']}",
                    state=State.SUBMITTED,
                    submitted_at=now,
                    messages=one(303, values),
                    content_hash=content_hash(one(303, values)),
                    made_by=maker,
                )
                for values in self.deposits(count)
            ],
            batch_size=1000,
        )
        Approval.objects.bulk_create(
            [Approval(change=change, by=checker, content_hash=change.content_hash) for change in submitted],
            batch_size=1000,
        )
        changes = Change.objects.filter(pk__gte=submitted[0].pk, state=State.SUBMITTED)
        changes.update(state=State.APPROVED, decided_by=checker, decided_at=now)
        Delivery.objects.bulk_create(
            [
                Delivery(
                    change=change,
                    message_type=303,
                    lane=change.subject,
                    content_hash=change.content_hash,
                    reference=change.messages[0]["values"]["reference"],
                )
                for change in submitted
            ],
            batch_size=1000,
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE delivery_delivery")  # what autovacuum does within a minute
        wake(Work.DELIVERIES)

    def left(self) -> int:
        """How many deliveries are not settled."""
        from backoffice.delivery.models import Delivery
        from backoffice.delivery.states import OPEN

        return Delivery.objects.filter(state__in=OPEN).count()

    def finished(self, seconds: float) -> int:
        """How many deliveries were settled in the last seconds."""
        from datetime import timedelta

        from django.utils import timezone

        from backoffice.delivery.models import Delivery

        return Delivery.objects.filter(finished_at__gt=timezone.now() - timedelta(seconds=seconds)).count()

    def deliver(self, count: int) -> float:
        """Deliveries a second, from the wake-up to the last settled one."""
        self.enqueue(count)
        started = time.perf_counter()
        wait_until(lambda: not self.left(), f"{count} deliveries are settled", 1800, pause=0.1)
        return count / (time.perf_counter() - started)

    def start(self, workers: int) -> None:
        """Start so many workers, and let each deliver something, so that all are warm."""
        for number in range(workers):
            pool = ("--pool", "threads", "--concurrency", str(THREADS))
            self.installation.start_worker(f"worker-{number}", *pool, application="backoffice.celery")
        self.latency(0)
        self.deliver(200 * workers)

    def cpu(self) -> float:
        """Seconds of processor time that the workers have used: what a delivery costs, however busy the machine is."""
        processes = self.installation.processes
        return sum(
            processor(process.pid) for name, process in processes.items() if name.startswith("worker-")
        )

    def stop(self) -> None:
        """Stop the workers."""
        for name, process in self.installation.processes.items():
            if name.startswith("worker-"):
                self.installation.send(name, signal.SIGTERM)
                process.wait(60)


def pool_rate(bench: Bench, threads: int, count: int) -> float:
    """Calls a second of a plain thread pool, in the session that the workers use."""
    import zeep
    from django.conf import settings

    from backoffice.odin import session
    from backoffice.protocol.messages.limits import CashDeposit
    from backoffice.protocol.wire import Header, encode

    logging.getLogger("urllib3").setLevel(logging.ERROR)  # its pool is smaller than the threads
    client = zeep.Client(settings.ODIN_WSDL_URL)
    operation = client.create_service(next(iter(client.wsdl.bindings)), settings.ODIN_SERVICE_URL)[
        "UpdatePGLimits"
    ]
    header = Header(settings.ODIN_DEALER_ID, session.current().id)

    def call(values: dict[str, Any]) -> None:
        if "|18=1|" not in operation(encode(CashDeposit, values, header)):
            raise RuntimeError("The stand-in refused a deposit.")

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(call, bench.deposits(threads)))  # connections
        started = time.perf_counter()
        list(pool.map(call, bench.deposits(count)))
        return count / (time.perf_counter() - started)


def rates(bench: Bench, workers: list[int], seconds: float, rounds: int) -> None:
    """Print the table of rates and ratios."""
    print(
        f"{'workers':>8} {'threads':>8} {'latency':>8} {'workers/s':>10} {'pool/s':>8} {'ratio':>6} {'CPU ms':>7}",
        flush=True,
    )
    for count in workers:
        bench.start(count)
        threads = count * THREADS
        for latency in LATENCIES:
            bench.latency(latency)
            messages = int(seconds * (threads / latency if latency else 250))
            delivered = pooled = 0.0
            spent = bench.cpu()
            for _ in range(rounds):
                delivered = max(delivered, bench.deliver(messages))
                pooled = max(pooled, pool_rate(bench, threads, messages))
            print(
                f"{count:>8} {threads:>8} {latency * 1000:>5.0f} ms {delivered:>10.0f} {pooled:>8.0f} "
                f"{delivered / pooled:>6.2f} {(bench.cpu() - spent) * 1000 / messages / rounds:>7.1f}",
                flush=True,
            )
        bench.stop()


def recovery(bench: Bench) -> None:
    """Print how long after ODIN's return nine tenths of the rate before are reached again."""
    bench.start(1)
    bench.latency(0.05)
    bench.enqueue(4000)
    time.sleep(8)
    before = bench.finished(4) / 4
    bench.installation.send("stand-in", signal.SIGKILL)
    time.sleep(20)
    bench.installation.start_standin(bench.odin_port)
    bench.latency(0.05)
    started = time.perf_counter()
    wait_until(
        lambda: bench.finished(2) / 2 >= 0.9 * before, "the full rate is reached again", 300, pause=0.1
    )
    took = time.perf_counter() - started
    print(
        f"ODIN away for 20 s: {before:.0f} deliveries a second before, again {took:.1f} s after its return",
        flush=True,
    )
    bench.latency(0)
    wait_until(lambda: not bench.left(), "all are settled", 900, pause=0.5)
    bench.stop()


def memory(bench: Bench, messages: int) -> None:
    """Print the resident memory of one worker, ten times on the way to so many messages."""
    bench.start(1)
    pid = bench.installation.processes["worker-0"].pid
    print(f"{'messages':>8} {'MB':>6}\n{0:>8} {resident(pid):>6.1f}", flush=True)
    for step in range(1, 11):
        bench.deliver(messages // 10)
        print(f"{step * messages // 10:>8} {resident(pid):>6.1f}", flush=True)
    bench.stop()


def processor(pid: int) -> float:
    """Processor time of a process in seconds, in its own code and in the kernel; 0 for one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Resident memory of a process in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


if __name__ == "__main__":
    main()
