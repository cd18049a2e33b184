"""How long the lists take at 1,000, 100,000 and 1,000,000 retail users, page by page, on PostgreSQL.

The rows are made by SQL in scratch databases on a private server: half as many changes and deliveries as users, a
quarter as many limit updates. A person who sees everything asks for each page seven times, of all sizes in turn, so
that other work on the machine slows each of them. The table has the least in milliseconds, in brackets what the
database took of it, the rows that the page shows, and the ratio to the smallest size. A page may take `MOST`
milliseconds, and `RATIO` times as long as at the smallest size if it shows as many rows there: an emptier page is drawn
sooner. The last line says which pages take longer; the exit code is 1 then. Pages of figures count all rows of their
days; they are in the table and have no bound.

Run: `python benchmarks/scale.py`; other sizes: `--size 1000 --size 200000`; a server that runs already, whose databases
`scale_SIZE` are filled once and kept: `--server postgres://root@127.0.0.1:5432`.
"""

import argparse
import gc
import json
import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg

from benchmarks.shared import ENVIRONMENT
from tests.faults.servers import Postgres

TIMES = 7
#: Begins a line of a portal's process that answers the one that asked.
ANSWER = "page: "
#: Bounds of a page: milliseconds, and times its duration at the smallest size.
MOST, RATIO = 150, 1.5
SIZES = (1_000, 100_000, 1_000_000)
#: At most this many changes wait for a checker.
WAITING = 2_000
LANE = "'G' || n % 200 || '/R' || lpad(n::text, 7, '0')"
#: What differs from row to row, as SQL over n; the other columns are those of one row that a factory built.
USERS = {
    "group_id": "'G' || n % 200",
    "user_id": "'R' || lpad(n::text, 7, '0')",
    "manager_id": "'M' || n % 1000",
    "name": "initcap(translate(substr(md5((n % 997)::text), 1, 6), '0123456789', 'aeiouaeiou')) || ' ' || "
    "initcap(translate(substr(md5((n / 50)::text), 1, 8), '0123456789', 'aeiouaeiou'))",
    "pan": "'ABCPS' || lpad((n % 10000)::text, 4, '0') || chr(65 + n / 10000 % 26)",
    "mobile": "'9' || lpad(n::text, 9, '0')",
    "status": "CASE WHEN n % 20 = 0 THEN 'S' WHEN n % 25 = 1 THEN 'I' ELSE 'A' END",
    "source": "CASE WHEN n % 10 = 0 THEN 'declared' ELSE 'created' END",
    "odin_user_type": "CASE WHEN n % 100 = 7 THEN '0' ELSE '1' END",
    "confirmed_at": "now() - ({number} - n) * interval '1 second'",
}
CHANGES = {
    "token": "gen_random_uuid()",
    "kind": "(ARRAY['create_retail_user', 'update_retail_user', 'cash_deposit', 'package'])[1 + n % 4]",
    "subject": LANE,
    "state": "CASE WHEN n > {number} - {waiting} THEN 'submitted' WHEN n % 50 = 3 THEN 'rejected' "
    "WHEN n % 100 = 5 THEN 'draft' ELSE 'approved' END",
    "result": "CASE WHEN n > {number} - {waiting} OR n % 50 = 3 OR n % 100 = 5 THEN '' "
    "WHEN n % 100 = 7 THEN 'refused' ELSE 'applied' END",
    "amount": "CASE WHEN n % 4 = 2 THEN n END",
    "risks": "CASE WHEN n % 100 = 1 THEN '[\"limit\"]' ELSE '[]' END::jsonb",
    "made_by_id": "(SELECT min(id) FROM logins_user) + n % 10",
    "decided_by_id": "CASE WHEN n <= {number} - {waiting} THEN (SELECT min(id) FROM logins_user) + 10 + n % 10 END",
    **dict.fromkeys(
        ("created_at", "updated_at", "submitted_at", "decided_at"),
        "now() - ({number} - n) * interval '2 seconds'",
    ),
}
DELIVERIES = {
    "change_id": "n",
    "lane": LANE,
    "reference": "'UL' || n",
    "message_type": "(ARRAY[301, 320, 303, 320])[1 + n % 4]",
    "state": "CASE WHEN n > {number} - 20 THEN 'queued' WHEN n % 5000 = 9 THEN 'unknown' "
    "WHEN n % 100 = 7 THEN 'refused' ELSE 'applied' END",
    "needs_person": "n <= {number} - 20 AND n % 5000 = 9",
    "attempt_count": "1 + (n % 50 = 7)::int",
    "created_at": "now() - ({number} - n) * interval '2 seconds'",
    "finished_at": "CASE WHEN n <= {number} - 20 AND n % 5000 <> 9 "
    "THEN now() - ({number} - n) * interval '2 seconds' END",
}
LIMITS = {
    "retail_user_id": "1 + n * 7919 % ({number} * 4)",
    "reference": "'UL' || n",
    "kind": "CASE WHEN n % 50 = 0 THEN 330 ELSE 303 END",
    "notional_deposit": "NULL::numeric",
    "amount": "100 + n % 100000",
    "confirmed_at": "now() - ({number} - n) * interval '4 seconds'",
}
#: The pages, with {id}: the number of a row in the middle; {user}: its user; {name}: that user's name, and its {part}.
PAGES = """
/users/
/users/?page=400
/users/?sort=-confirmed_at
/users/?sort=name
/users/?sort=-name&page=400
/users/?sort=group_id
/users/?q={user}
/users/?q=R0000
/users/?q=G7/{user}
/users/?q={part}
/users/?q={name}
/users/?q=ab
/users/?status=S
/users/?status=S&sort=name
/users/?status=S&group_id=G0&source=declared
/users/?group_id=G99
/users/?manager_id=M999&sort=name
/users/?work=submitted
/users/?work=submitted&status=S
/search/?q={user}
/search/?q=ABCPS0123B
/search/?q=9000000123
/changes/
/changes/?state=rejected
/changes/?state=rejected&kind=package
/changes/?q={id}
/changes/?q={user}
/changes/?q=form
/changes/?page=400
/changes/?sort=state
/changes/?sort=subject
/changes/mine/
/changes/inbox/
/changes/inbox/?q={user}
/deliveries/
/deliveries/?state=queued
/deliveries/?state=refused
/deliveries/?state=refused&message_type=301
/deliveries/?needs_person=true
/deliveries/?q={user}
/deliveries/?q=UL77
/deliveries/?page=400
/limits/
/limits/?q=UL77
/limits/?q={user}
/limits/?kind=330
/limits/?sort=-amount
/limits/?sort=name
/limits/?sort=retail_user
/
/changes/{id}/
/deliveries/{id}/
/users/{group}/{user}/
/users/{group}/{user}/?tab=history
/users/{group}/{user}/?tab=limits
""".strip().splitlines()
FIGURES = """
/deliveries/queue/
/reports/
/reports/?by=maker
/reports/?since={today}&until={today}
/audit/numbers/
""".strip().splitlines()


def main() -> None:
    """Fill and measure, each size in a process of its own; print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, action="append")
    parser.add_argument(
        "--server", help="of PostgreSQL, with a role that may create databases and switch triggers off"
    )
    parser.add_argument("--within", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.within:
        serve(options.size[0])
        return
    found: dict[int, dict[str, Page]] = {}
    with ExitStack() as stack:
        server = options.server or stack.enter_context(Postgres()).url.rpartition("/")[0]
        portals = {}
        for size in options.size or SIZES:
            portals[size] = Portal(server, size)
            stack.callback(portals[size].end)
            portals[size].ask("/users/")  # which waits until it is filled
        for page in (*PAGES, *FIGURES):
            for portal in portals.values():
                portal.ask(page)  # fills its caches
            rounds = [[portal.ask(page) for portal in portals.values()] for _ in range(TIMES)]
            for size, tried in zip(portals, zip(*rounds, strict=True), strict=True):
                found.setdefault(size, {})[page] = min(tried)
    smallest = found[min(found)]
    print("| page |" + "".join(f" {size:,} |" for size in found))
    print("| --- |" + " --- |" * len(found))
    for page in (*PAGES, *FIGURES):
        cells = [_cell(pages[page], smallest[page]) for pages in found.values()]
        print(f"| `{page}` | {' | '.join(cells)} |")
    slow = [
        f"{page} at {size:,}"
        for size, pages in found.items()
        for page in PAGES
        if _is_slow(pages[page], smallest[page])
    ]
    if slow:
        sys.exit(f"Over {MOST} ms, or over {RATIO} times with as many rows: {', '.join(slow)}.")
    print(f"All pages are within {MOST} ms, and within {RATIO} times where they show as many rows.")


class Page(NamedTuple):
    """Milliseconds of a page and of its queries, and the rows that it shows."""

    took: float
    queries: float
    rows: int


def _cell(page: Page, smallest: Page) -> str:
    ratio = f" {page.took / smallest.took:.1f}x" if page.rows == smallest.rows else ""
    return f"{page.took:.0f} ({page.queries:.0f}), {page.rows}{ratio}"


def _is_slow(page: Page, smallest: Page) -> bool:
    return page.took > MOST or (page.rows == smallest.rows and page.took > RATIO * smallest.took)


class Portal:
    """The portal with one size of database, in a process of its own that asks itself for pages."""

    def __init__(self, server: str, size: int) -> None:
        name = f"scale_{size}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                admin.execute(f'CREATE DATABASE "{name}"')
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--within", "--size", str(size)],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | ENVIRONMENT | {"DATABASE_URL": f"{server}/{name}"},
        )

    def ask(self, page: str) -> Page:
        """Ask for a page once."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{page}\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith(ANSWER):  # logs come between
                return Page(*json.loads(line.removeprefix(ANSWER)))
        sys.exit(f"The process of {page} ended.")

    def end(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def serve(size: int) -> None:
    """Fill the database that the settings name, where it is empty, and ask for each page that stdin names."""
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import Permission
    from django.core.management import call_command
    from django.test import Client, override_settings
    from django.utils import timezone

    from accounts.models import RetailUser
    from backoffice.logins.models import User

    call_command("migrate", verbosity=0)
    if not RetailUser.objects.exists():
        User.objects.bulk_create(User(username=f"staff{n:02}") for n in range(20))
        fill(size)
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}, ALLOWED_HOSTS=["*"]).enable()
    person = User.objects.get(username="staff00")
    person.user_permissions.set(Permission.objects.all())
    client = Client(SERVER_NAME="localhost")
    client.force_login(person)
    middle = RetailUser.objects.order_by("pk")[size // 2]
    words = {"id": size // 4, "user": middle.user_id, "name": middle.name.replace(" ", "+")}
    words |= {"group": middle.group_id, "today": timezone.localdate().isoformat()}
    words["part"] = middle.name[-6:]
    client.get("/users/")
    gc.freeze()  # as the web server does (`gunicorn.conf.py`)
    for line in sys.stdin:
        print(ANSWER + json.dumps(_page(client, line.strip().format(**words))), flush=True)


def fill(size: int) -> None:
    """As many users, and what belongs to them. Guards and foreign keys are not asked: they cost more than the rows."""
    from django.db import connection

    from tests.factories import (
        ChangeFactory,
        DeliveryFactory,
        LimitUpdateFactory,
        RetailUserFactory,
        StaffFactory,
    )

    staff = StaffFactory.build()
    change = ChangeFactory.build(made_by=staff, decision_reason="Not the form of the client.")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for example, number, columns in (
            (RetailUserFactory.build(), size, USERS),
            (change, size // 2, CHANGES),
            (DeliveryFactory.build(change=change, content_hash="0" * 64), size // 2, DELIVERIES),
            (LimitUpdateFactory.build(retail_user=RetailUserFactory.build()), size // 4, LIMITS),
        ):
            copies(cursor, example, number, columns)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")  # or PostgreSQL writes the rows to disk while pages are measured


def copies(cursor: Any, example: Any, number: int, columns: dict[str, str]) -> None:
    """Insert rows 1 to `number` like the example, but for these columns, given as SQL over n."""
    from django.db import connection
    from django.utils import timezone

    meta = example._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    waiting = min(WAITING, number // 10)
    said, values = [], []
    for field in fields:
        if field.column in columns:
            said.append(columns[field.column].format(number=number, waiting=waiting))
        else:
            value = field.pre_save(example, add=True) or (
                timezone.now() if getattr(field, "auto_now", False) else getattr(example, field.attname)
            )
            said.append("%s")
            values.append(field.get_db_prep_save(value, connection))
    names = ", ".join(f'"{field.column}"' for field in fields)
    chosen = ", ".join(text if text == "%s" else text.replace("%", "%%") for text in said)
    cursor.execute(
        f"INSERT INTO {meta.db_table} ({names}) SELECT {chosen} FROM generate_series(1, {number}) AS n",
        values,
    )


def _page(client: Any, address: str) -> Page:
    """Ask for a page."""
    from django.db import connection, reset_queries

    connection.force_debug_cursor = True
    reset_queries()
    started = time.perf_counter()
    answer = client.get(address, follow=True)
    took = time.perf_counter() - started
    assert answer.status_code == 200, (address, answer.status_code)
    queries = sorted(connection.queries, key=lambda query: -float(query["time"]))
    connection.force_debug_cursor = False
    if os.environ.get("SLOWEST"):
        for query in queries[:2]:
            print(f"{address}: {query['time']} {query['sql']}", file=sys.stderr)
    rows = sum(body.count("<tr") for body in re.findall(r"<tbody.*?</tbody>", answer.text, re.DOTALL))
    return Page(took * 1000, sum(float(query["time"]) for query in queries) * 1000, rows)


if __name__ == "__main__":
    main()
