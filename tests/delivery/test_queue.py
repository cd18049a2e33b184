"""The database as the queue: who may claim what, and what becomes of a dead worker's claim."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.delivery import queue
from backoffice.delivery.models import Attempt, Delivery
from backoffice.delivery.states import Move, State
from tests.factories import DeliveryFactory

pytestmark = pytest.mark.django_db


def test_a_claim_takes_the_oldest_delivery_and_leaves_a_lease():
    first, _ = DeliveryFactory(lane="HO/RET001"), DeliveryFactory(lane="HO/RET002")
    claim = queue.claim()
    first.refresh_from_db()
    assert claim.delivery.pk == first.pk
    assert first.state == State.IN_FLIGHT
    assert first.lease_token == claim.token
    assert first.lease_until > timezone.now()


def test_messages_of_one_user_leave_one_at_a_time_in_the_order_of_approval():
    first = DeliveryFactory(lane="HO/RET001")
    second = DeliveryFactory(lane="HO/RET001")
    claim = queue.claim()
    assert claim.delivery.pk == first.pk
    assert queue.claim() is None
    queue.move(claim.delivery, Move.APPLY)
    assert queue.claim().delivery.pk == second.pk


def test_different_users_go_in_parallel():
    DeliveryFactory(lane="HO/RET001")
    DeliveryFactory(lane="HO/RET002")
    assert {queue.claim().delivery.lane, queue.claim().delivery.lane} == {"HO/RET001", "HO/RET002"}


@pytest.mark.parametrize("state", [State.UNKNOWN, State.ON_HOLD])
def test_a_delivery_that_waits_for_a_person_blocks_its_lane(state):
    DeliveryFactory(lane="HO/RET001", state=state, needs_person=True)
    DeliveryFactory(lane="HO/RET001")
    assert queue.claim() is None


def test_a_refused_delivery_frees_its_lane():
    DeliveryFactory(lane="HO/RET001", state=State.REFUSED, finished_at=timezone.now())
    second = DeliveryFactory(lane="HO/RET001")
    assert queue.claim().delivery.pk == second.pk


def test_a_delivery_waits_for_the_time_of_its_next_try():
    DeliveryFactory(lane="HO/RET001", next_try_at=timezone.now() + timedelta(minutes=1))
    assert queue.claim() is None


def test_an_unknown_delivery_is_claimed_again_after_its_hold():
    delivery = DeliveryFactory(
        state=State.UNKNOWN, doubted=True, next_try_at=timezone.now() - timedelta(seconds=1)
    )
    assert queue.claim().delivery.pk == delivery.pk


def test_the_database_itself_refuses_two_busy_deliveries_of_one_user():
    DeliveryFactory(lane="HO/RET001", state=State.UNKNOWN)
    second = DeliveryFactory(lane="HO/RET001")
    with pytest.raises(IntegrityError), transaction.atomic():
        queue.move(second, Move.CLAIM, lease_token=uuid.uuid4(), lease_until=timezone.now())


def test_a_move_from_a_state_that_is_no_longer_true_changes_nothing():
    delivery = DeliveryFactory()
    stale_copy = Delivery.objects.get(pk=delivery.pk)
    assert queue.move(delivery, Move.CANCEL)
    assert not queue.move(stale_copy, Move.HOLD)
    delivery.refresh_from_db()
    assert delivery.state == State.CANCELLED


def test_a_move_with_a_lost_lease_changes_nothing():
    claim = queue.claim() if DeliveryFactory() else None
    Delivery.objects.filter(pk=claim.delivery.pk).update(lease_token=uuid.uuid4())
    assert not queue.move(claim.delivery, Move.APPLY)


def test_a_worker_that_died_before_sending_loses_its_claim_and_nothing_else():
    delivery = DeliveryFactory(
        state=State.IN_FLIGHT, lease_token=uuid.uuid4(), lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert queue.recover_stale() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.doubted) == (State.QUEUED, False)


def test_a_worker_that_died_while_sending_leaves_an_unknown_delivery_never_a_resend():
    delivery = DeliveryFactory(
        state=State.IN_FLIGHT,
        lease_token=uuid.uuid4(),
        lease_until=timezone.now() - timedelta(seconds=1),
        attempt_count=1,
    )
    attempt = Attempt.objects.create(delivery=delivery, number=1, request="63=FT1.0")
    assert queue.recover_stale() == 1
    delivery.refresh_from_db()
    attempt.refresh_from_db()
    assert (delivery.state, delivery.doubted, attempt.outcome) == (State.UNKNOWN, True, "unknown")
    assert queue.claim() is None, "the lane rests before the repeat"
    assert Entry.objects.filter(action="delivery.recovered", delivery_id=delivery.pk).exists()


def test_a_lease_that_has_not_ended_is_left_alone():
    DeliveryFactory(
        state=State.IN_FLIGHT, lease_token=uuid.uuid4(), lease_until=timezone.now() + timedelta(seconds=5)
    )
    assert queue.recover_stale() == 0
