"""The sender sends what people approved, whatever somebody wrote into the tables: asked of ODIN's own ledger."""

import pytest
from django.db import connection

from backoffice.changes import guards
from backoffice.delivery.content import content_hash, one
from backoffice.delivery.models import Delivery
from backoffice.delivery.proof import is_approved
from backoffice.delivery.sending import drain
from backoffice.delivery.states import State
from backoffice.guarding import put_up, take_down
from backoffice.protocol.examples import example
from backoffice.protocol.message import REQUESTS

pytestmark = pytest.mark.django_db(transaction=True)


def written(delivery, **columns):
    """A delivery of the same change that somebody wrote into the table, with the hash of its content."""
    values = columns["own_values"]
    return Delivery.objects.create(
        change=delivery.change,
        lane=delivery.lane,
        content_hash=content_hash(one(columns["message_type"], values)),
        **columns,
    )


@pytest.fixture
def applied(odin, approved):
    """A delivery that was applied; what comes now is sent by nobody's approval."""
    delivery = approved(user_id="NEW001", group_id="HO")
    drain(5)
    delivery.refresh_from_db()
    assert delivery.state == State.APPLIED
    return delivery


@pytest.mark.parametrize(
    ("message_type", "ahead"),
    [(303, False), (303, True), (320, True), (320, False), (310, True)],
)
def test_a_message_that_is_none_of_the_change_s_is_not_sent(odin, applied, message_type, ahead):
    values = {**example(REQUESTS[message_type]), "group_id": "HO", "user_id": "NEW001"}
    forged = written(applied, message_type=message_type, own_values=values, ahead=ahead, part=1)
    drain(5)
    forged.refresh_from_db()
    assert (forged.state, forged.attempts.count()) == (State.ON_HOLD, 0)
    assert "not the one that was approved" in forged.reason
    assert {line.type for line in odin.store.ledger() if line.type > 300} <= {301, 303} - {message_type}


def test_the_approved_values_as_another_message_are_not_sent(odin, applied):
    forged = Delivery.objects.create(
        change=applied.change,
        lane=applied.lane,
        message_type=320,
        part=1,
        own_values=applied.values,
        ahead=True,
        content_hash=content_hash(one(320, applied.values)),
    )
    drain(5)
    forged.refresh_from_db()
    assert forged.state == State.ON_HOLD


def test_a_part_that_the_change_does_not_have_is_not_sent(odin, applied):
    forged = Delivery.objects.create(
        change=applied.change, lane=applied.lane, message_type=301, part=7, content_hash="f" * 64
    )
    assert not is_approved(forged)


def test_another_content_than_was_approved_is_not_sent_though_the_owner_wrote_it_everywhere(odin, approved):
    delivery = approved(user_id="NEW001", group_id="HO")
    other = {**delivery.values, "name": "Somebody Else"}
    everything = guards.guards(connection.vendor)
    take_down(connection, everything)
    delivery.change.messages = one(301, other)
    delivery.change.save(update_fields=["messages"])
    Delivery.objects.filter(pk=delivery.pk).update(content_hash=content_hash(one(301, other)))
    put_up(connection, everything)
    drain(5)
    delivery.refresh_from_db()
    assert delivery.state == State.ON_HOLD
    assert not [line for line in odin.store.ledger() if line.type == 301]


def test_a_change_that_was_put_in_force_by_nobody_is_not_sent(odin, approved):
    delivery = approved(user_id="NEW001", group_id="HO")
    everything = guards.guards(connection.vendor)
    take_down(connection, everything)
    type(delivery.change).objects.filter(pk=delivery.change_id).update(state="withdrawn")
    put_up(connection, everything)
    delivery = Delivery.objects.get(pk=delivery.pk)
    assert not is_approved(delivery)
