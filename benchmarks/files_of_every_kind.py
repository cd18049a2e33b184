"""Files of every kind: check, submission, approval, the result and the failed rows as CSV, with each step's memory.

    TEST_DATABASE_URL=postgres://... python benchmarks/files_of_every_kind.py [--rows 50000] [--kinds cash_deposit ...]

In one process, on a database of its own that holds as many retail users as a file has rows. Every kind is measured at a
fifth of the rows first: what is linear takes a fifth of the time then, and what is flat as much memory. One delivery in
ten counts as refused before the failed rows are read. Beside each check a process asks for lists and reads the bar of
the file. `meanwhile` is the median of those pages over that of the same pages on the idle portal; `bar` is how far the
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
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

# isort: split

from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import RetailUser
from backoffice.batches import operations
from backoffice.batches.check import summary
from backoffice.batches.decide import decisions
from backoffice.batches.models import Batch, State
from backoffice.batches.pages import result
from backoffice.changes.kinds import file_kinds
from backoffice.delivery.models import Delivery
from backoffice.logins.models import User
from backoffice.protocol.codes import OdinUserType
from benchmarks.batch_approval import check
from benchmarks.shared import Memory, own_database, person
from tests.batches.files import example_row
from tests.factories import RetailUserFactory

#: Kinds whose users must not be here before.
NEW = {"create_retail_user": "C", "register_retail_user": "R"}
#: Pages that a person looks at while a file is checked.
PAGES = ("/users/", "/changes/", "/deliveries/", "/batches/")
#: The type of the users that a file is about, where it is not the usual one.
TYPES = {"convert_retail_user": OdinUserType.NON_ODIN}
STEPS = ("check", "submit", "approve", "result", "failed")


def fill(rows: int) -> None:
    """Make this many retail users; their common parts are built once."""
    sample = RetailUserFactory.build(group_id="HO")
    common = {field.name: getattr(sample, field.name) for field in RetailUser._meta.concrete_fields}
    for start in range(0, rows, 5000):
        RetailUser.objects.bulk_create(
            RetailUser(**{**common, "user_id": f"U{number:07}", **own(number)})
            for number in range(start, min(start + 5000, rows))
        )


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
    took, bars = [], []
    for page in itertools.islice(itertools.cycle(PAGES), most):
        started = time.perf_counter()
        answer = client.get(page)
        took.append(time.perf_counter() - started)
        assert answer.status_code == 200, (page, answer.status_code)
        if batch := Batch.objects.filter(state=State.CHECKING).first():
            bar = summary.checking(batch)
            bars.append((time.monotonic(), bar.done / bar.total if bar.total else 0.0))
        if ended.is_set():
            break
        time.sleep(0.1)
    found.put((took[len(PAGES) :] or took, bars))


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


def measure(
    slug: str, numbers: range, maker: User, checker: User, idle: float
) -> dict[str, tuple[float, float]]:
    """Seconds and megabytes of each step of a file of this kind."""
    batch = operations.upload(slug, file(slug, numbers), f"{slug}.csv", by=maker, token=uuid.uuid4()).batch
    operations.check(batch.pk, by=maker)
    waited: list[tuple[float, float]] = []

    def submit() -> None:
        batch.refresh_from_db()
        assert batch.wrong == 0, (slug, batch.wrong, batch.rows.filter(state="wrong").first().findings)  # type: ignore[union-attr]
        decisions.submit(batch.pk, by=maker, mode="all", reason="Measured", control_total=batch.amount)

    def approve() -> None:
        batch.refresh_from_db()
        decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)

    steps: dict[str, Callable[[], Any]] = {
        "check": lambda: waited.append(looking(maker, lambda: check(batch))),
        "submit": submit,
        "approve": approve,
        "result": lambda: length(batch),
        "failed": lambda: length(batch, failed_only=True),
    }
    found = {}
    for name, step in steps.items():
        if name == "failed":
            refuse(batch)
        with Memory() as memory:
            started = time.perf_counter()
            step()
            found[name] = (time.perf_counter() - started, memory.over)
    found["meanwhile"] = (waited[0][0] / idle, waited[0][1])
    end(batch)
    return found


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
    open_still = Delivery.objects.filter(change__batch=batch, finished_at=None)
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
            RetailUser.objects.update(odin_user_type=TYPES.get(slug, OdinUserType.ODIN))
            few = measure(slug, range(part), maker, checker, idle)
            many = measure(slug, range(part, part + options.rows), maker, checker, idle)
            parts = [
                f"{name} {many[name][0]:.1f} s ({many[name][0] / few[name][0] / 5:.2f} of linear, "
                f"+{many[name][1]:.0f} MB, +{few[name][1]:.0f} at a fifth)"
                for name in STEPS
            ]
            print(
                f"{slug}: {'; '.join(parts)}; pages meanwhile {many['meanwhile'][0]:.2f}, "
                f"bar at most {many['meanwhile'][1]:.0%} off",
                flush=True,
            )


if __name__ == "__main__":
    main()
