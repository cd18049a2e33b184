"""Workers that are killed in the middle of a file: the check and the sending go on, and nothing happens twice."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request

import pytest

from backoffice.batches.file import columns
from backoffice.changes.kinds import file_kind
from tests.factories import retail_user_values
from tests.portals import ROOT, Portal, wait_for

#: Rows of the file, and those among them that ODIN gets.
ROWS, VALID = 4000, 120

UPLOAD = """
from pathlib import Path
from backoffice.batches import operations
from backoffice.logins.models import User
maker = User.objects.get(username="maker")
path = Path({path!r})
batch = operations.upload("create_retail_user", [path.read_bytes()], path.name, by=maker).batch
operations.check(batch.pk, by=maker)
print(batch.pk)
"""


@pytest.fixture
def portal(tmp_path):
    """Stand-in, worker and beat of a portal of their own, with short leases."""
    portal = Portal(tmp_path, "", "")
    portal.environment |= {
        "BATCH_LEASE_SECONDS": "1",
        "ODIN_CONNECT_TIMEOUT": "4",
        "ODIN_READ_TIMEOUT": "4",
        "ODIN_TOTAL_TIMEOUT": "5",
        "DELIVERY_LEASE_SECONDS": "6",
        "DELIVERY_HOLD_SECONDS": "1",
    }
    try:
        portal.prepare()
        for name in ("stand-in", "worker", "beat"):
            portal.start(name)
        wait_for(f"{portal.odin_url}/")
        yield portal
    finally:
        portal.stop()


#: A worker that is killed by the system as soon as it reads the first rows, as where memory runs out.
KILLED = """
import os, signal
from backoffice.batches import tasks
from backoffice.batches.check.checking import Checking
Checking.step = lambda self: os.kill(os.getpid(), signal.SIGKILL)
tasks.work_due()
"""

#: And one that is killed when it has read a thousand rows, before it has stored the second half of them.
KILLED_AMID = """
import os, signal
from django.db import transaction
from backoffice.batches import tasks
from backoffice.batches.check import checking
plain, stored = checking.store, []
def store(*given):
    with transaction.atomic():
        plain(*given)
        stored.append(given)
        if len(stored) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
checking.store = store
tasks.work_due()
"""


def kill(portal, name):
    """As when the machine loses its power."""
    process = portal.processes[name]
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run_killed(portal, script):
    """Run a worker that is killed by its own script."""
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", script]
    done = subprocess.run(command, cwd=ROOT, env=portal.environment, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


def ask(portal, statement):
    """One value out of the portal's database."""
    with sqlite3.connect(portal.var / "portal.sqlite3", timeout=30) as database:
        return database.execute(statement).fetchone()[0]


def until(portal, statement, wanted, seconds=300):
    """Wait until a value of the database fits; gives it back."""
    end = time.monotonic() + seconds
    while not wanted(value := ask(portal, statement)):
        assert time.monotonic() < end, f"{statement}: {value}\n{portal.log('worker')[-2000:]}"
        time.sleep(0.02)
    return value


def at_odin(portal, page):
    """What the stand-in has."""
    with urllib.request.urlopen(f"{portal.odin_url}/{page}", timeout=10) as answer:
        return json.load(answer)


def write_file(path):
    """New retail users, most of them without a name."""
    shown = columns.columns(file_kind("create_retail_user").layout)
    names = [column.name for column in shown if "." not in column.path]
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(names)
        for number in range(ROWS):
            values = retail_user_values(
                user_id=f"R{number:05}",
                reference="",
                name="Asha Testwala" if number < VALID else "",
                products=[],
            )
            cells = [values.get(name, "") for name in names]
            writer.writerow([";".join(cell) if isinstance(cell, list) else cell for cell in cells])


@pytest.mark.slow
def test_workers_killed_while_checking_and_while_sending_lose_and_double_nothing(portal, tmp_path):
    path = tmp_path / "users.csv"
    write_file(path)
    kill(portal, "worker")
    number = portal.manage("shell", "--verbosity", "0", "-c", UPLOAD.format(path=str(path))).split()[-1]

    run_killed(portal, KILLED_AMID)
    assert 0 < ask(portal, "SELECT count(*) FROM batches_row") < ROWS
    assert ask(portal, "SELECT state FROM batches_batch") == "checking"
    portal.start("worker")
    until(portal, "SELECT state FROM batches_batch", lambda state: state == "checked")
    assert ask(portal, "SELECT count(*) FROM batches_row") == ROWS
    assert ask(portal, "SELECT count(DISTINCT number) FROM batches_row") == ROWS
    assert ask(portal, "SELECT good + warned FROM batches_batch") == VALID
    assert ask(portal, "SELECT wrong FROM batches_batch") == ROWS - VALID

    submit = "from backoffice.batches.decide import decisions; from backoffice.logins.models import User; "
    submit += (
        f'decisions.submit({number}, by=User.objects.get(username="maker"), mode="valid", reason="Restart")'
    )
    portal.manage("shell", "--verbosity", "0", "-c", submit)
    portal.manage("batch_approve", number, "--by", "checker")
    # A creation that was sent twice is followed by updates, which make its values certain.
    applied = "SELECT count(*) FROM delivery_delivery WHERE state = 'applied' AND message_type = 301"
    for enough in (VALID // 4, VALID // 2):
        until(portal, applied, lambda count, enough=enough: count >= enough)
        kill(portal, "worker")
        portal.start("worker")
    until(portal, applied, lambda count: count == VALID)

    expected = [f"R{number:05}" for number in range(VALID)]
    assert sorted(user["user_id"] for user in at_odin(portal, "users.json")) == expected
    created = [entry for entry in at_odin(portal, "ledger.json") if entry["type"] == 301 and entry["applied"]]
    assert sorted(entry["user_id"] for entry in created) == expected
    until(portal, "SELECT finished_at FROM batches_batch", lambda at: at is not None)
    result = list(csv.DictReader(portal.manage("batch_result", number).removeprefix("\ufeff").splitlines()))
    assert [row["user_id"] for row in result if row["Portal status"] == "Applied"] == expected
    assert {row["Portal status"] for row in result[VALID:]} == {"Has errors"}


@pytest.mark.slow
def test_a_file_that_kills_three_workers_is_not_tried_again(tmp_path):
    portal = Portal(tmp_path, "", "")
    portal.environment["BATCH_LEASE_SECONDS"] = "1"
    portal.prepare()
    path = tmp_path / "users.csv"
    write_file(path)
    number = int(
        portal.manage("shell", "--verbosity", "0", "--command", UPLOAD.format(path=str(path))).split()[-1]
    )
    state = f"SELECT state || ' ' || failures || ' ' || problem FROM batches_batch WHERE id = {number}"
    free = f"SELECT coalesce(lease_until, '') < datetime('now') FROM batches_batch WHERE id = {number}"
    for _ in range(3):
        until(portal, free, bool)
        run_killed(portal, KILLED)
    try:
        for name in ("worker", "beat"):
            portal.start(name)
        words = until(portal, state, lambda found: found.startswith("uploaded"))
    finally:
        portal.stop()
    assert "failed 3 times before its first row" in words
