"""Blocked lanes: what waits in one is set aside, so that claims pass over none of it, and looked at again in time."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from backoffice.batches import pausing
from backoffice.batches.decide import completion, decisions
from backoffice.delivery import lanes, operations, queue, urgent, waiting
from backoffice.delivery.models import Delivery, Settlement
from backoffice.delivery.states import State
from backoffice.protocol.examples import example
from backoffice.protocol.message import REQUESTS
from tests.batches.conftest import checked
from tests.factories import DeliveryFactory

pytestmark = pytest.mark.django_db

__all__ = ["checked"]

#: A message that neither creates nor is money: one person settles it.
TEMPLATE = 314


def delivery(lane="HO/RET001", **columns):
    return DeliveryFactory(
        lane=lane, message_type=TEMPLATE, own_values=example(REQUESTS[TEMPLATE]), **columns
    )


def in_doubt(**columns):
    return delivery(state=State.UNKNOWN, doubted=True, needs_person=True, **columns)


def on_hold(**columns):
    return delivery(state=State.ON_HOLD, needs_person=True, **columns)


def at(days):
    return timezone.now() + timedelta(days=days)


def set_aside():
    lanes.set_aside()
    return set(Delivery.objects.filter(set_aside=True))


@pytest.mark.parametrize(
    "front", [in_doubt, on_hold, lambda: delivery(paused=True), lambda: delivery(not_before=at(1))]
)
def test_what_waits_behind_a_hindered_delivery_is_set_aside_and_nothing_else(front):
    front()
    behind, other = delivery(), delivery(lane="HO/OTHER")
    assert set_aside() == {behind}
    assert queue.claim().delivery == other
    assert queue.claim() is None


def test_nothing_is_set_aside_behind_what_may_go_or_is_with_a_worker():
    delivery()
    delivery()
    delivery(lane="HO/OTHER", state=State.UNKNOWN, doubted=True, next_try_at=at(1))
    delivery(lane="HO/OTHER")
    assert not set_aside()
    claim = queue.claim()
    Delivery.objects.filter(pk=claim.delivery.pk).update(paused=True)
    assert not set_aside(), "a worker has the one in front"


def test_what_passes_a_hindered_delivery_is_never_set_aside():
    failed = DeliveryFactory.settled(State.REFUSED, lane="HO/RET001")
    on_hold(held_by=failed)
    create = DeliveryFactory(lane="HO/RET001")
    in_doubt(lane="HO/OTHER")
    delivery(lane="HO/OTHER", ahead=True)
    assert not set_aside()
    assert queue.claim().delivery == create


def test_what_is_behind_one_that_is_ahead_of_its_lane_is_set_aside():
    earlier = delivery()
    in_doubt(ahead=True)
    assert set_aside() == {earlier}


def test_all_of_a_long_queue_is_set_aside_in_rounds(monkeypatch):
    monkeypatch.setattr(lanes, "TOGETHER", 2)
    for number in range(5):
        in_doubt(lane=f"HO/R{number}")
    for number in range(5):
        delivery(lane=f"HO/R{number}")
    assert len(set_aside()) == 5


def settled(found):
    return lambda front, by: operations.resolve(front.pk, by=by, found=found, reason="Looked in ODIN")


def freed(front, by):
    operations.free(front.pk, by=by, reason="The group was made")


def cancelled(front, by):
    operations.cancel(front.pk, by=by, reason="Not wanted")


@pytest.mark.parametrize(
    ("front", "let_go"),
    [
        (in_doubt, settled(Settlement.AGAIN)),
        (in_doubt, settled(Settlement.REFUSED)),
        (on_hold, freed),
        (on_hold, cancelled),
        (lambda: delivery(paused=True), cancelled),
        (
            lambda: delivery(not_before=at(1)),
            lambda front, by: urgent.let_change_through(front.change_id, by=by, reason="Now"),
        ),
    ],
)
def test_what_was_set_aside_is_looked_at_again_when_a_person_moves_what_is_in_front(checker, front, let_go):
    first, behind = front(), delivery()
    assert set_aside() == {behind}
    let_go(first, checker)
    assert not Delivery.objects.filter(set_aside=True).exists()
    assert not set_aside()


def test_what_was_set_aside_is_looked_at_again_when_the_time_of_what_is_in_front_has_come():
    first, behind = delivery(not_before=at(1)), delivery()
    assert set_aside() == {behind}
    Delivery.objects.filter(pk=first.pk).update(not_before=at(-1))
    waiting.time_has_come()
    assert queue.claim().delivery == first
    assert not Delivery.objects.filter(set_aside=True).exists()


@pytest.mark.parametrize(
    "let_go",
    [
        lambda batch, by: pausing.resume(batch.pk, by=by),
        lambda batch, by: completion.cancel_unsent(batch.pk, by=by, reason="The wrong file"),
        lambda batch, by: urgent.let_batch_through(batch.pk, by=by, reason="Trading begins"),
    ],
)
def test_what_was_set_aside_is_looked_at_again_when_the_file_in_front_goes_on_or_is_cancelled(
    checked, maker, checker, let_go
):
    batch = checked(good=2)
    decisions.submit(batch.pk, by=maker, mode="all", reason="Morning", not_before=at(1))
    batch.refresh_from_db()
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    pausing.pause(batch.pk, by=checker)
    behind = {delivery(lane=lane) for lane in Delivery.objects.values_list("lane", flat=True).distinct()}
    assert set_aside() == behind
    let_go(batch, checker)
    assert not Delivery.objects.filter(set_aside=True).exists()


@pytest.mark.only_on("postgresql")
@pytest.mark.django_db(transaction=True)
def test_nothing_is_set_aside_behind_what_somebody_moves_at_this_moment(checker):
    first, behind = in_doubt(), delivery()
    moved, done = threading.Event(), threading.Event()

    def move():
        with transaction.atomic():
            operations.resolve(first.pk, by=checker, found=Settlement.REFUSED, reason="Not there")
            moved.set()
            done.wait(10)
        connections.close_all()

    thread = threading.Thread(target=move)
    thread.start()
    try:
        assert moved.wait(10)
        assert not set_aside()
    finally:
        done.set()
        thread.join()
    assert queue.claim().delivery == behind


@pytest.mark.only_on("postgresql")
def test_a_claim_passes_over_no_blocked_lane_once_they_are_set_aside():
    one = in_doubt()
    columns = {"change": one.change, "message_type": TEMPLATE, "own_values": {}}
    Delivery.objects.bulk_create(
        Delivery(
            lane=f"HO/R{number // 2}",
            part=number + 1,
            **columns,
            **({"state": State.UNKNOWN, "needs_person": True} if number % 2 == 0 else {}),
        )
        for number in range(60)
    )
    free = delivery(lane="HO/FREE")

    def passed_over():
        lanes.without_sorting()
        (plan,) = json.loads(queue.due(timezone.now())[:1].explain(format="json", analyze=True))
        return _removed(plan["Plan"])

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE delivery_delivery")
    assert passed_over() == 30
    lanes.set_aside()
    assert passed_over() == 0
    assert queue.claim().delivery == free


def _removed(node):
    """How many rows a plan reads and does not give."""
    below = sum(
        _removed(each)
        for each in node.get("Plans", ())
        if "SubPlan" not in each.get("Parent Relationship", "")
    )
    return node.get("Rows Removed by Filter", 0) + below
