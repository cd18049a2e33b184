"""What pages wait for while a file is checked: the processor, or the database.

    TEST_DATABASE_URL=postgres://... python benchmarks/pages_meanwhile.py [--rounds 3] [--seconds 20]

On Linux and PostgreSQL, on a database of its own. One process asks for lists, a tenth of a second apart; another checks
files of 5,000 new retail users. Rounds of four parts: no check, a check that ranks as pages do, no check, a check that
ranks behind them (`nice`). Of each page: how long it took, how long its process and that of its connection ran, and how
long each waited for a processor (`/proc/PID/schedstat`); the rest is locks and the disk.
"""

import argparse
import itertools
import logging
import multiprocessing
import os
import statistics
import sys
import time
import uuid
from multiprocessing.synchronize import Event
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

# isort: split

from django.conf import settings
from django.db import connection
from django.test import Client

from backoffice.batches import operations
from backoffice.logins.models import User
from benchmarks.batch_approval import check
from benchmarks.files_of_every_kind import PAGES, file, fill
from benchmarks.shared import own_database, person

KIND, ROWS = "create_retail_user", 5000
#: How far behind pages a check ranks in the last part of a round.
BEHIND = 10
COLUMNS = ("page", "runs", "waits to run", "database runs", "waits to run")


def scheduled(pid: int) -> tuple[float, float]:
    """Milliseconds that a process has run so far, and that it waited for a processor."""
    ran, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
    return int(ran) / 1e6, int(waited) / 1e6


def ask(client: Client, seconds: float) -> list[tuple[float, ...]]:
    """The milliseconds of pages, as COLUMNS has them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        processes = (os.getpid(), cursor.fetchone()[0])
    found, end = [], time.monotonic() + seconds
    for page in itertools.cycle(PAGES):
        if time.monotonic() > end:
            break
        before, started = [*map(scheduled, processes)], time.perf_counter()
        assert client.get(page).status_code == 200, page
        took = (time.perf_counter() - started) * 1000
        after = [*map(scheduled, processes)]
        used = (
            y - x for one, other in zip(before, after, strict=True) for x, y in zip(one, other, strict=True)
        )
        found.append((took, *used))
        time.sleep(0.1)
    return found


def check_files(maker: User, first: int, rank: int, begun: Event) -> None:
    """Check one file after another, until this process is ended."""
    os.nice(rank)
    for start in itertools.count(first, ROWS):
        chunks = file(KIND, range(start, start + ROWS))
        batch = operations.upload(KIND, chunks, "users.csv", by=maker, token=uuid.uuid4()).batch
        operations.check(batch.pk, by=maker)
        begun.set()
        check(batch)


def measure(rounds: int, seconds: float) -> None:
    """Print the medians of each part."""
    maker = person("maker", "maker")
    fill(3000)
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(maker)
    ask(client, seconds / 4)  # the first ones load templates
    print(f"{'ms, medians':>24}", *(f"{column:>13}" for column in COLUMNS), flush=True)
    parts = itertools.product(range(rounds), (None, 0, None, BEHIND))
    for number, (_, rank) in enumerate(parts):
        process = None
        if rank is not None:
            begun = multiprocessing.Event()
            connection.close()  # a process that is forked would share it
            process = multiprocessing.Process(target=check_files, args=(maker, number * 100_000, rank, begun))
            process.start()
            begun.wait()
        found = ask(client, seconds)
        if process:
            process.kill()
            process.join()
        name = "no check" if rank is None else f"check, nice {rank}"
        medians = (f"{statistics.median(column):13.1f}" for column in zip(*found, strict=True))
        print(f"{name:>24}", *medians, f"  {len(found)} pages, load {os.getloadavg()[0]:.1f}", flush=True)


def main() -> None:
    """Run on a database of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        sys.exit("Who waits for whom is another thing on SQLite: set TEST_DATABASE_URL.")
    multiprocessing.set_start_method("fork")
    with own_database():
        logging.disable(logging.CRITICAL)
        measure(options.rounds, options.seconds)


if __name__ == "__main__":
    main()
