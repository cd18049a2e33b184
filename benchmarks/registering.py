"""Registering retail users that ODIN has already: check, submission, approval, and the records taking the rows.

    [TEST_DATABASE_URL=postgres://...] python benchmarks/registering.py [--rows 200000]

Time and the most memory of each step, in one process, on a database of its own. Each row has two banks, one demat
account and mutual-fund UCC.
"""

import argparse
import csv
import io
import logging
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.db import connection

from accounts.models import BankAccount, RetailUser
from backoffice.batches import lease, operations
from backoffice.batches.decide import applying, decisions
from backoffice.batches.models import Batch
from benchmarks.batch_approval import check, file, timed
from benchmarks.shared import Memory, own_database, person

#: What a creation says and a declaration does not.
LEFT_OUT = ("password", "reference", "declared_from")


def declared(rows: int) -> Iterator[bytes]:
    """The file of so many new users, as users whom ODIN has already."""
    text = io.StringIO()
    writer = csv.writer(text)
    kept: list[int] = []
    for chunk in file(range(rows)):
        for cells in csv.reader(io.StringIO(chunk.decode())):
            first = not kept
            if first:
                kept = [place for place, name in enumerate(cells) if name not in LEFT_OUT]
            writer.writerow([*(cells[place] for place in kept), "declared_from" if first else "Export"])
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def take(batch: Batch) -> None:
    """What the worker does with an approved batch."""
    batch.refresh_from_db()
    token = lease.take(batch)
    assert token
    while applying.step(batch, token):
        pass


def measured(label: str, rows: int, function: Callable[[], object]) -> None:
    """Time and memory of one step."""
    with Memory() as memory:
        timed(label, rows, function)
    print(f"{'':48}+{memory.over:.0f} MB", flush=True)


def measure(rows: int) -> None:
    """Everything, in one run."""
    logging.disable(logging.INFO)
    print(f"{connection.vendor}, {rows} rows")
    maker, checker = person("maker", "maker"), person("checker", "checker")
    batch = operations.upload(
        "register_retail_user", declared(rows), "users.csv", by=maker, token=uuid.uuid4()
    ).batch
    operations.check(batch.pk, by=maker)
    measured("check and store", rows, lambda: check(batch))
    batch.refresh_from_db()
    print(f"  good {batch.good}, warned {batch.warned}, wrong {batch.wrong}")
    measured("submit", rows, lambda: decisions.submit(batch.pk, by=maker, mode="all", reason="Measured"))
    batch.refresh_from_db()
    measured(
        "approve",
        rows,
        lambda: decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash),
    )
    measured("take", rows, lambda: take(batch))
    assert (RetailUser.objects.count(), BankAccount.objects.count()) == (rows, 2 * rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=200_000)
    options = parser.parse_args()
    with own_database():
        measure(options.rows)


if __name__ == "__main__":
    main()
