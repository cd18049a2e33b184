"""How long a backup of a filled database takes, how large it is, and whether what is restored still verifies.

The rows of `benchmarks/scale.py`, an attempt for each delivery and four audit entries for each change are made by SQL
and sealed. `pg_dump --format=custom` writes them to a file, `pg_restore` reads them into an empty database, and
`audit_verify` walks the chain there, to the seal that was the last before.

Everything is on a private PostgreSQL. Run: `python benchmarks/backup.py`; fewer users: `--size 10000`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg

from benchmarks.audit import FILL as ENTRIES
from benchmarks.shared import ENVIRONMENT
from tests.faults.servers import Postgres

SIZE = 200_000
#: Processes that restore at once.
JOBS = 2
ATTEMPTS = {"delivery_id": "n", "worker": "'vm:' || n % 4", "duration_ms": "20 + n % 100"}


def main() -> None:
    """Fill, write, restore and verify; print each step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=SIZE, help="retail users")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-")))
        database = stack.enter_context(Postgres())
        os.environ.update(ENVIRONMENT, DATABASE_URL=database.url)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        head = fill_all(options.size)
        with psycopg.connect(database.url, autocommit=True) as connection:
            (size,) = connection.execute("SELECT pg_database_size(current_database())").fetchone() or (0,)
            connection.execute("CREATE DATABASE restored")
        print(
            f"{options.size:,} retail users, {options.size * 2:,} audit entries: {size / 1e6:,.0f} MB",
            flush=True,
        )
        programs, file = Postgres.programs() or Path(), folder / "portal.dump"
        restored = database.url.rpartition("/")[0] + "/restored"
        timed("pg_dump", [f"{programs}/pg_dump", "--format=custom", f"--file={file}", database.url])
        print(f"the file: {file.stat().st_size / 1e6:,.0f} MB", flush=True)
        jobs = f"--jobs={JOBS}"
        timed(
            "pg_restore",
            [f"{programs}/pg_restore", "--exit-on-error", jobs, f"--dbname={restored}", f"{file}"],
        )
        os.environ["DATABASE_URL"] = restored
        timed("audit_verify", [sys.executable, "manage.py", "audit_verify", "--head", head])
        timed("check", [sys.executable, "manage.py", "check", "--database", "default"])


def fill_all(size: int) -> str:
    """Make the rows. Returns the head of the chain of seals."""
    from django.db import connection

    from backoffice.audit.models import Seal
    from backoffice.audit.seals import seal_new
    from backoffice.logins.models import User
    from benchmarks.scale import copies, fill
    from tests.factories import AttemptFactory, DeliveryFactory

    User.objects.bulk_create(User(username=f"staff{n:02}") for n in range(20))
    fill(size)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        copies(cursor, AttemptFactory.build(delivery=DeliveryFactory.build()), size // 2, ATTEMPTS)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute(ENTRIES, {"number": size * 2})
    seal_new()
    last = Seal.objects.order_by("-number").defer("digests")[0]
    return f"{last.number}:{last.hash}"


def timed(name: str, command: list[str]) -> None:
    """Run a command and print how long it took. Raises CalledProcessError if it fails."""
    started = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    print(f"{name}: {time.perf_counter() - started:,.0f} s. {done.stdout.strip()}", flush=True)


if __name__ == "__main__":
    main()
