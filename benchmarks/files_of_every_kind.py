"""Files of every kind: check, submission, approval, the result and the failed rows as CSV, with each step's memory.

    TEST_DATABASE_URL=postgres://... python benchmarks/files_of_every_kind.py [--rows 50000] [--kinds cash_deposit ...]

In one process, on a database of its own that holds as many retail users as a file has rows. Every kind is measured at a
fifth of the rows first: what is linear takes a fifth of the processor time then, and what is flat as much memory. The
time is that of this process and of its connection. One delivery in ten counts as refused before the failed rows are
read. Beside each check a process asks for lists, reads the bar of the file and compares it with the rows in the
database. `meanwhile` is the median of those pages over that of the same pages on the idle portal; `bar` is how far the
bar's share of the rows was from the share of the time that had passed, at most.
"""

import argparse
import csv
import io
import itertools
import logging
import multiprocessing
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django
import psutil

django.setup()

# isort: split

from django.conf import settings
from django.db import connection
from django.db.models import Count, OuterRef
from django.db.models.functions import Coalesce
from django.test import Client

from accounts.models import RetailUser
from backoffice.batches import operations
from backoffice.batches.check import summary
from backoffice.batches.decide import decisions
from backoffice.batches.models import Batch, Row, State
from backoffice.batches.pages import result
from backoffice.changes.kinds import file_kinds
from backoffice.delivery.models import Delivery
from backoffice.logins.models import User
from backoffice.protocol.codes import OdinUserType
from benchmarks.batch_approval import check
from benchmarks.scale import copies
from benchmarks.shared import Memory, own_database, person
from tests.batches.files import example_row
from tests.factories import RetailUserFactory

#: Kinds whose users must not be here before.
NEW = {"create_retail_user": "C", "register_retail_user": "R"}
#: Pages that a person looks at while a file is checked.
PAGES = ("/users/", "/changes/", "/deliveries/", "/batches/")
#: The values of `own` as SQL over n.
OWN = {
    "user_id": "'U' || lpad(n::text, 7, '0')",
    "pan": "'A' || chr(65 + n / 260000 % 26) || substr('CDEFG', n % 5 + 1, 1) || 'PS' "
    "|| lpad((n % 10000)::text, 4, '0') || chr(65 + n / 10000 % 26)",
    "mobile": "'98' || lpad(n::text, 8, '0')",
    "email": "'u' || n || '@example.com'",
}
#: Seconds between two pages.
PAUSE = 0.1
#: The type of the users that a file is about, where it is not the usual one.
TYPES = {"convert_retail_user": OdinUserType.NON_ODIN}


def fill(rows: int) -> None:
    """Make this many retail users, numbered from 1, with the values of `own`."""
    with connection.cursor() as cursor:
        copies(cursor, RetailUserFactory.build(group_id="HO"), rows, OWN)


def own(number: int) -> dict[str, str]:
    """What no two users share."""
    first, last = chr(65 + number // 260_000 % 26), chr(65 + number // 10_000 % 26)
    return {
        "pan": f"A{first}{'CDEFG'[number % 5]}PS{number % 10_000:04}{last}",
        "mobile": f"98{number:08}",
        "email": f"u{number}@example.com",
    }


def file(slug: str, numbers: range) -> Iterator[bytes]:
    """The example row of a kind, once for each of these users."""
    usual, letter = example_row(slug), NEW.get(slug, "U")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(usual)
    for number in numbers:
        user_id = f"{letter}{number:07}"
        changed = {**usual, **own(number + 10_000_000 * (slug in NEW)), "user_id": user_id}
        for name in ("mf_ucc_bse_ucc", "mf_ucc_nse_ucc_1"):
            changed[name] = user_id
        changed |= {"bank_1_account_no": f"1{number:010}", "demat_1_beneficiary_id": f"{number:08}"}
        writer.writerow([changed[name] for name in usual])
        if number % 1000 == 999:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


#: Seconds that each page took; moments with the share that the bar of the file under check had then.
Seen = tuple[list[float], list[tuple[float, float]]]


def look(maker: int, ended: Event, found: "multiprocessing.Queue[Seen]", most: int) -> None:
    """Ask for pages until the file is checked, or so many times."""
    connection.close()
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(User.objects.get(pk=maker))
    took: list[float] = []
    bars: list[tuple[float, float]] = []
    for page in itertools.islice(itertools.cycle(PAGES), most):
        started = time.perf_counter()
        answer = client.get(page)
        took.append(time.perf_counter() - started)
        assert answer.status_code == 200, (page, answer.status_code)
        if batch := under_check(counted=len(bars) % 10 == 0):
            bar = summary.checking(batch)
            assert bar.done == getattr(batch, "stored", bar.done), (bar.done, batch.stored)
            bars.append((time.monotonic(), bar.done / bar.total if bar.total else 0.0))
        if ended.is_set():
            break
        time.sleep(PAUSE)
    found.put((took[len(PAGES) :] or took, bars))


def under_check(*, counted: bool) -> Any:
    """The file that is checked now. `counted`: with the number of its rows (`stored`), as of the same moment."""
    found = Batch.objects.filter(state=State.CHECKING)
    rows = Row.objects.filter(batch=OuterRef("pk")).order_by().values("batch").annotate(count=Count("id"))
    return (found.annotate(stored=Coalesce(rows.values("count"), 0)) if counted else found).first()


def looking(maker: User, work: Callable[[], object], most: int = 10**6) -> tuple[float, float]:
    """Do something while a person looks at pages.

    Returns the median of the pages, in seconds, and how far the bar was from the time that had passed, at most.
    """
    ended = multiprocessing.Event()
    found: multiprocessing.Queue[Seen] = multiprocessing.Queue()
    process = multiprocessing.Process(target=look, args=(maker.pk, ended, found, most))
    connection.close()  # a process that is forked would share it
    process.start()
    began = time.monotonic()
    try:
        work()
    finally:
        ended.set()
    needed = time.monotonic() - began
    took, bars = found.get(timeout=60)
    process.join()
    off = [abs(share - (at - began) / needed) for at, share in bars if at < began + needed]
    return statistics.median(took), max(off, default=0.0)


@dataclass
class Cost:
    """Of one step: seconds, processor seconds of this process and of its connection, megabytes."""

    seconds: float
    busy: float
    memory: float


def cost(step: Callable[[], object]) -> Cost:
    """Do something and measure it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    processes = (psutil.Process(), backend)
    with Memory() as memory:
        started, before = time.perf_counter(), busy(processes)
        step()
        seconds, after = time.perf_counter() - started, busy(processes)
    return Cost(seconds, after - before, memory.over)


def busy(processes: Iterable[psutil.Process]) -> float:
    """How long these processes ran, in seconds."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def measure(
    slug: str, numbers: range, maker: User, checker: User
) -> tuple[dict[str, Cost], tuple[float, float]]:
    """What each step of a file of this kind costs, and what `looking` saw beside its check."""
    batch = operations.upload(slug, file(slug, numbers), f"{slug}.csv", by=maker, token=uuid.uuid4()).batch
    operations.check(batch.pk, by=maker)
    found: dict[str, Cost] = {}
    seen = looking(maker, lambda: found.update(check=cost(lambda: check(batch))))
    batch.refresh_from_db()
    assert batch.wrong == 0, (slug, batch.wrong, batch.rows.filter(state="wrong").first().findings)  # type: ignore[union-attr]
    found["submit"] = cost(
        lambda: decisions.submit(
            batch.pk, by=maker, mode="all", reason="Measured", control_total=batch.amount
        )
    )
    batch.refresh_from_db()
    found["approve"] = cost(lambda: decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash))
    found["result"] = cost(lambda: length(batch))
    refuse(batch)
    found["failed"] = cost(lambda: length(batch, failed_only=True))
    end(batch)
    return found, seen


def length(batch: Batch, **options: bool) -> int:
    """Read a download to its end. Returns its characters."""
    return sum(map(len, result.lines(batch, **options)))


def refuse(batch: Batch) -> None:
    """Let ODIN have refused one message in ten."""
    refused = Delivery.objects.filter(change__batch=batch, change__row_number__endswith="7")
    Delivery.objects.filter(pk__in=refused.values("pk")).update(
        state="refused", code="0", text="No such branch", finished_at=batch.created_at
    )


def end(batch: Batch) -> None:
    """Let all of it be over, so that the next file finds nothing under way."""
    open_still = Delivery.objects.filter(change__batch=batch).meeting(finished_at=None)
    open_still.update(state="applied", code="1", text="Done", finished_at=batch.created_at)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--kinds", nargs="*", default=list(file_kinds()))
    options = parser.parse_args()
    multiprocessing.set_start_method("fork")
    with own_database():
        logging.disable(logging.CRITICAL)
        maker, checker = person("maker", "maker"), person("checker", "checker")
        fill(options.rows * 6 // 5)
        print(
            f"{connection.vendor}, {options.rows:,} rows; load average {os.getloadavg()[0]:.1f}", flush=True
        )
        idle, _ = looking(maker, lambda: time.sleep(15))
        print(f"pages of the idle portal: {idle * 1000:.0f} ms (median)")
        for slug in options.kinds:
            part = options.rows // 5
            # Whoever is converted is no ODIN user yet; all others are.
            kind = TYPES.get(slug, OdinUserType.ODIN)
            RetailUser.objects.exclude(odin_user_type=kind).update(odin_user_type=kind)
            few, _ = measure(slug, range(1, part + 1), maker, checker)
            many, seen = measure(slug, range(part + 1, part + options.rows + 1), maker, checker)
            print(f"{slug}: {'; '.join(words(name, few[name], many[name], options.rows) for name in many)}")
            print(f"    pages meanwhile {seen[0] / idle:.2f}, bar at most {seen[1]:.0%} off", flush=True)


def words(name: str, few: Cost, many: Cost, rows: int) -> str:
    """One step in words."""
    return (
        f"{name} {rows / many.seconds:,.0f} rows/s, {many.busy / rows * 1000:.2f} ms of processor time a row "
        f"({many.busy / few.busy / 5:.2f} of linear), +{many.memory:.0f} MB (+{few.memory:.0f} at a fifth)"
    )


if __name__ == "__main__":
    main()
