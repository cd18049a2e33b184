"""What is kept of an order: nothing of it can be altered, every step is there, and no secret is."""

import uuid

import pytest
from django.db import DatabaseError, transaction

from backoffice.audit.models import Entry
from backoffice.rest import client
from tests.faults.orders import problems
from tests.trading.conftest import place, ticket
from trading.desk import books, orders, tickets
from trading.models import DeskOrder, OrderEvent, Step

pytestmark = pytest.mark.django_db


def test_what_was_confirmed_and_its_steps_cannot_be_altered_or_removed(desk):
    made = place(desk)
    for change in (
        lambda: DeskOrder.objects.update(quantity=1),
        lambda: DeskOrder.objects.update(identifier="AAAAAAAA"),
        lambda: DeskOrder.objects.update(order_id="OTHER"),
        lambda: DeskOrder.objects.all().delete(),
        lambda: OrderEvent.objects.update(text="x"),
        lambda: OrderEvent.objects.all()._raw_delete(OrderEvent.objects.db),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    made.refresh_from_db()
    assert made.quantity == 10


def test_the_trail_has_each_step_with_what_was_sent_and_came_back_and_no_secret(desk, dealer):
    made = place(desk)
    books.read(desk, "orders", by=dealer)
    entries = Entry.objects.filter(subject="HO/DEMO1", action__startswith="desk.order_")
    assert list(entries.order_by("id").values_list("action", flat=True)) == [
        "desk.order_confirmed",
        "desk.order_answered",
        "desk.order_book",
    ]
    answered = entries.get(action="desk.order_answered")
    assert made.identifier in answered.details["sent"]
    assert made.order_id in answered.details["received"]
    assert desk.session.token.reveal() not in str(list(Entry.objects.values()))


def test_the_secrets_of_the_call_itself_are_hidden_in_the_answer_that_is_kept(desk, standin, raw, settings):
    key = settings.REST_X_API_KEY
    settings.REST_BASE_URL = raw.base
    raw.says(200, {"status": "success", "data": {"orderId": "A1", "note": f"for {key}"}})
    made = place(desk)
    event = made.events.get(step=Step.ANSWERED)
    assert "A1" in event.received
    assert key not in event.received


def test_an_identifier_is_unique_for_client_and_day(desk, monkeypatch):
    first = place(desk)
    identifiers = iter([first.identifier, "BBBBBBBB"])
    found = tickets.judge(ticket(), desk.session, desk.row.lane)
    monkeypatch.setattr(client, "new_identifier", lambda: next(identifiers))
    order, _ = orders.confirm(
        desk, found, token=uuid.uuid4(), instruction="email", reference="Mail 3", by=desk.row.dealer
    )
    assert order.identifier == "BBBBBBBB"


def test_the_fault_test_notices_an_order_that_is_held_on_other_terms(desk, standin):
    made = place(desk)
    assert problems(standin, 1) == []
    with standin.store.transaction():
        order = standin.store.order(made.order_id)
        standin.store.save_order({**order, "total_quantity": 11})
    (words,) = problems(standin, 1)
    assert "is held as ('900001', 'BUY', 11" in words
