"""What auditing costs: a change that is proposed and approved by 8 processes at once, with its audit entries and
without them, in one run; then how fast the chain of seals is walked at a million entries, and in how much memory.

Everything is on a private PostgreSQL. It does not wait for the disk: that wait is the same with and without entries,
and would make them look cheaper than they are. Rounds are interleaved and the medians compared: machines are noisy.

Run: `python benchmarks/audit.py`; only a part of it: `--cost`, `--verify`; fewer entries: `--entries 100000`.
"""

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg

from benchmarks.shared import ENVIRONMENT
from tests.faults.servers import Postgres

PROCESSES = 8
#: The modules of a change's way that write entries.
WRITERS = ("backoffice.changes.operations.record", "backoffice.delivery.queue.record_many")
FILL = """
    INSERT INTO audit_entry (at, by_name, action, subject, change_id, delivery_id, text, reason, before, after,
                             details, request_id, code, reference)
    SELECT now() - (%(number)s - n) * interval '1 second', 'maker' || n %% 20,
           (ARRAY['change.submitted', 'change.approved', 'delivery.applied', 'delivery.refused'])[1 + n %% 4],
           'HO/R' || n %% 50000, n / 4, CASE WHEN n %% 4 > 1 THEN n / 4 END, 'Update limits: number ' || n, 'Deposit',
           '{"pay_in": "1000.00"}', '{"pay_in": "2500.00"}', '{"kind": "update_limits"}', md5(n::text),
           CASE WHEN n %% 4 = 2 THEN '1' WHEN n %% 4 = 3 THEN '0' ELSE '' END,
           CASE WHEN n %% 4 > 1 THEN 'UL' || n / 4 ELSE '' END
    FROM generate_series(1, %(number)s) AS n
"""


def main() -> None:
    """Print what was asked for; all of it where nothing was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cost", action="store_true")
    parser.add_argument("--verify", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--changes", type=int, default=40, help="of each process in a round")
    parser.add_argument("--entries", type=int, default=1_000_000)
    options = parser.parse_args()
    everything = not (options.cost or options.verify)
    with ExitStack() as stack:
        database = stack.enter_context(Postgres())
        os.environ.update(ENVIRONMENT, DATABASE_URL=database.url)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        if options.cost or everything:
            cost(options.rounds, options.changes)
        if options.verify or everything:
            verification(database.url, options.entries)


def cost(rounds: int, changes: int) -> None:
    """Changes a second by all processes together, audited and not."""
    from django.contrib.auth.models import Group
    from django.db import connection

    from backoffice.logins.models import User

    for role in ("maker", "checker"):
        User.objects.create_user(role).groups.add(Group.objects.get(name=role))
    connection.close()
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES + 1)
    plan = [audited for _ in range(rounds) for audited in (True, False)]
    workers = [
        context.Process(target=_work, args=(name, plan, changes, barrier)) for name in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    took: dict[bool, list[float]] = {True: [], False: []}
    barrier.wait()  # all have warmed up
    for audited in plan:
        barrier.wait()
        started = time.perf_counter()
        barrier.wait()
        took[audited].append((time.perf_counter() - started) / (changes * PROCESSES))
    for worker in workers:
        worker.join()
    with_entries, plain = statistics.median(took[True]), statistics.median(took[False])
    pairs = [one / other for one, other in zip(took[True], took[False], strict=True)]
    print(
        f"{PROCESSES} processes: {1 / with_entries:.0f} audited changes a second, {1 / plain:.0f} without entries"
    )
    print(
        f"an audited change costs {with_entries / plain:.2f} times one without "
        f"(pairs: {min(pairs):.2f} to {max(pairs):.2f})"
    )


def _work(name: int, plan: list[bool], changes: int, barrier: Any) -> None:
    import django

    django.setup()
    from backoffice.logins.models import User

    maker, checker = User.objects.get(username="maker"), User.objects.get(username="checker")
    _changes(f"W{name}", 5, maker, checker)
    barrier.wait()
    for number, audited in enumerate(plan):
        with ExitStack() as stack:
            if not audited:
                for writer in WRITERS:
                    stack.enter_context(mock.patch(writer))
            barrier.wait()
            _changes(f"{name}N{number}", changes, maker, checker)
            barrier.wait()


def _changes(prefix: str, number: int, maker: Any, checker: Any) -> None:
    """Propose and approve so many retail users."""
    from backoffice.changes import operations
    from backoffice.protocol.examples import example
    from backoffice.protocol.messages.users import CreateRetailUser

    values = {**example(CreateRetailUser), "reference": ""}
    for one in range(number):
        change = operations.submit(
            "create_retail_user",
            {**values, "user_id": f"{prefix}X{one}"},
            by=maker,
            reason="New client",
            token=uuid.uuid4(),
        )
        operations.approve(change.pk, by=checker, content_hash=change.content_hash)


def verification(url: str, entries: int) -> None:
    """Seal and walk so many entries; the walk is a process of its own, for its memory."""
    from backoffice.audit.seals import seal_new

    with psycopg.connect(url, autocommit=True) as connection:
        for part in (entries // 10, entries - entries // 10):
            connection.execute(FILL, {"number": part})
            connection.execute("ANALYZE audit_entry")
            started = time.perf_counter()
            sealed = seal_new()
            print(f"sealed {sealed} entries, {sealed / (time.perf_counter() - started):.0f} a second")
            walk = [sys.executable, "manage.py", "audit_verify"]
            with subprocess.Popen(walk, stdout=subprocess.PIPE, text=True) as process:
                said = process.stdout.read().strip() if process.stdout else ""
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            processor = used.ru_utime + used.ru_stime
            print(
                f"audit_verify: {said} {processor:.1f} s of processor time, {used.ru_maxrss // 1024} MB at most"
            )


if __name__ == "__main__":
    main()
