"""How long the pages of the audit list take at a million entries, filter by filter, on PostgreSQL and on SQLite.

The entries are made by SQL in a scratch database, without seals. Each page is asked for three times as compliance; the
median is printed, with the database's share of it, and whether a query that took long read the whole table.

Run: `python benchmarks/audit_search.py`; one database only: `--on sqlite`; fewer entries: `--entries 100000`.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.shared import ENVIRONMENT
from tests.faults.servers import Postgres

TIMES = 3
#: Seconds of a query from which its plan is looked at: one that soon finds enough may read from the beginning.
LONG = 0.05
#: A second apart, so that a million entries are eleven days; half of them by workers; some things happen rarely.
NUMBERS = {
    "postgresql": "generate_series(1, {number}) AS n",
    "sqlite": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {number}) SELECT n FROM c)",
}
AT = {
    "postgresql": "now() - ({number} - n) * interval '1 second'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', (n - {number}) || ' seconds')",
}
FILL = """
    INSERT INTO audit_entry (at, by_name, action, subject, change_id, delivery_id, text, reason, details, request_id,
                             code, reference)
    SELECT {at},
           CASE WHEN n % 2 = 0 THEN 'system' ELSE 'maker' || (n % 20) END,
           CASE WHEN n % 1000 = 1 THEN 'privacy.revealed' WHEN n % 5000 = 3 THEN 'staff.login_failed'
                WHEN n < 2000 AND n % 2 = 1 THEN 'batch.approved'
                WHEN n % 5000 = 4 THEN 'delivery.unknown' WHEN n % 100 = 6 THEN 'delivery.refused'
                WHEN n % 4 = 0 THEN 'delivery.claimed' WHEN n % 4 = 2 THEN 'delivery.applied'
                WHEN n % 4 = 1 THEN 'change.submitted' ELSE 'change.approved' END,
           CASE WHEN n % 5000 = 3 THEN 'maker' || (n % 20) ELSE 'HO/R' || (n % 50000) END,
           n / 4, CASE WHEN n % 2 = 0 THEN n / 4 END, 'Update limits: number ' || n, 'Deposit',
           '{{"kind": "update_limits"}}', CASE WHEN n % 2 = 1 THEN 'request' || n ELSE '' END,
           CASE WHEN n % 4 <> 2 THEN '' WHEN n % 20000 = 2 THEN '303' WHEN n % 100 = 6 THEN '0' ELSE '1' END,
           CASE WHEN n % 4 = 2 THEN 'UL' || n ELSE '' END
    FROM {numbers}
"""
#: The pages to request; {old} and {later} are days, the first of them at the beginning of the trail.
PAGES = """

q=HO/R1234
q=HO/R1
q=R1234
q=maker3
by_name=system
by_name=maker3
action=delivery.
action=change.approved
action=privacy.
action=batch.
action=nothing.
outcome=applied
outcome=unknown
code=1
code=303
code=999
reference=UL500002
change_id=1234
delivery_id=1234
request_id=request500001
since={old}&until={old}
until={old}
since={later}
words=number 77
words=no such words
by_name=system&since={old}&until={old}
by_name=system&action=batch.
action=delivery.&until={old}
outcome=applied&code=303
outcome=applied&until={old}
code=1&until={old}
q=HO/R1&until={old}
sort=at
""".strip("\n").splitlines()


def main() -> None:
    """Fill and measure; each database in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--on", choices=("postgresql", "sqlite"), action="append")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--within", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.within:
        measure(options.entries)
        return
    again = [sys.executable, __file__, "--within", "yes", "--entries", str(options.entries)]
    for engine in options.on or ("postgresql", "sqlite"):
        print(f"{engine}, {options.entries:,} entries", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            if engine == "sqlite":
                url = f"sqlite:///{folder}/portal.sqlite3"
                subprocess.run(again, check=True, env=os.environ | ENVIRONMENT | {"DATABASE_URL": url})
            else:
                with Postgres() as database:
                    subprocess.run(
                        again, check=True, env=os.environ | ENVIRONMENT | {"DATABASE_URL": database.url}
                    )


def measure(entries: int) -> None:
    """Fill the database that the settings name, ask for each page, print what it took."""
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import Group
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client, override_settings
    from django.utils import timezone

    from backoffice.logins.models import User

    call_command("migrate", verbosity=0)
    number, engine = str(entries), connection.vendor
    at, numbers = AT[engine].format(number=number), NUMBERS[engine].format(number=number)
    with connection.cursor() as cursor:
        cursor.execute(FILL.format(at=at, numbers=numbers))
        if engine == "postgresql":
            cursor.execute("VACUUM ANALYZE audit_entry")  # as its own background process does
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}, ALLOWED_HOSTS=["*"]).enable()
    person = User.objects.create_user("compliance")
    person.groups.add(Group.objects.get(name="compliance"))
    client = Client(SERVER_NAME="localhost")
    client.force_login(person)
    today = timezone.localdate()
    days = {
        "old": today - timedelta(seconds=entries - 100_000),
        "later": today - timedelta(days=1),
    }
    client.get("/audit/")
    for page in PAGES:
        asked = dict(parse_qsl(page.format(**days)))
        tried = sorted(_page(client, asked) for _ in range(TIMES))
        took, database, slowest, whole = tried[TIMES // 2]
        print(
            f"  {page or 'everything':42} {took * 1000:6.0f} ms, database {database * 1000:6.0f} ms, "
            f"slowest query {slowest * 1000:6.0f} ms{'  READS THE WHOLE TABLE' if whole else ''}",
            flush=True,
        )


def _page(client: Any, asked: dict[str, str]) -> tuple[float, float, float, bool]:
    """Seconds for the page, for its queries, for the slowest of them; whether one reads the whole table."""
    from django.db import connection, reset_queries

    connection.force_debug_cursor = True
    reset_queries()
    started = time.perf_counter()
    answer = client.get("/audit/", asked)
    took = time.perf_counter() - started
    assert answer.status_code == 200, (asked, answer.status_code)
    found = [query for query in connection.queries if 'FROM "audit_entry"' in query["sql"]]
    connection.force_debug_cursor = False
    times = [float(query["time"]) for query in found]
    return (
        took,
        sum(times),
        max(times),
        any(_reads_all(query["sql"]) for query in found if float(query["time"]) > LONG),
    )


def _reads_all(sql: str) -> bool:
    """By the plan. A walk along an index until enough is found is none; its time tells the rest."""
    from django.db import connection

    if not sql.lstrip().startswith("SELECT"):
        return False
    with connection.cursor() as cursor:
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{explain} {sql}")
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    if os.environ.get("PLANS"):
        print(sql, plan, sep="\n")
    return bool(re.search(r"Seq Scan on audit_entry(?!_rest)|SCAN audit_entry(?! USING)", plan))


if __name__ == "__main__":
    main()
