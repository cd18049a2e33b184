"""The pause, the circuit breaker and the rate, shared by all workers."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.delivery import gate
from backoffice.delivery.errors import DeliveryError
from backoffice.delivery.models import Delivery, Gate
from backoffice.delivery.sending import drain
from backoffice.delivery.states import State
from backoffice.odin.gateway import NotSent
from backoffice.odin.outcome import Outcome, OutcomeKind, from_exception
from tests.factories import DeliveryFactory

pytestmark = pytest.mark.django_db(transaction=True)

NO_ANSWER = Outcome(OutcomeKind.UNKNOWN, reason="No answer came in time.", unreachable=True)
REFUSED = Outcome(OutcomeKind.REFUSED, "0", "Group Id does not exist")


def fail(times=gate.FAILURES):
    for _ in range(times):
        gate.report([NO_ANSWER])


def probe_is_due():
    Gate.objects.update(probe_at=timezone.now())


def test_the_circuit_opens_after_failures_in_a_row_and_says_since_when():
    fail(gate.FAILURES - 1)
    assert gate.allowed(1)
    fail(1)
    assert not gate.allowed(1)
    assert Entry.objects.filter(action="delivery.circuit_opened").count() == 1


def test_an_answer_in_between_starts_the_count_anew_and_refusals_never_count():
    fail(gate.FAILURES - 1)
    gate.report([REFUSED])
    fail(gate.FAILURES - 1)
    for _ in range(gate.FAILURES * 2):
        gate.report([REFUSED])
    assert gate.allowed(1)
    assert gate.state().failures == 0


def test_of_messages_that_end_together_only_failures_in_a_row_count():
    most = [NO_ANSWER] * (gate.FAILURES - 1)
    gate.report([*most, REFUSED, *most])
    assert gate.allowed(3)
    gate.report([NO_ANSWER])
    assert not gate.allowed(3)


def test_one_message_probes_for_all_workers():
    DeliveryFactory()
    fail()
    probe_is_due()
    let_through = []

    def ask():
        let_through.append(gate.allowed(8))
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(let_through) == [0] * 5 + [1]


def test_a_probe_that_is_answered_closes_the_circuit_and_one_that_is_not_waits_longer():
    DeliveryFactory()
    fail()
    pauses = []
    for _ in range(2):
        probe_is_due()
        assert gate.allowed(1)
        fail(1)
        pauses.append(gate.state().probe_at - timezone.now())
    assert pauses[0] < pauses[1] < timedelta(seconds=gate.LONGEST_PAUSE)
    probe_is_due()
    assert gate.allowed(1)
    gate.report([REFUSED])
    assert gate.allowed(1)
    assert Entry.objects.get(action="delivery.circuit_closed")


def test_odin_down_opens_the_circuit_and_its_return_delivers_everything(odin, approved):
    approved(user_id="FIRST", group_id="HO")
    drain(20)
    odin.faults.add("http_503", match={}, times=-1)
    for number in range(gate.FAILURES + 1):
        approved(user_id=f"U{number}", group_id="HO", pan="", mobile="")
    drain(20)
    assert gate.state().opened_at
    tried = sum(Delivery.objects.values_list("attempt_count", flat=True))
    drain(5)
    assert sum(Delivery.objects.values_list("attempt_count", flat=True)) == tried, "nothing is sent meanwhile"
    odin.faults.remove()
    probe_is_due()
    drain(20)
    assert not gate.state().opened_at
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.APPLIED}


def test_what_the_portal_kept_back_itself_neither_opens_nor_closes_the_circuit():
    ours = from_exception(NotSent("operation", "The service has no operation for this message."))
    gate.report([ours] * (gate.FAILURES + 1))
    assert not gate.state().opened_at
    gate.report([from_exception(NotSent("connect", "Connection refused"))] * gate.FAILURES)
    probe_is_due()
    assert gate.allowed(1, reading=True) == 1
    gate.report([ours])
    assert gate.state().opened_at
    assert gate.state().probe_at <= timezone.now() + timedelta(seconds=gate.LONGEST_PAUSE)


def test_a_pause_stops_all_sending_and_every_page_says_who_paused_it_and_why(odin, approved, admin, client):
    gate.pause(by=admin, reason="ODIN moves to another host")
    delivery = approved()
    assert drain(5) == 0
    client.force_login(admin)
    page = client.get(reverse("desk:today")).content.decode()
    assert "Sending is paused since" in page
    assert "“ODIN moves to another host” Approved messages wait" in page
    gate.resume(by=admin, reason="It has moved")
    drain(5)
    delivery.refresh_from_db()
    assert delivery.state == State.APPLIED
    assert list(
        Entry.objects.filter(action__in=("delivery.paused", "delivery.resumed"))
        .order_by("id")
        .values_list("by_name", "reason")
    ) == [("admin", "ODIN moves to another host"), ("admin", "It has moved")]


@pytest.mark.parametrize("verb", [gate.pause, gate.resume])
def test_only_an_admin_with_a_reason_pauses_and_resumes(verb, checker, admin):
    for by, reason in ((checker, "Why not"), (admin, " ")):
        with pytest.raises(DeliveryError):
            verb(by=by, reason=reason)


def test_a_pause_twice_and_a_resume_of_nothing_are_told(admin):
    with pytest.raises(DeliveryError):
        gate.resume(by=admin, reason="Again")
    gate.pause(by=admin, reason="Maintenance")
    with pytest.raises(DeliveryError):
        gate.pause(by=admin, reason="Maintenance")


@pytest.mark.parametrize("status", ["10002", "10005", "10007"])
def test_a_stopped_logon_stops_sending_at_once_and_loses_nothing(odin, approved, admin, client, status):
    odin.faults.add("logon_status", match={"type": 101}, status=status)
    deliveries = [approved(user_id=f"U{n}", group_id="HO", pan="", mobile="") for n in range(4)]
    drain(5)
    assert len([line for line in odin.store.ledger() if line.type == 101]) == 1
    assert Entry.objects.filter(action="delivery.released").count() == 1, "the others are not even taken"
    assert {Delivery.objects.get(pk=delivery.pk).state for delivery in deliveries} == {State.QUEUED}
    client.force_login(admin)
    assert "Logons to ODIN are stopped since" in client.get(reverse("desk:today")).content.decode()


def test_a_session_held_by_somebody_else_waits_and_tells_everybody(odin, approved, admin, client):
    odin.faults.add("logon_status", match={"type": 101}, status="10008")
    approved()
    drain(5)
    assert drain(5) == 0
    client.force_login(admin)
    assert "No session with ODIN since" in client.get(reverse("desk:today")).content.decode()


def test_the_rate_holds_for_all_workers_together(settings):
    settings.DELIVERY_RATE = 20
    begun = timezone.now()
    threads = [threading.Thread(target=lambda: [gate.allowed(1) for _ in range(4)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (timezone.now() - begun).total_seconds() >= 11 / 20


def test_a_turn_that_is_far_away_gives_the_worker_back(settings):
    settings.DELIVERY_RATE = 0.1
    assert gate.allowed(1)
    begun = timezone.now()
    assert not gate.allowed(1)
    assert timezone.now() - begun < timedelta(seconds=1)


@pytest.mark.parametrize("column", ["probe_at", "next_turn_at"])
def test_a_clock_that_was_set_back_does_not_stop_sending(settings, column):
    settings.DELIVERY_RATE = 20
    if column == "probe_at":
        fail()
        DeliveryFactory()
    Gate.objects.update_or_create(pk=1, defaults={column: timezone.now() + timedelta(minutes=10)})
    assert gate.allowed(1) == 1
