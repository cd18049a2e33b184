"""The database as the queue: who may claim what, and recovery from a dead worker's claim."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.delivery import queue
from backoffice.delivery.models import Attempt, Delivery, Priority
from backoffice.delivery.states import FINAL, MOVES, Move, State
from tests.factories import DeliveryFactory

pytestmark = pytest.mark.django_db

SAID = queue.Said("delivery.tested", "A test moved it.")


def test_a_claim_takes_the_oldest_delivery_and_leaves_a_lease():
    first, _ = DeliveryFactory(lane="HO/RET001"), DeliveryFactory(lane="HO/RET002")
    claim = queue.claim()
    first.refresh_from_db()
    assert claim.delivery.pk == first.pk
    assert first.state == State.IN_FLIGHT
    assert first.lease_token == claim.token
    assert first.lease_until > timezone.now()


def test_a5_messages_of_one_user_leave_one_at_a_time_in_the_order_of_approval():
    first = DeliveryFactory(lane="HO/RET001")
    second = DeliveryFactory(lane="HO/RET001")
    claim = queue.claim()
    assert claim.delivery.pk == first.pk
    assert queue.claim() is None
    queue.move(claim.delivery, Move.APPLY, SAID)
    assert queue.claim().delivery.pk == second.pk


def test_a5_different_users_go_in_parallel():
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
        queue.move(second, Move.CLAIM, SAID, lease_token=uuid.uuid4(), lease_until=timezone.now())


def test_a_move_from_a_state_that_is_no_longer_true_changes_nothing():
    delivery = DeliveryFactory()
    stale_copy = Delivery.objects.get(pk=delivery.pk)
    assert queue.move(delivery, Move.CANCEL, SAID)
    assert not queue.move(stale_copy, Move.HOLD, SAID)
    delivery.refresh_from_db()
    assert delivery.state == State.CANCELLED


def test_a_move_with_a_lost_lease_changes_nothing():
    claim = queue.claim() if DeliveryFactory() else None
    Delivery.objects.filter(pk=claim.delivery.pk).update(lease_token=uuid.uuid4())
    assert not queue.move(claim.delivery, Move.APPLY, SAID)


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
    attempt = Attempt.objects.create(delivery=delivery, number=1, request="63=FT1.0", worker="host:7")
    assert queue.recover_stale() == 1
    delivery.refresh_from_db()
    attempt.refresh_from_db()
    assert (delivery.state, delivery.doubted, attempt.outcome) == (State.UNKNOWN, True, "unknown")
    assert queue.claim() is None, "the lane rests before the repeat"
    entry = Entry.objects.get(action="delivery.recovered", delivery_id=delivery.pk)
    assert entry.details == {"worker": "host:7"}


def test_a_lease_that_has_not_ended_is_left_alone():
    DeliveryFactory(
        state=State.IN_FLIGHT, lease_token=uuid.uuid4(), lease_until=timezone.now() + timedelta(seconds=5)
    )
    assert queue.recover_stale() == 0


def test_one_change_goes_before_a_file_and_a_lane_stays_in_order():
    filed = [DeliveryFactory(lane=f"HO/RET00{n}", priority=Priority.BATCH) for n in range(3)]
    urgent = DeliveryFactory(lane="HO/URGENT")
    behind = DeliveryFactory(lane="HO/URGENT", priority=Priority.BATCH)
    order = []
    while claim := queue.claim():
        order.append(claim.delivery.pk)
        queue.move(claim.delivery, Move.APPLY, SAID)
    assert order == [urgent.pk, *(delivery.pk for delivery in filed), behind.pk]


def test_what_stands_before_an_urgent_change_in_its_lane_becomes_urgent_too():
    DeliveryFactory(lane="HO/OTHER", priority=Priority.BATCH)
    first = DeliveryFactory(lane="HO/RET001", priority=Priority.BATCH)
    second = enqueue_after(first)
    order = []
    for _ in range(2):
        claim = queue.claim()
        order.append(claim.delivery.pk)
        queue.move(claim.delivery, Move.APPLY, SAID)
    assert order == [first.pk, second.pk]


def test_a_message_of_a_paused_file_is_not_claimed_and_keeps_its_place():
    first = DeliveryFactory(lane="HO/RET001", paused=True)
    DeliveryFactory(lane="HO/RET001")
    assert queue.claim() is None
    Delivery.objects.update(paused=False)
    assert queue.claim().delivery.pk == first.pk


def test_a_message_that_belongs_to_the_create_goes_before_the_rest_of_its_lane():
    create = DeliveryFactory(lane="HO/RET001")
    later = DeliveryFactory(lane="HO/RET001")
    queue.move(create, Move.CANCEL, SAID)
    ahead = enqueue_after(create, ahead=True)
    assert queue.claim().delivery.pk == ahead.pk
    assert queue.claim() is None, "the lane is busy"
    ahead.refresh_from_db()
    queue.move(ahead, Move.APPLY, SAID)
    assert queue.claim().delivery.pk == later.pk


def test_every_move_of_the_table_writes_an_audit_entry_in_its_own_words():
    for (before, step), state in MOVES.items():
        delivery = DeliveryFactory(
            lane=f"HO/{before}-{step}"[:40],
            state=before,
            lease_token=uuid.uuid4() if before is State.IN_FLIGHT else None,
        )
        lease = uuid.uuid4() if state is State.IN_FLIGHT else None
        assert queue.move(delivery, step, SAID, lease_token=lease)
        entry = Entry.objects.get(delivery_id=delivery.pk)
        assert (entry.action, entry.text, entry.subject) == (SAID.action, SAID.text, delivery.lane)
        delivery.refresh_from_db()
        assert (delivery.state, delivery.finished_at is not None) == (state, state in FINAL)


def test_a_delivery_whose_workers_die_each_time_comes_to_a_person(settings):
    settings.DELIVERY_MAX_ATTEMPTS, settings.DELIVERY_HOLD_SECONDS = 2, 0
    delivery = DeliveryFactory()
    for number in (1, 2):
        claim = queue.claim()
        Attempt.objects.create(delivery=delivery, number=number, request="63=FT1.0")
        past = timezone.now() - timedelta(seconds=1)
        Delivery.objects.filter(pk=claim.delivery.pk).update(attempt_count=number, lease_until=past)
        queue.recover_stale()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.needs_person) == (State.UNKNOWN, True)
    assert queue.claim() is None


def test_a_claim_reads_the_queue_in_turn_without_sorting_it_though_it_grew_a_moment_ago():
    change = DeliveryFactory().change
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    Delivery.objects.bulk_create(
        Delivery(
            change=change,
            message_type=301,
            lane=f"HO/R{number:05}",
            part=number,
            own_values={},
            priority=Priority.BATCH,
        )
        for number in range(1, 3000)
    )
    queue.without_sorting()
    plan = queue.due(timezone.now())[:1].explain()
    assert "delivery_next" in plan
    # Which index answers for a lane is the database's choice; that one does is not.
    scans = [line.lower() for line in plan.splitlines() if "scan" in line.lower()]
    assert [line for line in scans if "index" not in line and "bitmap" not in line] == []
    assert "sort" not in plan.lower()
    assert "temp b-tree" not in plan.lower()


def enqueue_after(delivery, **options):
    """One more message of the same lane."""
    return queue.enqueue(
        change_id=delivery.change_id,
        message_type=delivery.message_type,
        lane=delivery.lane,
        values=delivery.values,
        reference="",
        number=Delivery.objects.filter(change=delivery.change_id).count(),
        **options,
    )
