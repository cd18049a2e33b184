"""What a book says of the desk's orders: which are looked for, which row counts, and what settles one."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from backoffice import guarding
from backoffice.rest import client
from backoffice.rest.api.answers import AcceptedRow, OrderRow
from backoffice.rest.api.outcome import Outcome, OutcomeKind, Read
from tests.trading.conftest import place, sent, ticket
from trading.desk import books, doubt, orders, tickets
from trading.desk.seen import Seen, shows
from trading.models import DeskOrder, OrderState, Step
from trading.models.guards import guards

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(desk, monkeypatch):
    """Books of the test's own rows; no request is made. Gives the rows and the books that were read."""
    held = {"rows": [], "read": []}

    def whole(name):
        def read(session, *args, keep=None, **options):
            keep = keep or args[-1]
            held["read"].append(name)
            rows = held["rows"] if name == "orders" else held.get(name, [])
            kept = tuple(row for row in rows if keep(OrderRow(row)))
            return client.Book(Outcome(OutcomeKind.SUCCESS, "done"), kept, read=len(rows))

        return read

    monkeypatch.setattr(client, "order_book", whole("orders"))
    monkeypatch.setattr(client, "gtd_book", whole("gtd"))
    monkeypatch.setattr(client, "trades", whole("trades"))
    return held


def committed(desk, what=None, **changed):
    """An order that was confirmed; nothing is sent. Keywords replace columns, guarded ones too."""
    judged = tickets.judge(what or ticket(), desk.session, desk.row.lane)
    order, _ = orders.confirm(
        desk, judged, token=uuid.uuid4(), instruction="email", reference="Mail 3", by=desk.row.dealer
    )
    rewrite(order, **changed)
    return order


def rewrite(order, **changed):
    """Change what a guard keeps: time cannot be let pass otherwise."""
    found = guards(connection.vendor)
    guarding.take_down(connection, found)
    DeskOrder.objects.filter(pk=order.pk).update(**changed)
    guarding.put_up(connection, found)
    order.refresh_from_db()


def row(order, **changed):
    return {
        "order_id": "NEW1",
        "exchange": order.exchange,
        "scrip_token": str(order.scrip_token),
        "transaction_type": order.side,
        "total_quantity": order.quantity,
        "order_price": str(order.price),
        "status": "PENDING",
        "traded_quantity": 0,
        "order_identifier": order.identifier,
        **changed,
    }


LONG_AGO = timedelta(days=5)


def test_an_order_whose_sender_died_days_ago_is_still_looked_for(desk, dealer, book):
    then = timezone.now() - LONG_AGO
    order = committed(desk, at=then, day=then.date())
    book["rows"] = [row(order)]
    doubt.look(order, by=dealer)
    order.refresh_from_db()
    assert (order.state, order.order_id) == (OrderState.WORKING, "NEW1")


def test_a_look_counts_against_what_was_in_doubt_when_it_began(desk, dealer, book):
    order = committed(desk)
    seen = Seen(order.lane)
    rewrite(order, at=timezone.now() - timedelta(minutes=5))
    seen.apply(by=dealer, complete=True)
    assert not order.events.filter(step=Step.NOT_FOUND).exists()
    Seen(order.lane).apply(by=dealer, complete=True)
    assert order.events.filter(step=Step.NOT_FOUND).exists()


def test_a_reading_that_began_earlier_does_not_overwrite_a_newer_one(desk, dealer):
    order = committed(desk, state=OrderState.ACCEPTED, order_id="NEW1")
    older, newer = Seen(order.lane), Seen(order.lane)
    older.look(OrderRow(row(order)))
    newer.look(OrderRow(row(order, status="EXECUTED", traded_quantity=10)))
    newer.apply(by=dealer, complete=False)
    older.apply(by=dealer, complete=False)
    order.refresh_from_db()
    assert (order.state, order.traded_quantity) == (OrderState.EXECUTED, 10)
    assert order.read_at == newer.began


@pytest.mark.parametrize("order_id", ["X" * 65, "OURS"])
def test_an_order_under_an_id_that_cannot_be_its_own_is_neither_adopted_nor_missing(
    desk, dealer, book, order_id
):
    committed(desk, ticket(side="SELL"), state=OrderState.EXECUTED, order_id="OURS")
    order = committed(desk, state=OrderState.UNKNOWN)
    book["rows"] = [row(order, order_id=order_id)]
    doubt.look(order, by=dealer)
    order.refresh_from_db()
    assert (order.state, order.order_id) == (OrderState.UNKNOWN, "")
    assert not order.events.filter(step=Step.NOT_FOUND).exists()
    assert "cannot be ours" in order.events.last().text


@pytest.mark.parametrize("state", [OrderState.UNKNOWN, OrderState.NOT_PLACED])
def test_an_answer_that_comes_late_settles_an_order_in_doubt(desk, state):
    order = committed(desk, state=state)
    accepted = AcceptedRow({"orderId": "NEW1"})
    orders.settle(order, Read(Outcome(OutcomeKind.SUCCESS, "done"), {"orderId": "NEW1"}, row=accepted))
    assert (order.state, order.order_id) == (OrderState.ACCEPTED, "NEW1")


@pytest.mark.parametrize("order_id", ["X" * 65, "OURS"])
def test_an_answer_with_an_id_that_cannot_be_its_own_leaves_the_order_in_doubt(desk, order_id):
    committed(desk, ticket(side="SELL"), state=OrderState.EXECUTED, order_id="OURS")
    order = committed(desk)
    accepted = AcceptedRow({"orderId": order_id})
    orders.settle(order, Read(Outcome(OutcomeKind.SUCCESS, "done"), {"orderId": order_id}, row=accepted))
    assert (order.state, order.order_id) == (OrderState.UNKNOWN, "")
    order.refresh_from_db()
    assert (order.state, order.order_id) == (OrderState.UNKNOWN, "")
    (answered,) = order.events.filter(step=Step.ANSWERED)
    assert "cannot be ours" in answered.text


def test_what_the_book_said_is_kept_when_the_answer_comes_later(desk):
    order = committed(desk, state=OrderState.WORKING, order_id="NEW1")
    orders.settle(order, Read(Outcome(OutcomeKind.REFUSED, "refused")))
    assert order.state == OrderState.WORKING


def test_only_the_books_that_are_needed_are_read(desk, dealer, book):
    order = committed(desk, state=OrderState.UNKNOWN)
    doubt.look(order, by=dealer)
    assert book["read"] == ["orders", "trades"]
    book["rows"], book["read"] = [row(order, order_id="A"), row(order, order_id="B")], []
    assert books.find(desk, "NSE_EQ", "A", by=dealer).order_id == "A"
    assert book["read"] == ["orders"]
    book["gtd"], book["read"] = [row(order, order_id="C")], []
    assert books.find(desk, "NSE_EQ", "C", by=dealer).order_id == "C"
    assert book["read"] == ["orders", "gtd"]
    committed(desk, ticket(side="SELL", validity="GTD", validity_days=5), state=OrderState.UNKNOWN)
    book["rows"], book["read"] = [], []
    doubt.look(order, by=dealer)
    assert book["read"] == ["orders", "gtd", "trades"]


WANTED = {
    "order_type": "RL",
    "quantity": 10,
    "price": "90.05",
    "trigger_price": "0",
    "disclosed_quantity": 5,
    "validity": "GTD",
    "validity_days": 7,
}
SHOWN = {
    "order_type": "RL",
    "total_quantity": "10",
    "order_price": "90.0500",
    "disclosed_quantity": 5,
    "validity": "GTD",
    "validity_days": 7,
}


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({}, True),
        ({"trigger_price": 0}, True),
        ({"trigger_price": 89}, False),
        ({"disclosed_quantity": 4}, False),
        ({"disclosed_quantity": None}, False),
        ({"validity_days": 6}, False),
        ({"order_price": 91}, False),
        ({"validity": "DAY"}, False),
        ({"total_quantity": None}, False),
    ],
)
def test_a_row_shows_a_modification_when_every_value_is_there(changed, same):
    assert shows(OrderRow({**SHOWN, **changed}), WANTED) is same


def test_the_price_of_a_market_order_is_whatever_the_book_says():
    wanted = {**WANTED, "order_type": "RL-MKT", "price": "0"}
    assert shows(OrderRow({**SHOWN, "order_type": "RL-MKT"}), wanted)
    assert not shows(OrderRow(SHOWN), wanted)


def test_the_rows_of_a_look_are_locked_in_one_query(desk, dealer, django_assert_max_num_queries):
    for side, token in (("BUY", 900001), ("SELL", 900001), ("BUY", 900002), ("SELL", 900002)):
        committed(
            desk, ticket(side=side, scrip_token=token), state=OrderState.ACCEPTED, order_id=f"{side}{token}"
        )
    seen = Seen(desk.row.lane)
    with django_assert_max_num_queries(6):
        seen.apply(by=dealer, complete=False)


# --- the moment before the first byte -----------------------------------------------------------------------------


def test_an_order_is_not_sent_when_too_much_time_has_passed_or_somebody_decided(desk, dealer, standin):
    late = committed(desk, at=timezone.now() - timedelta(seconds=11))
    assert orders.send(late, desk.session).kind is OutcomeKind.NOT_SENT
    decided = committed(desk, state=OrderState.NOT_PLACED)
    assert orders.send(decided, desk.session).kind is OutcomeKind.NOT_SENT
    stopped = committed(desk)
    from trading.desk import stop

    stop.throw(by=dealer)
    assert orders.send(stopped, desk.session).kind is OutcomeKind.NOT_SENT
    assert [late.state, decided.state, stopped.state] == ["not_sent", "not_placed", "not_sent"]
    assert "stopped" in stopped.events.last().text
    assert sent(standin) == 0


def test_an_order_that_was_answered_is_never_sent_again(desk, standin):
    made = place(desk)
    assert orders.send(made, desk.session).kind is OutcomeKind.NOT_SENT
    assert (made.state, sent(standin)) == (OrderState.ACCEPTED, 1)


def test_an_unusually_long_number_of_an_answer_is_no_quantity():
    assert OrderRow({"traded_quantity": 9999999999999999999}).traded_quantity is None
    assert OrderRow({"traded_quantity": 999999999999999999}).traded_quantity == Decimal(999999999999999999)
