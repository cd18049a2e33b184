"""What a claim costs as the queue grows, and deliveries a second by workers that are far from their PostgreSQL.

Claims: milliseconds to claim one delivery and sixteen, the median of some, with more and more in the queue, and with
much in it that cannot be claimed; beside them the pages of 8 KB that PostgreSQL looks at to choose them, which no other
work on the machine changes. Where lanes are blocked, the figures are those once what waits in them is set aside; a line
below has the pages before that, and how long the sweeps took.

Rates: deliveries a second by 1, 2, 4 and 8 worker processes before a stand-in that answers after 50 ms, with a proxy
that makes each round trip to PostgreSQL 0, 1 and 5 ms longer, beside what so many threads could do at most and what a
plain pool of as many threads does on this machine, which calls zeep and notes nothing.
Statements: how many a delivery takes, without those that begin and end transactions.

Everything is on a private PostgreSQL (with fsync) and Redis; rows are made by SQL. Run: `python
benchmarks/queue_growth.py`; only a part of it: `--claims`, `--rates`, `--statements`; less: `--size 100000`,
`--workers 1 4`, `--trip 0.001`, `--seconds 5`.
"""

import argparse
import json
import os
import re
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.delivery import THREADS, Bench, environment, pool_rate
from benchmarks.scale import copies
from tests.faults.installation import Installation
from tests.faults.proxy import Proxy
from tests.faults.servers import Postgres, Redis, free_port

WORKERS = (1, 2, 4, 8)
#: Seconds that a round trip to PostgreSQL takes longer, and those that ODIN takes to answer.
TRIPS, LATENCY = (0.0, 0.001, 0.005), 0.05
CLAIMS, TOGETHER = 15, 16
SIZE = 1_000_000
#: Of each filled delivery: a place of its own among a thousand changes.
CHANGES = 1000
ROW = {"change_id": f"1 + n % {CHANGES}", "part": f"n / {CHANGES}", "reference": "''", "message_type": "320"}
SETTLED = {"state": "'applied'", "finished_at": "now()", "lane": "'S/' || n"}
QUEUED = {"lane": "'Q/' || n"}
NEEDS_PERSON = {"needs_person": "true", "attempt_count": "3"}
ON_HOLD = {"state": "'on_hold'", "lane": "'H/' || n", **NEEDS_PERSON}
UNKNOWN = {"state": "'unknown'", "lane": "'U/' || n", **NEEDS_PERSON}
#: Behind an unknown one in its lane.
BLOCKED = {"lane": "'U/' || n"}


def main() -> None:
    """Print what was asked for; all of it where nothing was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--claims", action="store_true")
    parser.add_argument("--rates", action="store_true")
    parser.add_argument("--statements", action="store_true")
    parser.add_argument("--size", type=int, default=SIZE, help="of the longest queue")
    parser.add_argument("--workers", type=int, nargs="*", default=WORKERS)
    parser.add_argument("--trip", type=float, nargs="*", default=TRIPS, help="seconds")
    parser.add_argument("--seconds", type=float, default=10.0, help="of a round, about")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    everything = not (options.claims or options.rates or options.statements)
    with ExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-")))
        odin_port = free_port()
        database, broker = stack.enter_context(Postgres(fsync=True)), stack.enter_context(Redis())
        proxy = stack.enter_context(Proxy(database.port))
        far = database.url.replace(f":{database.port}/", f":{proxy.port}/")
        installation = stack.enter_context(Installation(var, environment(far, broker.url, odin_port)))
        os.environ.update(installation.environment, DATABASE_URL=database.url)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        print(f"load of the machine: {os.getloadavg()[0]:.1f}", flush=True)
        if options.claims or everything:
            claims(options.size)
        if options.rates or options.statements or everything:
            bench = Bench(installation, odin_port)
            if options.statements or everything:
                count_statements(bench)
            if options.rates or everything:
                rates(bench, proxy, options.workers, options.trip, options.seconds)


def claims(size: int) -> None:
    """Print what a claim costs in each state of the queue."""
    tenth = size // 10
    some = size // 100
    cases: list[tuple[str, list[tuple[int, dict[str, str]]]]] = [
        ("nothing queued", [(tenth, SETTLED)]),
        (f"{some:,} queued", [(tenth, SETTLED), (some, QUEUED)]),
        (f"{size:,} queued", [(size, QUEUED)]),
        (f"{some:,} queued behind {tenth:,} on hold", [(tenth, ON_HOLD), (some, QUEUED)]),
        (f"{some:,} queued behind {tenth:,} unknown", [(tenth, UNKNOWN), (some, QUEUED)]),
        *(
            (
                f"{some:,} queued behind {lanes:,} lanes that an unknown one blocks",
                [(lanes, UNKNOWN), (lanes, BLOCKED), (some, QUEUED)],
            )
            for lanes in (size // 1000, some, tenth)
        ),
    ]
    from backoffice.delivery import lanes
    from backoffice.delivery.queue import claim_some

    print(
        f"| in the queue | one, ms | {TOGETHER}, ms | one, pages | {TOGETHER}, pages |\n" + "| --- " * 5 + "|"
    )
    for name, rows in cases:
        fill(rows)
        before = _pages(1)
        took = []
        while True:  # as many sweeps as it takes
            started = time.perf_counter()
            if not lanes.set_aside():
                break
            took.append((time.perf_counter() - started) * 1000)
        pages = [_pages(count) for count in (1, TOGETHER)]
        one, several = (_median(partial(claim_some, count)) for count in (1, TOGETHER))
        print(f"| {name} | {one:.1f} | {several:.1f} | {pages[0]:,} | {pages[1]:,} |", flush=True)
        if took:
            print(
                f"  {before:,} pages until {len(took)} sweeps of {statistics.median(took):.0f} ms set them aside",
                flush=True,
            )


def _pages(count: int) -> int:
    """How many pages of tables and indexes are looked at to choose what is claimed."""
    from django.db import transaction
    from django.utils import timezone

    from backoffice.delivery.lanes import without_sorting
    from backoffice.delivery.queue import due

    with transaction.atomic():
        without_sorting()
        plan = json.loads(due(timezone.now())[:count].explain(format="json", analyze=True, buffers=True))
    return int(plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"])


def _median(do: Callable[[], object]) -> float:
    """Milliseconds that it takes, the median of some."""
    took = []
    for _ in range(CLAIMS):
        started = time.perf_counter()
        do()
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


def fill(rows: list[tuple[int, dict[str, str]]]) -> None:
    """Nothing but so many deliveries of each sort, in this order. Guards and foreign keys are not asked."""
    from django.db import connection

    from backoffice.changes.models import Change
    from tests.factories import ChangeFactory, DeliveryFactory, StaffFactory

    change = ChangeFactory.build(made_by=StaffFactory.build(id=1), state="approved")
    example = DeliveryFactory.build(change=change, content_hash="0" * 64)
    table = example._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        if not Change.objects.exists():
            decided = {"decided_by_id": "2", "decided_at": "now()"}
            copies(cursor, change, CHANGES, {"token": "gen_random_uuid()", "subject": "'Q/' || n", **decided})
        cursor.execute(f"TRUNCATE {table} RESTART IDENTITY CASCADE")
        before = 0
        for number, columns in rows:
            part = {
                **ROW,
                "part": f"({before} + n) / {CHANGES}",
                "change_id": f"1 + ({before} + n) % {CHANGES}",
            }
            copies(cursor, example, number, {**part, **columns})
            before += number
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute(f"VACUUM ANALYZE {table}")


def count_statements(bench: Bench, deliveries: int = 400) -> None:
    """Print how many statements a delivery takes in a worker that has much to do, and which they are."""
    from django.db import connection

    from backoffice.delivery.sending import drain

    bench.latency(LATENCY)
    bench.enqueue(deliveries)
    counted: Counter[str] = Counter()

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        counted[re.sub(r"\s+", " ", re.sub(r"SELECT .*? FROM", "SELECT ... FROM", sql))[:90]] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        while bench.left():
            drain(20)
    total = counted.total()
    print(f"{total / deliveries:.2f} statements a delivery ({total} for {deliveries})", flush=True)
    for sql, times in counted.most_common(15):
        print(f"  {times / deliveries:.2f} {sql}", flush=True)


def rates(bench: Bench, proxy: Proxy, workers: list[int], trips: list[float], seconds: float) -> None:
    """Print the table of rates, and each as a part of threads / latency and of the plain pool."""
    print(
        f"{'workers':>8} {'trip':>8} {'a second':>9} {'at most':>8} {'ratio':>6} {'pool':>6} {'ratio':>6} {'load':>5}",
        flush=True,
    )
    for count in workers:
        bench.start(count)
        bench.latency(LATENCY)
        most = count * THREADS / LATENCY
        pooled = pool_rate(bench, count * THREADS, int(seconds * most))
        for trip in trips:
            proxy.seconds = trip
            rate = bench.deliver(int(seconds * most))
            print(
                f"{count:>8} {trip * 1000:>5.0f} ms {rate:>9.0f} {most:>8.0f} {rate / most:>6.2f}"
                f" {pooled:>6.0f} {rate / pooled:>6.2f} {os.getloadavg()[0]:>5.1f}",
                flush=True,
            )
        proxy.seconds = 0.0
        bench.stop()


if __name__ == "__main__":
    main()
