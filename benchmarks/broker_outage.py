"""A checker approves while the broker is away: the outcome of the requests, and when all was out after its return.

    .venv/bin/python benchmarks/broker_outage.py --minutes 10 --way silent

The portal's own processes on SQLite, with a private Redis behind a proxy that refuses connections or falls silent.
"""

import argparse
import math
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.acceptance.outage import Desk, Requests
from tests.faults.installation import wait_until
from tests.faults.proxy import Proxy, Way
from tests.faults.servers import Redis
from tests.portals import Portal

#: How many requests are made with a broker first, for comparison.
BEFORE = 40
#: Of ten requests one approves a file of three rows.
FILES = 0.1


def main() -> None:
    """Print the figures of one outage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=0.5, help="how long the broker is away")
    parser.add_argument("--way", choices=[Way.REFUSED.value, Way.SILENT.value], default=Way.REFUSED.value)
    parser.add_argument("--pace", type=float, default=1.0, help="seconds from one request to the next")
    options = parser.parse_args()
    count = math.ceil(options.minutes * 60 / options.pace)
    files = int(count * FILES)
    with tempfile.TemporaryDirectory() as var, Redis() as redis, Proxy(redis.port) as proxy:
        portal = Portal(Path(var), "", f"redis://127.0.0.1:{proxy.port}/0")
        try:
            portal.prepare()
            portal.start_all()
            desk = Desk(portal, changes=BEFORE + count - files, batches=files)
            measure(desk, proxy, count, Way(options.way), options.pace)
        finally:
            portal.stop()


def measure(desk: Desk, proxy: Proxy, count: int, way: Way, pace: float) -> None:
    """Approve with a broker, then without one, then wait until all is out."""
    before, meanwhile = Requests(), Requests()
    desk.approve(BEFORE, before, pace=0.2)
    wait_until(desk.all_applied, "all is applied while the broker is there", 120)
    print(f"with a broker: {before}")
    proxy.become(way)
    away = time.monotonic()
    desk.approve(count, meanwhile, pace)
    print(f"{way.value} for {time.monotonic() - away:.0f} s: {meanwhile}")
    states = desk.deliveries()
    waiting = sum(number for state, number in states.items() if state != "applied")
    print(f"deliveries that waited for its return: {waiting}")
    proxy.become(Way.THROUGH)
    back, first = time.monotonic(), 0.0
    while not desk.all_applied():
        if not first and desk.deliveries() != states:
            first = time.monotonic() - back
        time.sleep(0.1)
    print(
        f"after its return the first went out within {first:.1f} s, the last {time.monotonic() - back:.1f} s"
    )


if __name__ == "__main__":
    main()
