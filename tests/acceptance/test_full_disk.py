"""PostgreSQL's disk is full while people work: what the portal reports as done is done, and nothing is done twice."""

import json
import urllib.error
import urllib.request
from collections import Counter
from contextlib import suppress

import psycopg
import pytest

from standins.odin.store import Store
from tests.acceptance.outage import Desk, Requests
from tests.faults.disks import SmallDisk
from tests.faults.installation import wait_until
from tests.faults.servers import Postgres
from tests.portals import Portal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.mount,
    pytest.mark.skipif(
        Postgres.programs() is None, reason="needs PostgreSQL's programs (Debian: apt-get install postgresql)"
    ),
    pytest.mark.skipif(
        not SmallDisk.allowed(), reason="needs the right to mount a small file system in memory"
    ),
]

#: Seconds: calls end, and leases with them, while the test looks.
TIMES = {
    "ODIN_CONNECT_TIMEOUT": "2",
    "ODIN_READ_TIMEOUT": "4",
    "ODIN_TOTAL_TIMEOUT": "4",
    "DELIVERY_LEASE_SECONDS": "6",
}
#: How many creates are approved before, and how many while the disk is full or afterwards: more than fit into
#: the tables' last pages.
BEFORE, AFTER = 2, 40


def ready(portal):
    """The states of the portal's parts, and the HTTP status."""
    try:
        with urllib.request.urlopen(f"{portal.url}/health/ready", timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def slow_odin(portal):
    """ODIN takes long for each creation, so that some are under way when the disk is full."""
    fault = {"fault": "latency", "match": {"type": 301}, "seconds": 2, "times": 4}
    request = urllib.request.Request(
        f"{portal.odin_url}/faults", json.dumps(fault).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=5).close()


def approve_one_by_one(desk, count):
    """Approve this many; return those reported as done, and those that still wait for the checker."""
    done = 0
    again = []
    for _ in range(count):
        approval, said = desk.waiting[0], Requests()
        desk.approve(1, said)
        if said.failures:
            again.append(approval)
        else:
            done += 1
    return done, again


def settles_the_rest(portal, desk, again, started):
    """What could not be approved is approved now; ODIN has each creation once, and no process was started again."""
    desk.waiting = [*again]
    assert approve_one_by_one(desk, len(again)) == (len(again), [])
    wait_until(desk.all_applied, "so is what could not be approved meanwhile")
    assert portal.processes == started
    store = Store(str(portal.var / "standin.sqlite3"))
    applied = Counter(line.user_id for line in store.ledger(limit=1000) if line.type == 301 and line.applied)
    store.close()
    assert (len(applied), set(applied.values())) == (BEFORE + AFTER, {1})


def use_up_the_log(postgres):
    """Write to the log until PostgreSQL has ended for want of room."""
    while not postgres.ended():
        with suppress(psycopg.OperationalError), psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("SELECT pg_logical_emit_message(false, 'test', repeat('x', 100000))")


@pytest.fixture
def portal_on(tmp_path):
    """Starts a portal on a database, with a checker at work."""
    portals = []

    def start(url):
        portal = Portal(tmp_path, url, "")
        portals.append(portal)
        portal.environment |= TIMES
        portal.prepare()
        portal.start_all()
        desk = Desk(portal, changes=BEFORE + AFTER, batches=0)
        desk.approve(BEFORE, Requests())
        wait_until(desk.all_applied, "what was approved before is applied", 60)
        return portal, desk

    yield start
    for portal in portals:
        portal.stop()


def test_while_no_table_can_grow(portal_on):
    with SmallDisk(128) as disk, Postgres() as postgres:
        portal, desk = portal_on(postgres.database_on(disk.folder))
        started = dict(portal.processes)
        assert ready(portal)[1]["database"] == "ok"
        slow_odin(portal)
        desk.approve(4, Requests())
        wait_until(lambda: desk.deliveries().get("in_flight"), "ODIN has them")
        disk.fill()
        done, again = approve_one_by_one(desk, AFTER - 4)
        assert again, "somebody was told that it could not be done"
        status, parts = ready(portal)
        assert (status, parts["database"]) == (503, "its disk is full: nothing can be stored")
        assert desk.sees("/changes/inbox/"), "what is there can still be read"
        disk.free()
        assert sum(desk.deliveries().values()) == BEFORE + 4 + done
        wait_until(desk.all_applied, "what was approved meanwhile is applied")
        assert ready(portal)[0] == 200
        settles_the_rest(portal, desk, again, started)


def test_while_the_log_cannot_grow_and_postgresql_ends(portal_on):
    with SmallDisk(64) as disk, Postgres(wal=disk.folder) as postgres:
        portal, desk = portal_on(postgres.url)
        started = dict(portal.processes)
        slow_odin(portal)
        desk.approve(4, Requests())
        wait_until(lambda: desk.deliveries().get("in_flight"), "ODIN has them")
        disk.fill()
        use_up_the_log(postgres)
        done, again = approve_one_by_one(desk, AFTER - 4)
        assert done == 0
        assert ready(portal) == (503, {"database": "does not answer"})
        disk.free()
        postgres.start()
        assert sum(desk.deliveries().values()) == BEFORE + 4
        wait_until(desk.all_applied, "what was under way is applied")
        assert ready(portal)[0] == 200
        settles_the_rest(portal, desk, again, started)
