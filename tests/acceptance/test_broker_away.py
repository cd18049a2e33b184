"""While the broker is away nobody's request fails or waits for it, and what was approved goes out at its return."""

import pytest

from tests.acceptance.conftest import Portal
from tests.acceptance.outage import Desk, Requests
from tests.faults.installation import wait_until
from tests.faults.proxy import Proxy, Way
from tests.faults.servers import Redis

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        Redis.program() is None, reason="needs Redis's program (Debian: apt-get install redis-server)"
    ),
]


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
