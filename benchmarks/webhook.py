"""Order messages: received and committed a second, how soon each is answered, and read out of order by the 100,000.

    TEST_DATABASE_URL=postgres://... python benchmarks/webhook.py [--seconds 6] [--messages 100000]

Two gunicorn workers on PostgreSQL, beside a bare view that inserts one row under the same middleware. The load comes
from this process, so that the figures are those of one machine that does both. GetOrderDetails with 50 lines is timed
without its AuthCode check.
"""

import argparse
import http.client
import json
import os
import random
import resource
import socket
import subprocess
import sys
import threading
import time
import uuid
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import setup_databases, setup_test_environment, teardown_databases
from django.utils import timezone

from backoffice.changes import operations as changes
from backoffice.changes.models import Change
from backoffice.connector.api.lines import Line
from backoffice.connector.client import AuthCheck
from backoffice.protocol.secret import SecretText
from benchmarks.shared import person
from markets.models import Scrip, ScripImport, State
from partners import baskets, inbox, invitations, registry, visits
from partners.models import InboxMessage, Invitation, Partner, PartnerClient, ReportedOrder
from tests.factories import RetailUserFactory

TOKEN = "application-token-of-the-desk"
THREADS = 8
LINES = 50


def prepare() -> tuple[str, Invitation]:
    """A partner, a published basket of 50 lines and an invitation. Gives back the webhook's path."""
    maker, checker = person("maker", "maker"), person("checker", "checker")

    def approve(change: Change) -> None:
        changes.approve(change.pk, by=checker, content_hash=change.content_hash)

    entry: dict[str, Any] = {
        "code": "desk", "name": "Desk", "kind": "own", "state": "active", "models": ["1"],
        "application_token": SecretText(TOKEN), "partner_ids": [{"partner_id": "A1B2C3", "broker": "Sample"}],
        "products": [{"code": "GROWTH", "name": "", "algo_id": ""}],
    }  # fmt: skip
    approve(registry.propose(entry, by=maker, reason="Benchmark", token=uuid.uuid4()))
    partner = Partner.objects.get()
    own = ScripImport.objects.create(
        exchange="NSE_EQ", source="x", state=State.CURRENT, current_since=timezone.now()
    )
    Scrip.objects.bulk_create(
        Scrip(scrip_import=own, exchange="NSE_EQ", token=number, symbol=f"S{number}", lot=1, tick=5, mark=1)
        for number in range(1, LINES + 1)
    )
    lines = [Line("NSE_EQ", n, f"S{n}", "BUY", "RL", 10, Decimal("100.00")) for n in range(1, LINES + 1)]
    version = baskets.save_version(
        baskets.make(partner, "Fifty", "GROWTH", by=maker), lines, risk_text="Shares can fall.",
        prices_as_of=timezone.now(), valid_until=timezone.now() + timedelta(hours=6), by=maker,
    )  # fmt: skip
    approve(baskets.submit(version, by=maker, reason="Benchmark", token=uuid.uuid4()))
    client = RetailUserFactory(group_id="HO", user_id="RET001", status="A")
    invitation, _ = invitations.invite(version, client, 1, by=maker)
    return registry.new_webhook_address(partner, by=maker), invitation


def row(number: int, sequence: int, reco_id: str, user: str) -> dict[str, str]:
    """One order message of so many."""
    return {
        "MessageType": "ORD_NRML", "sPartnerId": "A1B2C3", "sInitiatorAppToken": TOKEN, "Exchange": "1",
        "sThirdpartyUserId": user, "sThirdpartyRecoId": reco_id, "UCC": "RET001", "Buy_Sell": "1",
        "UniqueCode": f"{number:012}", "ScripCode": str(number % LINES + 1), "OrderOriginalQty": "10",
        "TradedQTY": str(min(sequence, 10)), "OrderPrice": "10000", "OrderStatus": "5",
        "MessageSequenceNumber": str(sequence),
    }  # fmt: skip


def serve(port: int) -> subprocess.Popen[bytes]:
    """Two gunicorn workers on the benchmark's database."""
    name = connection.settings_dict
    address = f"postgres://{name['USER']}@{name['HOST']}:{name['PORT']}/{name['NAME']}"
    environment = {**os.environ, "DATABASE_URL": address, "CONNECTOR": "on", "LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "gunicorn", "benchmarks.bare", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "2", "--worker-class", "gthread", "--threads", "8", "--no-control-socket"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.1)
    raise SystemExit("gunicorn did not start.")


def load(port: int, path: str, body: bytes, seconds: float, rate: float = 0) -> tuple[float, float]:
    """Post for so long, at full speed or `rate` a second. Gives back answers a second and the 99th percentile (ms)."""
    took: list[float] = []
    end = time.monotonic() + seconds

    def work(place: int) -> None:
        link = http.client.HTTPConnection("127.0.0.1", port)
        due = time.monotonic() + place * (1 / rate if rate else 0)
        while time.monotonic() < end:
            if rate:
                time.sleep(max(0.0, due - time.monotonic()))
                due += THREADS / rate
            began = time.monotonic()
            link.request("POST", path, body, {"Content-Type": "application/json"})
            answer = link.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"{path}: {answer.status}")
            took.append((time.monotonic() - began) * 1000)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(took) / seconds, sorted(took)[int(len(took) * 0.99)]


def receiving(path: str, invitation: Invitation, seconds: float) -> None:
    """How many messages a second are received, and how soon."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = serve(port)
    user = PartnerClient.objects.get().tp_user_id
    body = json.dumps(row(1, 1, invitation.version.reco_id or "", user)).encode()
    try:
        load(port, "/bare/", body, 1)
        load(port, path, body, 1)
        bare = [load(port, "/bare/", body, seconds)[0] for _ in range(3)]
        own = [load(port, path, body, seconds)[0] for _ in range(3)]
        best, base = sorted(own)[1], sorted(bare)[1]
        print(f"webhook {best:.0f}/s, bare view {base:.0f}/s: {best / base:.2f}")
        print(
            f"99% answered within {load(port, path, body, seconds, best / 2)[1]:.0f} ms at {best / 2:.0f}/s"
        )
    finally:
        process.terminate()
        process.wait()


def reading(invitation: Invitation, messages: int) -> None:
    """Read messages that come out of order, and look whether the end is right and memory flat."""
    InboxMessage.objects.filter(read_at=None).update(read_at=timezone.now())
    user = PartnerClient.objects.get().tp_user_id
    orders = max(messages // 20, 1)
    numbers = [(order + 10**6, sequence) for order in range(orders) for sequence in range(1, 21)]
    random.Random(7).shuffle(numbers)
    partner = Partner.objects.get()
    for start in range(0, len(numbers), 1000):
        InboxMessage.objects.bulk_create(
            InboxMessage(
                partner=partner, source="webhook", body_hash="", received_at=timezone.now(),
                body=json.dumps(row(*number, invitation.version.reco_id or "", user)),
            )
            for number in numbers[start : start + 1000]
        )  # fmt: skip
    inbox.read_due()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began, read = time.monotonic(), 0
    while count := inbox.read_due():
        read += count
    seconds = time.monotonic() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    made = ReportedOrder.objects.filter(key__gte=f"{10**6:012}")
    right = made.filter(sequence=20, traded=10).count()
    print(f"{len(numbers)} messages read, {read / max(seconds, 0.001):.0f}/s, memory grew by {grown:.0f} MB")
    print(f"{right} of {orders} orders end in their last state")


def serving_fifty_lines(invitation: Invitation) -> None:
    """How long GetOrderDetails takes without its AuthCode check, and how much of it this process works."""
    visits.go(invitation)
    took, worked = [], []
    with patch("partners.serving.vas.check_auth_code", return_value=AuthCheck(True, "", "")):
        for number in range(50):
            body = {
                "ClientCode": "RET001",
                "ProductCode": "GROWTH",
                "AuthCode": f"c{number}",
                "PartnerId": "A1B2C3",
            }
            began, before = time.monotonic(), time.process_time()
            answer = Client().post("/connector/order-details/", body, content_type="application/json")
            took.append((time.monotonic() - began) * 1000)
            worked.append((time.process_time() - before) * 1000)
            if not answer.json()["success"]:
                raise SystemExit("GetOrderDetails refused.")
    print(
        f"GetOrderDetails with {LINES} lines: median {sorted(took)[25]:.1f} ms, slowest {max(took):.1f} ms; "
        f"{sorted(worked)[25]:.1f} ms of processor time"
    )


def main() -> None:
    """Run all three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--messages", type=int, default=100_000)
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("Set TEST_DATABASE_URL to a PostgreSQL server.")
    setup_test_environment()
    settings.CONNECTOR = True
    settings.CONNECTOR_LANDING_URL = "https://landing.example"
    kept = setup_databases(verbosity=0, interactive=False)
    try:
        path, invitation = prepare()
        serving_fifty_lines(invitation)
        receiving(path, invitation, options.seconds)
        reading(invitation, options.messages)
    finally:
        teardown_databases(kept, verbosity=0)


if __name__ == "__main__":
    main()
