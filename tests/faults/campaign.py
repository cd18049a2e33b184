"""One run of the fault test: traffic and mishaps, then peace, then the judgement. Needs Django to be set up."""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.db.models import Q
from django.utils import timezone

from backoffice.delivery import operations
from backoffice.delivery.models import Attempt, Delivery, Settlement
from backoffice.delivery.queue import hold_after_doubt
from backoffice.delivery.states import FINAL, State
from backoffice.odin.models import DealerSession
from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.message import REQUESTS, Repeat
from backoffice.protocol.secret import SecretText
from backoffice.protocol.wire import Header, encode, mask
from backoffice.seal import unseal_values
from standins.odin.store import LedgerEntry, Store
from tests.faults.installation import Installation, wait_until
from tests.faults.ledger import Owed, Received, Wrong, content, judge, judge_sessions
from tests.faults.mishaps import Mishaps
from tests.faults.options import Options
from tests.faults.servers import Postgres, RabbitMQ, Redis
from tests.faults.traffic import Traffic

LOGON = 101
#: Workers, and the pools that make them unlike one another.
POOLS = {
    "threads": ("--pool", "threads", "--concurrency", "3"),
    "prefork": ("--pool", "prefork", "--concurrency", "2"),
    "solo": (),
}
#: How long (seconds) it may take until all is settled, once all faults are repaired.
SETTLED_WITHIN = 120.0
#: What makes no difference at ODIN.
NO_EFFECT = (Repeat.READ, Repeat.SESSION)


class Campaign:
    """A portal with its workers, traffic and mishaps."""

    def __init__(
        self,
        options: Options,
        installation: Installation,
        odin_port: int,
        database: Postgres | None,
        broker: Redis | RabbitMQ | None,
    ) -> None:
        self.options = options
        self.installation = installation
        self.odin_port = odin_port
        self.restarts = 0
        self.settled_by_hand: Counter[str] = Counter()
        self.workers = {name: self._worker(name, *POOLS[name]) for name in options.workers.split(",")}
        self.mishaps = Mishaps(
            Random(f"mishaps {options.seed}"),
            installation,
            odin_url=f"http://127.0.0.1:{odin_port}",
            workers=self.workers,
            database=database,
            broker=broker,
            only=options.only.split(",") if options.only else [],
        )
        self._ending = threading.Event()

    def _worker(self, name: str, *pool: str) -> Callable[[], None]:
        # One of them logs to a disk that is full.
        full = name == "solo"

        def start() -> None:
            self.installation.start_worker(
                name, *pool, application=self.options.worker, log=Path("/dev/full") if full else None
            )

        return start

    def run(self) -> bool:
        """Run the whole. Returns whether everything was right."""
        self.installation.start_standin(self.odin_port)
        for start in self.workers.values():
            start()
        for name in ("beat", "second-beat"):
            self.installation.start_beat(name)
        supervisor = threading.Thread(target=self._supervise, name="supervisor")
        supervisor.start()
        started = time.monotonic()
        try:
            traffic = self._begin()
            begun = time.monotonic()
            self._storm(traffic, begun)
            self.mishaps.put_right()
            stormed = time.monotonic() - begun
            self._settle(traffic)
            took = time.monotonic() - started
        finally:
            self._ending.set()
            supervisor.join()
        wrong = self._judge()
        self._print(traffic, stormed, took, wrong)
        return not wrong

    def _supervise(self) -> None:
        """Start again whatever has ended, as systemd would."""
        while not self._ending.wait(0.2):
            for name, start in self.workers.items():
                if self.installation.ended(name):
                    self.restarts += 1
                    start()

    def _begin(self) -> Traffic:
        """Approve the first message, and wait until it is sent: mishaps before the workers have started strike none."""
        traffic = Traffic(Random(f"traffic {self.options.seed}"), self.options.users, self._help_a_logon)
        traffic.step()
        wait_until(Attempt.objects.exists, "the first message is sent", SETTLED_WITHIN)
        return traffic

    def _storm(self, traffic: Traffic, begun: float) -> None:
        """Approve messages at a pace, while mishaps happen.

        Mishaps count messages, not seconds: on a slow machine the same ones happen between the same messages.
        """
        next_mishap = 0.0
        for number in range(1, self.options.messages):
            self.mishaps.clock = number / self.options.pace
            time.sleep(max(0.0, self.mishaps.clock - (time.monotonic() - begun)))
            if self.mishaps.clock >= next_mishap:
                next_mishap += self.options.every
                self.mishaps.happen()
            traffic.step()

    def _settle(self, traffic: Traffic) -> None:
        """Wait until nothing is left to do, a person settling truthfully what waits for one."""

        def settled() -> bool:
            try:
                self._help_a_logon()
                self._settle_by_hand(traffic)
                return not Delivery.objects.exclude(state__in=FINAL).exists()
            except DatabaseError:
                close_old_connections()
                return False

        with contextlib.suppress(TimeoutError):  # the judge says what is left
            wait_until(settled, "every delivery is settled", SETTLED_WITHIN, pause=0.5)

    def _help_a_logon(self) -> None:
        """Let the minutes pass that logons wait for; ODIN's desk ends a session whose id was lost with its worker."""
        session = DealerSession.objects.filter(pk=1).exclude(state=DealerSession.State.LOGGED_ON).first()
        if session is None:
            return
        if session.last_status == "10008":
            self.mishaps.odin("POST", "/session", {"end": True})
            self.mishaps.session_ends += 1
        if session.recent_logons:
            DealerSession.objects.filter(pk=1).update(next_try_at=None, recent_logons=[], last_status="")
            soon = timezone.now() + hold_after_doubt()
            Delivery.objects.filter(next_try_at__gt=soon).update(next_try_at=soon)

    def _settle_by_hand(self, traffic: Traffic) -> None:
        resting = Q(state=State.UNKNOWN, next_try_at__gt=timezone.now())
        for delivery in Delivery.objects.filter(~resting, needs_person=True).exclude(state__in=FINAL):
            self.settled_by_hand[delivery.state] += 1
            if delivery.state == State.ON_HOLD:
                operations.cancel(delivery.pk, by=traffic.checker, reason="The create was refused")
            else:
                there = content_of(delivery) in {
                    content(line.text) for line in self._ledger() if line.applied
                }
                found = Settlement.APPLIED if there else Settlement.AGAIN
                for person in (traffic.other_checker, traffic.checker):  # of money, two say the same
                    delivery.refresh_from_db()
                    if delivery.needs_person:
                        operations.resolve(delivery.pk, by=person, found=found, reason="Seen in the ledger")

    def _ledger(self) -> list[LedgerEntry]:
        store = Store(str(self.installation.var / "standin.sqlite3"))
        try:
            return store.ledger(limit=10**9)
        finally:
            store.close()

    def _judge(self) -> list[tuple[Wrong, str]]:
        owed = [
            Owed(d.pk, d.lane, d.message_type, content_of(d), d.state if d.state in FINAL else "open")
            for d in in_turn()
        ]
        lines = self._ledger()
        received = [
            Received(
                lane=f"{line.group_id}/{line.user_id}",
                type=line.type,
                content=content(line.text),
                applied=line.applied,
                start=line.received,
                end=line.ended,
            )
            for line in lines
            if line.type in REQUESTS and REQUESTS[line.type].repeat not in NO_EFFECT
        ]
        logons = [line.session for line in lines if line.type == LOGON and line.applied]
        used = {line.session for line in lines if line.type != LOGON}
        unused = len(set(logons) - used)
        unsettled = [
            (
                Wrong.UNSETTLED,
                f"{delivery.lane}: delivery {delivery.pk} is {delivery.state}: {delivery.reason}",
            )
            for delivery in Delivery.objects.exclude(state__in=FINAL)
        ]
        return [
            *unsettled,
            *judge(owed, received),
            *judge_sessions(len(logons), self.mishaps.session_ends, unused),
        ]

    def _print(self, traffic: Traffic, stormed: float, took: float, wrong: list[tuple[Wrong, str]]) -> None:
        lines = self._ledger()
        struck = Counter(point for point, _ in self.installation.struck())
        figures = {
            "messages approved": Delivery.objects.count(),
            "of kinds": dict(traffic.approved.most_common()),
            "turned down before approval": dict(traffic.turned_down),
            "retail users": Delivery.objects.values("lane").distinct().count(),
            "attempts": Attempt.objects.count(),
            "attempts by outcome": dict(Counter(Attempt.objects.values_list("outcome", flat=True))),
            "creates that were confirmed by an update": Delivery.objects.filter(ahead=True)
            .values("change")
            .distinct()
            .count(),
            "deliveries that were unknown at some time": Delivery.objects.filter(doubted=True).count(),
            "settled as": dict(Counter(Delivery.objects.values_list("state", flat=True))),
            "settled by hand, from": dict(self.settled_by_hand),
            "mishaps": dict(self.mishaps.happened.most_common()),
            "killed or stopped at": dict(struck.most_common()),
            "workers started again": self.restarts,
            "faults that struck at ODIN": dict(
                Counter(line.fault for line in lines if line.fault).most_common()
            ),
            "logons": sum(line.type == LOGON and line.applied for line in lines),
            "seconds of mishaps": round(stormed, 1),
            "seconds until all was settled": round(took, 1),
            "wrong": dict(Counter(kind.value for kind, _ in wrong)),
        }
        for name, value in figures.items():
            print(f"{name}: {json.dumps(value) if isinstance(value, dict) else value}")
        for kind, words in wrong[:20]:
            print(f"WRONG {kind}: {words}")


def in_turn() -> list[Delivery]:
    """All deliveries in the order in which each user's are due: what confirms a create directly behind it."""
    deliveries = list(Delivery.objects.order_by("pk"))
    creates = {d.change_id: d.pk for d in deliveries if REQUESTS[d.message_type].repeat is Repeat.CREATE}
    return sorted(deliveries, key=lambda d: (creates[d.change_id] if d.ahead else d.pk, d.pk))


def content_of(delivery: Delivery) -> str:
    """What a delivery says, as `ledger.content` reads it from ODIN's ledger."""
    message = REQUESTS[delivery.message_type]
    cipher = PasswordCipher(settings.ODIN_PASSWORD_KEY)
    text = encode(message, unseal_values(delivery.values), Header("DEALER", SecretText("none")), cipher)
    return content(mask(text))
