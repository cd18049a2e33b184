"""Orders of a run a second, and how exact its pace is over processes.

    python benchmarks/runs.py [--lines 40] [--seconds 30]

First a run of one client at a service with 0 and with 50 ms before each answer, with rows, audit, caps and checks,
beside bare `requests` that sends the same orders one after the other. The limit is set high for it. Then the pace
alone: four processes that take moments as fast as they come, at 5 a second. On a private PostgreSQL with fsync.
Rounds are interleaved and the best of each counts, since machines are noisy; read the ratios.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.faults.servers import Postgres

if TYPE_CHECKING:
    from backoffice.changes.models import Change
    from backoffice.logins.models import User
    from partners.models import Partner

LATENCIES = (0.0, 0.05)
PROCESSES = 4
RATE = 5.0
KEY = "interactive-key-of-the-desk"
SELF = [sys.executable, __file__]


def serve() -> None:
    """A service that logs every user in and takes every order, after as many seconds as its address says."""

    class Service(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        count = 0

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if "/orders/" in self.path:
                time.sleep(float(self.path.split("/")[1]))
                Service.count += 1
                data: dict[str, object] = {"orderId": f"NWSYF{Service.count:07d}"}
            else:
                data = {"access_token": uuid.uuid4().hex, "user_id": "DEMO1"}
            self._answer(data)

        def do_DELETE(self) -> None:
            self._answer({})

        def _answer(self, data: dict[str, object]) -> None:
            body = json.dumps({"status": "success", "code": "s-101", "data": data}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    print(server.server_port, flush=True)
    server.serve_forever()


def set_up(database: str, port: str) -> None:
    """Django on a private database."""
    os.environ |= {"TEST_DATABASE_URL": database, "LOG_LEVEL": "ERROR"}
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import logging

    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    from django.conf import settings

    for name, value in {
        "CONNECTOR": True,
        "CONNECTOR_MODELS": ["1", "2", "3"],
        "CONNECTOR_PUBLIC_URL": "https://connect.example",
        "CONNECTOR_KEYS_URL": "https://keys.example",
        "CONNECTOR_ORDERS_PER_SECOND": 10_000.0,
        "REST_BASE_URL": f"http://127.0.0.1:{port}/interactive",
        "REST_API_KEY": "k" * 16,
        "REST_X_API_KEY": "k" * 16,
        "DESK_CLIENT_CAP": 10**11,
    }.items():
        setattr(settings, name, value)


def rates(database: str, port: str, lines: int, rounds: int) -> None:
    """Runs beside bare requests, with each latency."""
    set_up(database, port)
    from django.contrib.auth.models import Group
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from backoffice.logins.models import User
    from tests.runs.conftest import client_of, consent_of

    people = []
    for name in ("maker", "checker"):
        person = User.objects.create_user(name)
        person.groups.add(Group.objects.get(name=name))
        people.append(person)
    partner = _partner(port, *people)
    client = client_of("DEMO1", "ABCPT1001K")
    consent_of(client, partner, people[0], cap_run=10**9, cap_day=10**10)
    _scrips(lines)
    for latency in LATENCIES:
        _endpoint(partner, port, latency)
        best_run, best_bare = 0.0, 0.0
        for _ in range(rounds):
            best_run = max(best_run, lines / _run(partner, lines, *people))
            best_bare = max(best_bare, lines / _bare(port, latency, lines))
        print(
            f"{latency * 1000:.0f} ms: {best_run:.1f} orders a second through a run, {best_bare:.1f} by bare "
            f"requests: {best_run / best_bare:.2f}",
            flush=True,
        )


def _partner(port: str, maker: "User", checker: "User") -> "Partner":
    from types import SimpleNamespace

    from tests.runs.conftest import own_partner

    service = SimpleNamespace(base=f"http://127.0.0.1:{port}/0/interactive")
    partner: Partner = own_partner(service, maker, checker)
    return partner


def _endpoint(partner: "Partner", port: str, latency: float) -> None:
    from partners.models import ApiKey

    ApiKey.objects.filter(partner=partner).update(endpoint=f"http://127.0.0.1:{port}/{latency}/interactive")


def _scrips(count: int) -> None:
    from django.utils import timezone

    from markets.models import Scrip, ScripImport, State

    own = ScripImport.objects.create(
        exchange="NSE_EQ", source="NSE_EQ.json", state=State.CURRENT, current_since=timezone.now()
    )
    Scrip.objects.bulk_create(
        Scrip(
            scrip_import=own, exchange="NSE_EQ", token=900001 + number, symbol=f"S{number}", series="EQ",
            lot=1, tick=5, mark=1,
        )
        for number in range(count)
    )  # fmt: skip


def _run(partner: "Partner", lines: int, maker: "User", checker: "User") -> float:
    """Publish, propose and open a run, then place it. Seconds of the placing alone, login and logout included."""
    from datetime import timedelta
    from decimal import Decimal

    from django.utils import timezone

    from backoffice.changes import operations as changes
    from backoffice.protocol.secret import SecretText
    from partners import baskets
    from runs import operations, placing
    from runs.models import ClientState, RunClient
    from tests.partners.conftest import line
    from trading.credentials import Credentials

    def approve(change: "Change") -> None:
        changes.approve(change.pk, by=checker, content_hash=change.content_hash)

    basket = baskets.make(partner, uuid.uuid4().hex[:8], "GROWTH", by=maker)
    rows = [line(900001 + number, f"S{number}", quantity=1, price=Decimal(10)) for number in range(lines)]
    moment = timezone.now()
    version = baskets.save_version(
        basket, rows, risk_text="x", prices_as_of=moment, valid_until=moment + timedelta(hours=6), by=maker
    )
    approve(baskets.submit(version, by=maker, reason="x", token=uuid.uuid4()))
    run = operations.propose(version, ["HO/DEMO1"], by=maker, reason="x", token=uuid.uuid4())
    assert run.change
    approve(run.change)
    RunClient.objects.filter(run=run).update(state=ClientState.OPENED)
    own = RunClient.objects.select_related("client", "run", "version__basket__partner").get(run=run)
    typed = placing.Typed(Credentials(SecretText("x" * 8), SecretText("123456")), "TOTP", uuid.uuid4())
    placing.LONGEST = 600.0
    started = time.perf_counter()
    placing.place(own, typed)
    took = time.perf_counter() - started
    own.refresh_from_db()
    assert own.state == ClientState.DONE, (own.state, own.why)
    return took


def _bare(port: str, latency: float, lines: int) -> float:
    """Send these orders with `requests`, each on its own connection."""
    import requests

    order = {
        "scrip_info": {"exchange": "NSE_EQ", "scrip_token": 900001},
        "transaction_type": "BUY",
        "product_type": "DELIVERY",
        "order_type": "RL",
        "quantity": 1,
        "price": 10,
        "order_identifier": "ABCDEFGH",
        "algo_id": "ALGO0001",
    }
    address = f"http://127.0.0.1:{port}/{latency}/interactive/transactional/v1/orders/regular"
    started = time.perf_counter()
    for _ in range(lines):
        requests.post(address, json=order, headers={"x-api-key": KEY}, timeout=20).json()
    return time.perf_counter() - started


def take(database: str, seconds: float) -> None:
    """Take moments as fast as they come, and print when each came."""
    set_up(database, "9")
    from django.conf import settings

    from runs import pace

    settings.CONNECTOR_ORDERS_PER_SECOND = RATE
    until = time.time() + seconds + 3
    while time.time() < until:
        pace.wait()
        print(time.time(), flush=True)


def paces(database: str, seconds: float) -> None:
    """Four processes at once; how many orders left within the time in the middle, and in the fullest second."""
    import bisect

    began = [
        subprocess.Popen(
            [*SELF, "--take", str(seconds), "--database", database], stdout=subprocess.PIPE, text=True
        )
        for _ in range(PROCESSES)
    ]
    moments = sorted(float(line) for one in began for line in one.communicate()[0].splitlines())
    start = moments[0] + 2.0
    counted = sum(start <= one < start + seconds for one in moments)
    fullest = max(bisect.bisect_left(moments, one + 1.0) - place for place, one in enumerate(moments))
    wanted = RATE * seconds
    print(
        f"{PROCESSES} processes, {RATE:g} a second: {counted} orders in {seconds:g} s, {counted / wanted - 1:+.1%}; "
        f"{fullest} in the fullest second",
        flush=True,
    )


def main() -> None:
    """Both, on a private database."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--rates", default="", help="Port of the service; for its own process.")
    parser.add_argument("--take", type=float, default=0.0)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    if options.serve:
        return serve()
    if options.rates:
        return rates(options.database, options.rates, options.lines, options.rounds)
    if options.take:
        return take(options.database, options.take)
    print(f"Load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.", flush=True)
    with ExitStack() as stack:
        stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-"))
        database = stack.enter_context(Postgres(fsync=True)).url
        server = subprocess.Popen([*SELF, "--serve"], stdout=subprocess.PIPE, text=True)
        stack.callback(server.kill)
        port = server.stdout.readline().strip() if server.stdout else ""
        measured = ["--rates", port, "--lines", str(options.lines), "--rounds", str(options.rounds)]
        subprocess.run([*SELF, *measured, "--database", database], check=True)
        paces(database, options.seconds)
    print(f"Load average {os.getloadavg()[0]:.1f}.", flush=True)


if __name__ == "__main__":
    main()
