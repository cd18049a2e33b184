"""Each named place in the path of a delivery, with a real worker that is killed there."""

import re
import signal

import pytest
from django.conf import settings
from django.utils import timezone

from backoffice.delivery import gate
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State
from backoffice.killpoints import Point
from backoffice.odin.models import DealerSession, Question
from standins.odin import StandIn
from tests.faults.installation import ROOT, Installation, url_of_tests, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

#: Where the worker dies: how many attempts the delivery takes, and what ODIN received of it and how it answered.
EXPECTED = {
    Point.CHOSEN: (1, ["1"]),
    Point.CLAIMED: (1, ["1"]),
    Point.BEGUN: (2, ["1"]),
    Point.PART_SENT: (2, ["1"]),
    Point.ANSWERED: (2, ["1", "0"]),
    Point.SETTLING: (2, ["1", "0"]),
    Point.SETTLED: (1, ["1"]),
    # The session has ended at ODIN, so that the first attempt is refused as such and leads to a logon.
    Point.LOGON_LEASED: (2, ["0", "1"]),
    Point.LOGON_ANSWERED: (2, ["0", "1"]),
    # A worker dies with a claim, and the one that looks after it dies too.
    Point.RECOVERING: (1, ["1"]),
}


@pytest.fixture
def standin():
    with StandIn(password=settings.ODIN_DEALER_PASSWORD, key=settings.ODIN_PASSWORD_KEY) as standin:
        yield standin


#: Time-outs that a busy machine keeps, with a lease that a test can wait for.
TIMES = {
    "ODIN_CONNECT_TIMEOUT": "4",
    "ODIN_READ_TIMEOUT": "4",
    "ODIN_TOTAL_TIMEOUT": "5",
    "DELIVERY_LEASE_SECONDS": "6",
    "DELIVERY_HOLD_SECONDS": "0.5",
}
#: Time-outs for a test in which no call may fail, however busy the machine is.
PATIENT = {
    "ODIN_CONNECT_TIMEOUT": "15",
    "ODIN_READ_TIMEOUT": "15",
    "ODIN_TOTAL_TIMEOUT": "15",
    "DELIVERY_LEASE_SECONDS": "30",
}


@pytest.fixture
def installation(standin, tmp_path, request):
    """Two workers and a beat on the tests' database, before a stand-in in this process."""
    environment = {
        "DATABASE_URL": url_of_tests(),
        **TIMES,
        "ODIN_SERVICE_URL": standin.endpoint,
        "ODIN_WSDL_URL": f"{standin.url}?singleWsdl",
        **getattr(request, "param", {}),
    }
    with Installation(tmp_path, environment) as installation:
        for name in ("one", "two"):
            installation.start_worker(name)
        installation.start_beat()
        yield installation


@pytest.fixture
def create(approved):
    """Approve the creation of another retail user."""
    numbers = iter(range(1000))

    def create():
        return approved(group_id="HO", user_id=f"NEW{next(numbers):03}", pan="", mobile="", email="")

    return create


def final(deliveries):
    states = Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries])
    return all(delivery.state == State.APPLIED for delivery in states)


def restart(installation):
    """Start the workers again that were killed."""
    for name in ("one", "two"):
        if installation.ended(name):
            installation.start_worker(name)


def lines(standin, delivery):
    """How ODIN answered what it received of a delivery."""
    group_id, _, user_id = delivery.lane.partition("/")
    newest = standin.store.newest(50, (group_id, user_id))
    return [line.code for line in reversed(newest) if line.type == delivery.message_type]


def kill_at(point, installation, standin, create):
    """Kill a worker at a place that it reaches with a new delivery; gives back the delivery."""
    before = len(installation.struck())
    if point in (Point.LOGON_LEASED, Point.LOGON_ANSWERED):
        end_session(standin)
        DealerSession.objects.update(recent_logons=[])  # or the fourth logon would wait for minutes
    places = [Point.CLAIMED, point] if point is Point.RECOVERING else [point]
    for place in places:
        installation.arm(place)
    delivery = create()
    for count in range(1, len(places) + 1):
        wait_until(lambda count=count: len(installation.struck()) >= before + count, f"struck at {places}")
        wait_until(lambda: installation.ended("one") or installation.ended("two"), "the worker is dead")
        restart(installation)
        leases_end()
    if point is Point.LOGON_ANSWERED:
        # The id of the blocking session is unknown, until ODIN gives it up.
        wait_until(
            lambda: DealerSession.objects.get().last_status == "10008", "the dealer is logged in already"
        )
        end_session(standin)
        DealerSession.objects.update(next_try_at=timezone.now())  # the pause is over
    return delivery


def end_session(standin):
    """End the dealer's session at ODIN."""
    with standin.store.transaction():
        standin.dealer.end()


def leases_end():
    """Let the time pass that a dead worker's claims still last."""
    Delivery.objects.filter(state=State.IN_FLIGHT).update(lease_until=timezone.now())
    DealerSession.objects.filter(lease_token__isnull=False).update(lease_until=timezone.now())


def test_a_worker_killed_at_any_place_loses_and_doubles_nothing(installation, standin, create):
    first = create()
    wait_until(lambda: final([first]), "the first delivery is applied, before anything goes wrong")
    # Beat asks for the periodicities when it starts. Where the session has just ended, that question would log on.
    questions = Question.objects.filter(message_type=318, ended_at__isnull=False)
    wait_until(questions.exists, "the question of the morning is answered")
    under_way = Delivery.objects.exclude(state=State.APPLIED)
    delivered = {}
    for point in Point:
        delivered[point] = kill_at(point, installation, standin, create)
        # With what makes a repeated create certain: it would run into the next place.
        wait_until(lambda: not under_way.exists(), f"what was under way at {point} is applied")
    assert [point for point, _ in installation.struck() if point != Point.CLAIMED] == [
        point for point in Point if point is not Point.CLAIMED
    ]
    for delivery in delivered.values():
        delivery.refresh_from_db()
    found = {
        point: (delivery.attempts.count(), lines(standin, delivery)) for point, delivery in delivered.items()
    }
    assert found == EXPECTED


def test_a_worker_killed_after_odin_applied_and_before_it_answered(installation, standin, create):
    standin.faults.add("latency_after", match={"type": 301}, seconds=5)
    delivery = create()
    wait_until(lambda: lines(standin, delivery) == ["1"], "ODIN applied it")
    for name in ("one", "two"):
        installation.send(name, signal.SIGKILL)
    for name in ("one", "two"):
        installation.processes[name].wait()
    restart(installation)
    wait_until(lambda: final([delivery]), "it is applied")
    assert [attempt.outcome for attempt in delivery.attempts.all()] == ["unknown", "applied"]
    assert lines(standin, delivery) == ["1", "0"]


def test_a_worker_that_sleeps_past_its_lease_sends_nothing_when_it_wakes(installation, standin, create):
    installation.arm(Point.BEGUN, signal.SIGSTOP)
    delivery = create()
    wait_until(lambda: bool(installation.struck()), "a worker sleeps with its attempt begun")
    wait_until(lambda: final([delivery]), "another worker took over")
    assert lines(standin, delivery) == ["1"]
    for name in ("one", "two"):
        installation.send(name, signal.SIGCONT)
    # It has woken when it does the next thing; both are needed for two lanes if one is slow.
    first = delivery.attempts.get(number=1)
    wait_until(lambda: _woken(first), "the worker that slept says what came of its attempt")
    assert lines(standin, delivery) == ["1"], "its first byte would have come after another's"


@pytest.mark.parametrize("installation", [PATIENT], indirect=True)
def test_a_worker_that_is_told_to_end_leaves_nothing_in_doubt(installation, standin, create, admin):
    standin.faults.add("latency", seconds=0.8, match={"type": "301"}, times=1000)
    # All are queued before the first is sent: a busy machine may send them as fast as it makes them.
    gate.pause(by=admin, reason="The morning's file is approved")
    deliveries = [create() for _ in range(150)]
    gate.resume(by=admin, reason="The file is approved")
    wait_until(lambda: final(deliveries[:8]), "the first are applied")
    for name in ("one", "two"):
        installation.send(name, signal.SIGTERM)
    wait_until(lambda: installation.ended("one") and installation.ended("two"), "the workers have ended")
    left = Delivery.objects.exclude(state=State.APPLIED)
    assert {delivery.state for delivery in left} == {State.QUEUED}
    standin.faults.remove()
    restart(installation)
    wait_until(lambda: final(deliveries), "all are applied")
    assert all(lines(standin, delivery) == ["1"] for delivery in deliveries)


def _woken(attempt):
    attempt.refresh_from_db()
    return attempt.duration_ms is not None


def test_every_place_is_named_once_in_the_code():
    code = "".join(path.read_text() for path in (ROOT / "backoffice").rglob("*.py"))
    assert {
        point: len(re.findall(rf"reached\(Point\.{point.name}\)", code)) for point in Point
    } == dict.fromkeys(Point, 1)


def test_nothing_in_the_product_sets_the_hook():
    product = [path for room in ("backoffice", "accounts", "limits") for path in (ROOT / room).rglob("*.py")]
    setters = [path.name for path in product if re.search(r"\.hook\b|global hook", path.read_text())]
    assert setters == []
