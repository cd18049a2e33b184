"""The database's machine dies while workers deliver, and its standby takes over; then a backup of it is restored."""

import psycopg
import pytest
import requests

from benchmarks.audit import FILL
from standins.odin.store import Store
from tests.acceptance.outage import Desk, Requests
from tests.faults.installation import TIMES, wait_until
from tests.faults.proxy import Proxy
from tests.faults.servers import Postgres, Standby
from tests.portals import Portal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        Postgres.programs() is None, reason="needs PostgreSQL's programs (Debian: apt-get install postgresql)"
    ),
]

#: What is approved; a file has three rows.
CHANGES, FILES = 4, 12
#: Entries of the trail beside those of the story.
ENTRIES = 20_000
SEAL = """
from django.core.management import call_command
from backoffice.audit.seals import seal_new
while seal_new(): pass
call_command("audit_verify", "--print-head")
"""
#: The checks find guards that are missing.
VERIFY = """
from django.core.management import call_command
call_command("check", databases=["default"])
call_command("audit_verify", "--head", "{}")
"""
APPLIED = "SELECT lane FROM delivery_delivery WHERE state = 'applied'"
COUNTED = (
    "SELECT (SELECT count(*) FROM audit_entry), (SELECT count(*) FROM audit_seal),"
    " (SELECT count(*) FROM delivery_attempt), (SELECT count(*) FROM accounts_retailuser)"
)


def rows(url, statement):
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def follow(primary, standby):
    """Let the primary confirm nothing before the standby has it."""
    with psycopg.connect(primary.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        connection.execute("SELECT pg_reload_conf()")
    replicas = "SELECT sync_state FROM pg_stat_replication"
    wait_until(lambda: rows(primary.url, replicas) == [("sync",)], "the standby follows the primary")


def created(var):
    """How often ODIN was asked to create each user, and how often it did."""
    store = Store(str(var / "standin.sqlite3"))
    lines = [(f"{line.group_id}/{line.user_id}", line.applied) for line in store.ledger() if line.type == 301]
    store.close()
    return [lane for lane, _ in lines], [lane for lane, applied in lines if applied]


def test_a_promoted_standby_has_all_that_was_confirmed_and_its_backup_passes_verification(tmp_path):
    with Postgres() as primary, Standby(primary) as standby, Proxy(primary.port) as address:
        follow(primary, standby)
        url = primary.url.replace(f":{primary.port}/", f":{address.port}/")
        portal = Portal(tmp_path, url, "")
        portal.environment |= TIMES
        try:
            portal.prepare()
            with psycopg.connect(url) as connection:
                connection.execute(FILL, {"number": ENTRIES})
            portal.start_all()
            latency = {"fault": "latency", "times": -1, "seconds": 0.5}
            requests.post(f"{portal.odin_url}/faults", json=latency, timeout=10).raise_for_status()
            desk, said = Desk(portal, changes=CHANGES, batches=FILES), Requests()
            desk.approve(CHANGES + FILES, said)
            wait_until(lambda: len(rows(url, APPLIED)) >= 4, "workers deliver")
            primary.kill()
            confirmed = {lane for (lane,) in rows(standby.url, APPLIED)}
            standby.promote()
            address.lead_to(standby.port)
            assert not desk.all_applied(), "some were still to be delivered"
            wait_until(desk.all_applied, "the workers go on with the standby", 60)

            assert said.failures == []
            asked, done = created(tmp_path)
            assert len(done) == len(set(done)) == CHANGES + 3 * FILES, "each user once"
            assert set(done) == {lane for (lane,) in rows(url, APPLIED)}
            assert [lane for lane in asked if lane in confirmed] == [
                lane for lane in done if lane in confirmed
            ]

            portal.stop()
            head = portal.manage("shell", "-v", "0", "-c", SEAL).rpartition("Head: ")[2].strip()
            restored = restore(standby)
            assert rows(restored, COUNTED) == rows(url, COUNTED)
            verify = ("shell", "-v", "0", "-c", VERIFY.format(head))
            assert " 0 are not sealed yet" in portal.manage(*verify, DATABASE_URL=restored)
            with psycopg.connect(restored) as connection:
                connection.execute("SET session_replication_role = replica")
                connection.execute("UPDATE audit_entry SET text = 'Nothing.' WHERE id = 77")
            with pytest.raises(AssertionError, match="77"):
                portal.manage(*verify, DATABASE_URL=restored)
        finally:
            portal.stop()


def restore(server):
    """Back the server's database up as docs/deployment.md says, restore it as another, and give its address."""
    there = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres"]
    dump = str(server.folder / "portal.dump")
    server.run("pg_dump", *there, "--format=custom", f"--file={dump}", "postgres")
    server.run("createdb", *there, "restored")
    server.run("pg_restore", *there, "--exit-on-error", "--dbname=restored", dump)
    return server.url.removesuffix("postgres") + "restored"
