"""While the broker is down, no user's request fails or waits, and what was approved goes out at its return."""

import pytest

from standins.odin.store import Store
from tests.acceptance.outage import Desk, Requests
from tests.faults.installation import wait_until
from tests.faults.proxy import Proxy, Way
from tests.faults.servers import RabbitMQ, Redis
from tests.portals import Portal

pytestmark = pytest.mark.slow

needs_redis = pytest.mark.skipif(
    Redis.program() is None, reason="needs Redis's program (Debian: apt-get install redis-server)"
)
needs_rabbitmq = pytest.mark.skipif(
    RabbitMQ.program() is None, reason="needs RabbitMQ's program (Debian: apt-get install rabbitmq-server)"
)


@needs_redis
def test_a_broker_that_is_away_keeps_no_request_waiting_and_loses_nothing(tmp_path):
    with Redis() as redis, Proxy(redis.port) as proxy:
        portal = Portal(tmp_path, "", f"redis://127.0.0.1:{proxy.port}/0")
        try:
            portal.prepare()
            portal.start_all()
            desk = Desk(portal, changes=8, batches=2)
            said = Requests()
            desk.approve(2, said)
            wait_until(desk.all_applied, "what was approved with a broker is applied", 60)
            proxy.become(Way.REFUSED)
            desk.approve(3, said)
            proxy.become(Way.SILENT)
            # A request that waited for the broker would be given up by its client after ten seconds.
            desk.approve(5, said)
            assert (said.failures, desk.waiting) == ([], [])
            assert sum(desk.deliveries().values()) == 8 + 2 * 3
            proxy.become(Way.THROUGH)
            wait_until(desk.all_applied, "all that was approved meanwhile goes out", 30)
        finally:
            portal.stop()


@pytest.mark.parametrize(
    "kind", [pytest.param(Redis, marks=needs_redis), pytest.param(RabbitMQ, marks=needs_rabbitmq)]
)
def test_connections_that_die_without_a_word_are_replaced_and_each_message_goes_out_once(tmp_path, kind):
    with kind() as broker, Proxy(broker.port) as proxy:
        portal = Portal(tmp_path, "", broker.url.replace(f":{broker.port}/", f":{proxy.port}/"))
        try:
            portal.prepare()
            portal.start_all()
            started = dict(portal.processes)
            desk = Desk(portal, changes=12, batches=1)
            said = Requests()
            desk.approve(2, said)
            wait_until(desk.all_applied, "what was approved with a broker is applied", 60)
            proxy.lose()
            desk.approve(5, said)
            wait_until(desk.all_applied, "what was approved over dead connections goes out", 60)
            proxy.become(Way.SILENT)
            desk.approve(3, said)
            proxy.become(Way.THROUGH, resets=False)
            desk.approve(3, said)
            wait_until(desk.all_applied, "what was approved while nothing came through goes out", 60)
            assert (said.failures, desk.waiting) == ([], [])
            assert portal.processes == started, "each found on its own that its connection was dead"
        finally:
            portal.stop()
    store = Store(str(tmp_path / "standin.sqlite3"))
    assert sum(line.type == 301 for line in store.ledger(limit=100)) == 12 + 3
    store.close()
