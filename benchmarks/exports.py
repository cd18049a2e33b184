"""Exporting the list of retail users as CSV by a worker, beside a bare COPY of the same columns, in one run.

    TEST_DATABASE_URL=postgres://... python benchmarks/exports.py [--rows 1000000] [--rounds 3]

Rows are made by SQL in a scratch database. The export is what a maker gets who downloads the whole list: asked for,
counted, written piece by piece with the lease kept, digested and finished. COPY writes the columns of the table that
the list shows, as they are stored, in the same order. Rounds are interleaved.
"""

import argparse
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.conf import settings
from django.db import connection

from accounts.models import RetailUser
from backoffice.exports import lists, operations, writing
from backoffice.exports.models import Export, State
from backoffice.logins.models import User
from benchmarks.shared import Memory, own_database, person
from tests.factories import RetailUserFactory

#: The columns of the table that the list shows.
SHOWN = "user_id, group_id, name, pan, mobile, status, trading_segments, confirmed_at"
#: What differs from row to row, as SQL over n; the other columns are those of one row that a factory built.
DIFFERENT = {
    "group_id": "'G' || n % 200",
    "user_id": "'R' || lpad(n::text, 7, '0')",
    "name": "initcap(substr(md5(n::text), 1, 6)) || ' ' || initcap(substr(md5((n / 50)::text), 1, 8))",
    "pan": "'ABCPS' || lpad((n % 10000)::text, 4, '0') || chr(65 + n / 10000 % 26)",
    "mobile": "'9' || lpad(n::text, 9, '0')",
    "confirmed_at": "now() - n * interval '1 second'",
}


def fill(rows: int) -> None:
    """Make this many retail users."""
    RetailUserFactory(group_id="SAMPLE", user_id="SAMPLE")
    fields = [field for field in RetailUser._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    values = ", ".join(
        DIFFERENT.get(field.name, connection.ops.quote_name(str(field.column))) for field in fields
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO accounts_retailuser ({columns}) SELECT {values} "  # names of ours
            f"FROM accounts_retailuser, generate_series(1, {rows - 1}) n WHERE user_id = 'SAMPLE'"
        )
        cursor.execute("ANALYZE accounts_retailuser")


def bare(path: Path) -> None:
    """COPY to a file."""
    query = f"SELECT {SHOWN} FROM accounts_retailuser ORDER BY group_id, user_id, id"  # names of ours
    with connection.cursor() as cursor, path.open("wb") as file:
        with cursor.cursor.copy(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)") as copy:
            for block in copy:
                file.write(block)
        file.flush()
        os.fsync(file.fileno())


def exported(maker: User) -> Export:
    """The list, exported by a worker."""
    parameters = lists.parameters("/users/", "", maker)
    export = operations.ask("list", parameters, by=maker)
    assert export
    while writing.work_due():
        pass
    export.refresh_from_db()
    assert export.state == State.READY, export.problem
    return export


def timed(function: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and those of this process's processor among them."""
    started, busy = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - started, time.process_time() - busy


def measure(rows: int, rounds: int) -> None:
    """Fill, then both ways in turn."""
    logging.disable(logging.INFO)
    maker = person("maker", "maker")
    fill(rows)
    settings.EXPORT_DIRECT_ROWS = 0
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            copy, _ = timed(lambda: bare(Path(folder) / "bare.csv"))
            with Memory() as memory:
                ours, busy = timed(lambda: exported(maker))
            ratios.append(copy / ours)
            print(
                f"{rows} rows: COPY {copy:.2f} s, export {ours:.2f} s ({rows / ours:,.0f} rows a second, "
                f"{rows / busy:,.0f} a second of processor time), "
                f"{copy / ours:.2f} of the rate of COPY, +{memory.over:.0f} MB",
                flush=True,
            )
    print(f"export: {statistics.median(ratios):.2f} of the rate of COPY (median of {rounds})")


def main() -> None:
    """Run on a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if connection.vendor != "postgresql":
        sys.exit("COPY is PostgreSQL's: set TEST_DATABASE_URL.")
    with own_database():
        measure(given.rows, given.rounds)


if __name__ == "__main__":
    main()
