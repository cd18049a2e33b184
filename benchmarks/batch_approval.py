"""A file of retail users from upload to delivery: check, submission, approval, and the sending against a slow ODIN.

    python benchmarks/batch_approval.py [--rows 20000] [--threads 4] [--seconds 30]

Runs on the database of TEST_DATABASE_URL, in a test database of its own (SQLite without it). Approval is compared with
the same thing done object by object, as a loop over changes would, on a file of a tenth of the rows. The stand-in runs
in a process of its own and answers 50 ms after a message came; attempts and audit entries are written as always. A
plain pool of as many threads that call zeep, and note nothing, is compared with the delivery.
"""

import argparse
import csv
import io
import itertools
import logging
import multiprocessing
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

# isort: split

import zeep
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from backoffice.batches import ending, lease, operations
from backoffice.batches.check.checking import Checking
from backoffice.batches.decide import decisions
from backoffice.batches.file import columns
from backoffice.batches.models import Batch
from backoffice.changes import approvals
from backoffice.changes.files import Layout
from backoffice.changes.models import Change
from backoffice.changes.models import State as ChangeState
from backoffice.delivery.models import Delivery
from backoffice.delivery.queue import enqueue
from backoffice.delivery.sending import drain
from backoffice.logins.models import User
from backoffice.odin import session
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.wire import Header, encode
from benchmarks.shared import own_database, person
from standins.odin import StandIn
from tests.factories import bank_values, demat_values, retail_user_values

LATENCY = 0.05


def new_user(letter: str, number: int) -> dict:
    """The values of a retail user with two banks, one demat account and mutual-fund UCC."""
    return retail_user_values(
        user_id=f"{letter}{number:06}",
        reference="",
        mobile=f"98{number:08}",
        pan=f"AB{'CDEFG'[number % 5]}PT{number % 10000:04}{chr(65 + number // 10000 % 26)}",
        banks=[
            bank_values(is_default="1", account_no=f"1{number:010}"),
            bank_values(bank_id="OTHERBANK", account_no=f"2{number:010}"),
        ],
        demats=[demat_values(is_default="Y", beneficiary_id=f"{number:08}")],
    )


def file(numbers: range) -> Iterator[bytes]:
    """A CSV file of new retail users, each with two banks, one demat account and mutual-fund UCC."""
    shown = columns.columns(Layout(CreateRetailUser))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.name for column in shown])
    for number in numbers:
        values = new_user("B", number)
        writer.writerow([cell(values, column.path) for column in shown])
        if number % 1000 == 999:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def cell(values: dict, path: str) -> str:
    """The value at a path, as a cell."""
    found: Any = values
    for step in path.split("."):
        try:
            found = found[int(step)] if step.isdigit() else found.get(step, "")
        except IndexError:
            return ""
    return columns.BETWEEN.join(found) if isinstance(found, list) else str(found)


def timed(label: str, rows: int, function: Callable[[], object]) -> float:
    """Run, print and give back the seconds."""
    started = time.perf_counter()
    function()
    seconds = time.perf_counter() - started
    print(f"{label:48}{seconds:9.2f} s {rows / seconds:12,.0f} rows/s", flush=True)
    return seconds


def check(batch: Batch) -> None:
    """What the worker does."""
    batch.refresh_from_db()
    token = lease.take(batch)
    assert token is not None
    with Checking(batch, token) as run:
        while run.step():
            pass
    ending.finish_check(batch, token)


def submit(batch: Batch, maker: User) -> None:
    """What its maker does."""
    decisions.submit(batch.pk, by=maker, mode="all", reason="Measured")
    batch.refresh_from_db()


def approve_one_by_one(batch: Batch, checker: User) -> None:
    """The peer: each change and its delivery alone, in one transaction."""
    with transaction.atomic():
        approvals.approve_batch(batch.pk, by=checker, content_hash=batch.content_hash, reason="")
        for change in Change.objects.filter(batch=batch).order_by("row_number"):
            change.state, change.decided_by, change.decided_at = ChangeState.APPROVED, checker, timezone.now()
            change.save()
            for part, message in enumerate(change.messages):
                enqueue(
                    change_id=change.pk,
                    message_type=message["type"],
                    lane=change.subject,
                    part=part,
                    values=message["values"],
                    reference=message["values"].get("reference", ""),
                )
        transaction.set_rollback(True)


def odin(found: "multiprocessing.Queue[str]", password: str, key: str) -> None:
    """The stand-in, in a process of its own, until that is ended."""
    logging.disable(logging.INFO)
    with StandIn(password=password, key=key) as standin:
        standin.faults.add("latency_after", seconds=LATENCY, match={"type": "301"}, times=10**9)
        found.put(standin.url)
        threading.Event().wait()


def send(seconds: float, threads: int) -> float:
    """Deliver for so many seconds with so many calls at once. Returns messages a second."""
    settings.DELIVERY_PARALLEL = threads
    started = time.perf_counter()
    return drain(seconds) / (time.perf_counter() - started)


def send_plainly(seconds: float, threads: int) -> float:
    """The peer: creations like those of the file sent by a thread pool. Returns messages a second."""
    message = REQUESTS[301]
    client = zeep.Client(settings.ODIN_WSDL_URL)
    binding = next(iter(client.wsdl.bindings))
    operation = client.create_service(binding, settings.ODIN_SERVICE_URL)[message.operation]
    header = Header(settings.ODIN_DEALER_ID, session.current().id)
    numbers = itertools.count()
    end = time.perf_counter() + seconds

    def call() -> int:
        sent = 0
        while time.perf_counter() < end:
            operation(encode(message, new_user("P", next(numbers)), header))
            sent += 1
        return sent

    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        sent = sum(future.result() for future in [pool.submit(call) for _ in range(threads)])
        return sent / (time.perf_counter() - started)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=30, help="that messages are sent")
    options = parser.parse_args()
    with own_database():
        measure(options)


def measure(options: argparse.Namespace) -> None:
    """Everything, in one run."""
    logging.disable(logging.INFO)
    print(f"{connection.vendor}, {options.rows} rows")
    maker, checker = person("maker", "maker"), person("checker", "checker")
    batch, other = (
        operations.upload(
            "create_retail_user", file(numbers), "users.csv", by=maker, token=uuid.uuid4()
        ).batch
        for numbers in (range(options.rows), range(options.rows, options.rows * 11 // 10))
    )
    operations.check(batch.pk, by=maker)
    checking = timed("check and store", options.rows, lambda: check(batch))
    batch.refresh_from_db()
    print(f"  good {batch.good}, warned {batch.warned}, wrong {batch.wrong}")
    timed("submit", options.rows, lambda: submit(batch, maker))
    approving = timed(
        "approve",
        options.rows,
        lambda: decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash),
    )
    operations.check(other.pk, by=maker)
    check(other)
    submit(other, maker)
    part = options.rows // 10
    one_by_one = timed(
        f"approve another one by one ({part} rows)", part, lambda: approve_one_by_one(other, checker)
    )
    print(f"approval is {checking / approving:.1f} times as fast as the check")
    print(f"approval is {one_by_one * options.rows / part / approving:.1f} times as fast as one by one")
    found: multiprocessing.Queue[str] = multiprocessing.Queue()
    process = multiprocessing.Process(
        target=odin, args=(found, settings.ODIN_DEALER_PASSWORD, settings.ODIN_PASSWORD_KEY), daemon=True
    )
    process.start()
    try:
        url = found.get(timeout=30)
        settings.ODIN_SERVICE_URL, settings.ODIN_WSDL_URL = f"{url}/soap", f"{url}?singleWsdl"
        send(1, options.threads)  # log on, connect
        rate = send(options.seconds, options.threads)
        plain = send_plainly(options.seconds, options.threads)
    finally:
        process.terminate()
    possible = options.threads / LATENCY
    print(
        f"deliver for {options.seconds:.0f} s with {options.threads} threads, {LATENCY * 1000:.0f} ms each: "
        f"{rate:.0f}/s, {rate / possible:.0%} of what the threads allow ({possible:.0f}/s), "
        f"{rate / plain:.0%} of a plain pool ({plain:.0f}/s)"
    )
    print(f"  applied: {Delivery.objects.filter(state='applied').count()}")


if __name__ == "__main__":
    main()
