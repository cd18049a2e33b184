"""How far the tables and indexes of the queue swell while many deliveries pass through it, on PostgreSQL.

Deposits are approved some thousands at a time and sent by worker processes to a stand-in that answers at once, with
autovacuum as an installation has it. After each part: the size of each table and index that a delivery rewrites, how
many dead rows wait, and how often autovacuum came. At the end the same is packed (VACUUM FULL) and measured again: the
ratio is the bloat.

Everything is on a private PostgreSQL (with fsync) and Redis. Run: `python benchmarks/bloat.py`; fewer deliveries:
`--number 20000`.
"""

import argparse
import os
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.delivery import Bench, environment
from tests.faults.installation import Installation
from tests.faults.servers import Postgres, Redis, free_port

NUMBER, PART, WORKERS = 200_000, 20_000, 2
TABLES = ("delivery_delivery", "delivery_attempt", "changes_change")
#: Bytes of each of these tables, with what is stored out of line, and of each index.
SIZES = """
    SELECT relname, '', pg_table_size(oid) FROM pg_class WHERE oid = ANY(%s::regclass[])
    UNION ALL
    SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_relation_size(indexrelid)
    FROM pg_index WHERE indrelid = ANY(%s::regclass[])
"""
ACTIVITY = """
    SELECT relname, n_dead_tup, autovacuum_count FROM pg_stat_user_tables
    WHERE relid = ANY(%s::regclass[]) ORDER BY relname
"""
Sizes = dict[tuple[str, str], int]


def main() -> None:
    """Send, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=NUMBER)
    parser.add_argument("--part", type=int, default=PART, help="approved together")
    parser.add_argument("--workers", type=int, default=WORKERS)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
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
        bench.start(options.workers)
        print(
            "| delivered | a second | MB of tables | of indexes | dead rows, times tidied up |\n"
            + "| --- " * 5
            + "|"
        )
        for done in range(options.part, options.number + 1, options.part):
            rate = bench.deliver(options.part)
            print_size(done, rate)
        bench.stop()
        print_bloat()


def print_size(done: int, rate: float) -> None:
    """Print how large all is after so many deliveries."""
    from django.db import connection

    found = sizes()
    tables = sum(size for (_, index), size in found.items() if not index) / 1e6
    indexes = sum(size for (_, index), size in found.items() if index) / 1e6
    with connection.cursor() as cursor:
        cursor.execute(ACTIVITY, [list(TABLES)])
        activity = ", ".join(f"{table} {dead:,} ({times})" for table, dead, times in cursor.fetchall())
    print(f"| {done:,} | {rate:.0f} | {tables:,.1f} | {indexes:,.1f} | {activity} |", flush=True)


def print_bloat() -> None:
    """Print each table and index as it is and packed, the largest first."""
    from django.db import connection

    as_left = sizes()
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM FULL {table}")
    packed = sizes()
    print("| table or index | as left, KB | packed, KB | ratio |\n| --- | --- | --- | --- |")
    for name, size in sorted(as_left.items(), key=lambda pair: -pair[1]):
        table, index = name
        ratio = f"{size / packed[name]:.1f}" if packed[name] else ""
        print(f"| {index or table} | {size / 1024:,.0f} | {packed[name] / 1024:,.0f} | {ratio} |", flush=True)


def sizes() -> Sizes:
    """Bytes of each table and index."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(SIZES, [list(TABLES), list(TABLES)])
        return {(table, index): size for table, index, size in cursor.fetchall()}


if __name__ == "__main__":
    main()
