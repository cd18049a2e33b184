"""What waits only because ODIN could not be reached goes at once when it can be; a rest after a doubt never does."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.delivery import gate, queue, tasks, waiting
from backoffice.delivery.models import Delivery, Gate
from backoffice.delivery.sending import drain
from backoffice.delivery.states import State
from backoffice.odin import logon, session
from backoffice.odin.models import DealerSession
from backoffice.odin.outcome import Outcome, OutcomeKind
from tests.factories import AttemptFactory, DeliveryFactory

pytestmark = pytest.mark.django_db(transaction=True)

IN_A_MINUTE = timedelta(minutes=1)
ANSWERED = Outcome(OutcomeKind.REFUSED, "0", "Group Id does not exist")


def waits(lane="HO/RET001", *outcomes, **columns):
    """A delivery that is to go in a minute, after attempts with these outcomes."""
    delivery = DeliveryFactory(lane=lane, next_try_at=timezone.now() + IN_A_MINUTE, **columns)
    for number, outcome in enumerate(outcomes or (OutcomeKind.NOT_APPLIED,), 1):
        AttemptFactory(delivery=delivery, number=number, outcome=outcome)
    return delivery


def goes_now(delivery):
    delivery.refresh_from_db()
    return delivery.next_try_at is None or delivery.next_try_at <= timezone.now()


def open_circuit():
    for _ in range(gate.FAILURES):
        gate.report([Outcome(OutcomeKind.NOT_APPLIED, reason="No connection.", unreachable=True)])


def test_when_the_circuit_closes():
    delivery = waits()
    open_circuit()
    assert not goes_now(delivery)
    gate.report([ANSWERED])
    assert goes_now(delivery)


def test_when_sending_is_resumed(admin):
    delivery = waits()
    gate.pause(by=admin, reason="Maintenance")
    assert not goes_now(delivery)
    gate.resume(by=admin, reason="It is over")
    assert goes_now(delivery)


@pytest.mark.parametrize("status", ["10008", "10005"])
def test_when_there_is_a_session_again(odin, admin, status):
    odin.faults.add("logon_status", match={"type": 101}, status=status)
    with pytest.raises(logon.NoSession):
        session.current()
    delivery = waits()
    DealerSession.objects.update(next_try_at=timezone.now())
    session.lift_stop(admin, "The password was put right")
    assert goes_now(delivery) == (status == "10005"), "a lifted stop lets the next message log on"
    session.current()
    assert goes_now(delivery)


def test_the_rest_after_an_unknown_outcome_is_never_shortened(admin, settings):
    settings.DELIVERY_HOLD_SECONDS = 60
    doubted = DeliveryFactory(
        lane="HO/A", state=State.IN_FLIGHT, lease_token=uuid.uuid4(), lease_until=timezone.now() + IN_A_MINUTE
    )
    AttemptFactory(delivery=doubted, number=1, outcome=OutcomeKind.NOT_APPLIED)
    AttemptFactory(delivery=doubted, number=2, outcome=OutcomeKind.UNKNOWN)
    queue.doubt(doubted, queue.Said("delivery.unknown", "No answer."))
    dead = waits("HO/B", OutcomeKind.NOT_APPLIED, "")
    never_sent = DeliveryFactory(lane="HO/C", next_try_at=timezone.now() + IN_A_MINUTE)
    for_a_person = waits("HO/D", state=State.UNKNOWN, needs_person=True)
    assert waiting.go_at_once() == 0
    assert not any(map(goes_now, (doubted, dead, never_sent, for_a_person)))
    later = waits("HO/E", OutcomeKind.UNKNOWN, OutcomeKind.NOT_APPLIED, state=State.UNKNOWN, doubted=True)
    assert waiting.go_at_once() == 1
    assert goes_now(later), "its rest was over when it was claimed for the attempt that reached nobody"


def test_a_probe_does_not_wait_for_the_pause_of_the_only_message_there_is(odin, approved):
    delivery = approved(user_id="NEW001", group_id="HO")
    AttemptFactory(delivery=delivery, outcome=OutcomeKind.NOT_APPLIED)
    Delivery.objects.update(attempt_count=1, next_try_at=timezone.now() + IN_A_MINUTE)
    open_circuit()
    tasks.sweep()
    assert not goes_now(delivery), "no probe is due yet"
    Gate.objects.update(probe_at=timezone.now())
    tasks.sweep()
    drain(5)
    delivery.refresh_from_db()
    assert delivery.state == State.APPLIED
    assert not gate.state().opened_at
