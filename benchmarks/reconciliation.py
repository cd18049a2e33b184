"""Comparing an export with the records of as many retail users, beside the check of the same file as a batch.

    python benchmarks/reconciliation.py [--rows 20000] [--more 200000]

Both run in a process of their own on a database of its own, on SQLite and, where TEST_POSTGRES_URL is set, on
PostgreSQL. The file has two banks, a demat account and mutual-fund UCC in each row. For the comparison nine users of
ten are here with their accounts, one of five has another e-mail address and another branch of a bank, and a tenth as
many are here whom no row names. All of the comparison is timed: rows, records that no row names, the counts.

`--more` compares a longer file: its memory must be that of the shorter one.
"""

import argparse
import json
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.batches import make_file
from benchmarks.shared import MB, Memory, databases, measured_apart, own_database, person

AT_ONCE = 2000


def run_one(way: str, path: Path, rows: int) -> dict[str, float]:
    """One way, in this process, on a database of its own."""
    with own_database():
        work = compared(path, rows) if way == "comparison" else checked(path)
        with Memory() as memory:
            started, busy = time.perf_counter(), time.process_time()
            work()
            seconds, busy = time.perf_counter() - started, time.process_time() - busy
        if way == "comparison":
            check_result(rows)
        return {"rate": rows / seconds, "busy": busy / rows, "memory": memory.over}


def checked(path: Path) -> Any:
    """The check of the file as new retail users."""
    from benchmarks.batches import portal

    return portal(path)


def compared(path: Path, rows: int) -> Any:
    """The comparison of the file, and nine of ten of its users here."""
    from backoffice.batches.file import matching
    from backoffice.reconciliation import operations, working
    from backoffice.reconciliation.exported import LAYOUT
    from backoffice.reconciliation.models import Reconciliation

    maker = person("maker", "maker")
    with path.open("rb") as file:
        one = operations.upload(iter(lambda: file.read(MB), b""), path.name, by=maker, token=uuid.uuid4())
    known = matching.knows(LAYOUT)
    names = [
        name if known(header) else matching.IGNORED
        for header, name in zip(one.headers, one.mapping, strict=True)
    ]
    keep_users(path, names)
    operations.compare(one.pk, by=maker, names=names)

    def work() -> None:
        while working.work_due():
            pass
        one = Reconciliation.objects.get()
        assert one.state == "compared", one.problem

    return work


def keep_users(path: Path, names: list[str]) -> None:
    """Nine of ten users of the file as records, some with other values; and a tenth as many who are not in it."""
    from itertools import islice

    from accounts.inserting import insert
    from accounts.models import RetailUser, Source
    from accounts.values import from_values
    from backoffice.batches.file.cells import RowReader
    from backoffice.batches.file.reading import inspect, open_rows
    from backoffice.reconciliation.exported import LAYOUT

    reader = RowReader(LAYOUT, names)
    lines = open_rows(path, inspect(path, path.name).shape, len(names))
    number = 0
    while some := list(islice(lines, AT_ONCE)):
        users = []
        for _, cells in some:
            values: dict[str, Any] = dict(reader.read(cells).values)
            number += 1
            if number % 10 == 0:
                values["user_id"] = f"X{number}"
            elif number % 5 == 1:
                values["email"] = f"other{number}@example.com"
                values["banks"][0]["branch_name"] = "Elsewhere"
            users.append((RetailUser(**from_values(values), source=Source.DECLARED, kyc=True), values))
        insert(users)


def check_result(rows: int) -> None:
    """Whether everything was found, so that nothing is quick by leaving something out."""
    from backoffice.reconciliation.models import Reconciliation

    one = Reconciliation.objects.get()
    tenth, fifth = rows // 10, rows // 5
    found = (one.rows, one.unreadable, one.different, one.only_there, one.only_here, one.differences)
    assert found == (rows, 0, fifth, tenth, tenth, 2 * fifth), found
    assert one.lines.count() == rows + tenth
    assert one.found.count() == 2 * fifth


def measured(way: str, path: Path, rows: int, database: str) -> dict[str, float]:
    """One way in a new process."""
    return measured_apart(__file__, "--way", way, "--file", str(path), "--rows", str(rows), database=database)


def report(words: str, figures: dict[str, float]) -> None:
    """One line."""
    print(
        f"  {words:28}{figures['rate']:10,.0f} rows/s {figures['busy'] * 1e6:8,.0f} us of processor time a row"
        f"  +{figures['memory']:.0f} MB",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--more", type=int, default=0, help="rows of the longer file, for memory")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(run_one(options.way, options.file, options.rows)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = make_file(Path(folder) / "users.csv", options.rows)
        for name, database in databases():
            print(f"{name}, {options.rows} rows of {path.stat().st_size / options.rows:.0f} bytes")
            found = {way: measured(way, path, options.rows, database) for way in ("comparison", "check")}
            for way, figures in found.items():
                report(way, figures)
            ratio = found["comparison"]["rate"] / found["check"]["rate"]
            print(f"  {ratio:.2f} times the rate of the check of a batch")
            if options.more:
                longer = make_file(Path(folder) / "more.csv", options.more)
                report(
                    f"comparison, {options.more} rows", measured("comparison", longer, options.more, database)
                )


if __name__ == "__main__":
    main()
