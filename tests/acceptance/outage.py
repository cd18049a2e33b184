"""A portal whose broker goes away while people work: what `test_broker_away.py` and the benchmark run."""

import json
import re
import sqlite3
import statistics
import time
from dataclasses import dataclass, field

import psycopg
import requests

from tests.portals import Portal

#: Prints what waits for the checker: the path of each decision, and the hash of its content.
PREPARE = """
import json, uuid
from django.contrib.auth import get_user_model
from django.utils import timezone
from backoffice.batches.decide import decisions
from backoffice.batches.models import Batch, Row, RowState, State
from backoffice.changes import operations
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from tests.batches.conftest import stored_row
from tests.factories import retail_user_values
maker = get_user_model().objects.get(username="maker")
alone = {"pan": "", "mobile": "", "banks": [], "demats": [], "mf_ucc": {}, "products": []}
waiting = []
for number in range(%(changes)d):
    values = {**example(CreateRetailUser), "user_id": f"OUT{number:05}", "reference": "", **alone}
    change = operations.submit("create_retail_user", values, by=maker, reason="Form", token=uuid.uuid4())
    waiting.append((f"/changes/{change.pk}/approve/", change.content_hash))
for number in range(%(batches)d):
    headers = ["user_id", "group_id", "name"]
    batch = Batch.objects.create(
        kind="create_retail_user", state=State.CHECKED, file_name="users.csv", sha256="0" * 64, size=1000,
        headers=headers, mapping=headers, made_by=maker, total_rows=3, next_row=3, good=3,
        check_started_at=timezone.now(), checked_at=timezone.now(),
    )
    Row.objects.bulk_create(
        stored_row(batch, row, (301, retail_user_values(user_id=f"B{number:04}R{row}", **alone, reference="")))
        for row in (2, 3, 4)
    )
    batch = decisions.submit(batch.pk, by=maker, mode="valid", reason="New clients")
    waiting.append((f"/batches/{batch.pk}/approve/", batch.content_hash))
print("WAITING", json.dumps(waiting))
"""


@dataclass
class Requests:
    """The outcome of the requests of a phase: seconds of each, and unexpected answers."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        if not self.seconds:
            return "0 requests"
        middle, most = statistics.median(self.seconds) * 1000, max(self.seconds) * 1000
        made = len(self.seconds)
        return (
            f"{made} requests, {len(self.failures)} failures, median {middle:.0f} ms, longest {most:.0f} ms"
        )


class Desk:
    """A checker at work in a running portal."""

    def __init__(self, portal: Portal, *, changes: int, batches: int) -> None:
        self._portal = portal
        printed = portal.manage("shell", "-v", "0", "-c", PREPARE % {"changes": changes, "batches": batches})
        self.waiting: list[list[str]] = json.loads(printed.partition("WAITING ")[2])
        self._browser = requests.Session()
        login = f"{portal.url}/staff/login/"
        self._post(login, {"login": "checker", "password": portal.passwords["checker"]}, page=login)
        page = f"{portal.url}/changes/inbox/"
        self._token = self._token_of(page)

    def approve(self, count: int, said: Requests, pace: float = 0) -> None:
        """Approve so many of what waits, changes first, one each `pace` seconds."""
        for path, content_hash in self.waiting[:count]:
            started = time.monotonic()
            try:
                answer = self._post(f"{self._portal.url}{path}", {"content_hash": content_hash})
                if answer.status_code != 302:
                    said.failures.append(f"{path}: HTTP {answer.status_code}")
            except requests.RequestException as error:
                said.failures.append(f"{path}: {type(error).__name__}")
            said.seconds.append(time.monotonic() - started)
            self._portal.start_ended()
            time.sleep(max(0.0, pace - said.seconds[-1]))
        del self.waiting[:count]

    def sees(self, path: str) -> bool:
        """Whether a page is shown."""
        return self._browser.get(f"{self._portal.url}{path}", timeout=10).status_code == 200

    def deliveries(self) -> dict[str, int]:
        """Count the deliveries in each state."""
        counted = "SELECT state, count(*) FROM delivery_delivery GROUP BY state"
        url = self._portal.environment["DATABASE_URL"]
        if url.startswith("sqlite"):
            with sqlite3.connect(self._portal.var / "portal.sqlite3", timeout=30) as database:
                return dict(database.execute(counted))
        with psycopg.connect(url) as connection:
            return dict(connection.execute(counted).fetchall())

    def all_applied(self) -> bool:
        """Whether every delivery is confirmed. Finished processes are started again."""
        self._portal.start_ended()
        return set(self.deliveries()) <= {"applied"}

    def _post(self, address: str, form: dict[str, str], page: str = "") -> requests.Response:
        token = self._token_of(page) if page else self._token
        return self._browser.post(
            address,
            {**form, "csrfmiddlewaretoken": token},
            headers={"Referer": address},
            allow_redirects=False,
            timeout=10,
        )

    def _token_of(self, page: str) -> str:
        found = re.search(
            r'name="csrfmiddlewaretoken" value="([^"]+)"', self._browser.get(page, timeout=30).text
        )
        assert found, page
        return found[1]
