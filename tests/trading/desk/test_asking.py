"""Modifying and cancelling at the order desk: every value from the book just read, asked for once."""

import uuid
from decimal import Decimal

import pytest
from django.db import connection, transaction

from backoffice.rest import client
from backoffice.rest.api.answers import OrderRow
from backoffice.rest.api.codes import Exchange
from backoffice.rest.api.outcome import Outcome, OutcomeKind, Read
from tests.trading.conftest import place, sent, ticket
from trading.desk import asking, books, doubt, sending, stop
from trading.desk.caps import Limits
from trading.desk.errors import DeskProblem, HasFindings, Moved
from trading.desk.terms import NewTerms, judge, snapshot
from trading.models import AskedChange, AskedState, DeskOrder, OrderState

pytestmark = pytest.mark.django_db
COVER = {
    "kind": "cover",
    "order_type": "RL-MKT",
    "price": Decimal(0),
    "about_price": Decimal(101),
    "stop_trigger": Decimal("95.05"),
}


def row_of(desk, made):
    return books.find(desk, made.exchange, made.order_id, by=desk.row.dealer)


def modify(desk, made, terms, *, seen=None, **changed):
    given = {"token": uuid.uuid4(), "instruction": "email", "reference": "Mail 4", "by": desk.row.dealer}
    seen = seen or snapshot(row_of(desk, made))
    return asking.modify(desk, made.exchange, made.order_id, terms, seen=seen, **{**given, **changed})


def cancel(desk, made, **changed):
    given = {
        "token": uuid.uuid4(),
        "instruction": "person",
        "reference": "At the desk",
        "by": desk.row.dealer,
    }
    return asking.cancel(desk, made.exchange, made.order_id, **{**given, **changed})


def terms(**changed):
    return NewTerms(**{"order_type": "RL", "quantity": 10, "price": Decimal("90.05"), **changed})


def test_a_modification_after_a_part_fill_sends_every_value_and_is_done_when_the_book_shows_it(
    desk, dealer, standin
):
    made = place(desk)
    standin.oms.move(made.order_id, "fill-one")
    asked = modify(desk, made, terms(quantity=20, price=Decimal("91.10")))
    assert asked.state == AskedState.ASKED
    (received,) = [one for one in standin.store.received() if one["call"] == "modify"]
    for part in ('"traded_quantity": 1', '"quantity": 20', '"price": 91.1', '"disclosed_quantity": 0'):
        assert part in received["body"]
    books.read(desk, "orders", by=dealer)
    asked.refresh_from_db()
    assert asked.state == AskedState.DONE


def test_what_moved_since_it_was_read_is_shown_and_nothing_is_sent(desk, standin):
    made = place(desk)
    seen = snapshot(row_of(desk, made))
    standin.oms.move(made.order_id, "fill-one")
    with pytest.raises(Moved) as caught:
        modify(desk, made, terms(quantity=20), seen=seen)
    assert caught.value.changes == ["traded was 0 and is 1"]
    assert sent(standin, "modify") == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({}, "quantity"),
        ({"quantity": 1}, "quantity"),
        ({"price": Decimal("91.07")}, "price"),
        ({"order_type": "SL", "price": Decimal(90), "trigger_price": Decimal(95)}, "trigger_price"),
    ],
)
def test_each_rule_of_a_modification_is_a_finding_at_its_field(desk, standin, changed, field):
    made = place(desk)
    standin.oms.move(made.order_id, "fill-one")
    with pytest.raises(HasFindings) as caught:
        modify(desk, made, terms(**changed))
    assert field in [one.path for one in caught.value.findings]


def test_only_an_order_that_is_pending_can_be_modified(desk):
    made = place(desk, ticket(is_amo=True))
    with pytest.raises(DeskProblem, match="cannot be modified: the book says AMOACCEPTED"):
        modify(desk, made, terms(quantity=20))


def test_what_a_modification_adds_counts_for_the_caps(desk, settings, standin):
    made = place(desk)
    settings.DESK_CLIENT_CAP = Decimal(1500)
    with pytest.raises(DeskProblem, match="cap"):
        modify(desk, made, terms(quantity=20))
    modify(desk, made, terms(quantity=11))
    assert sent(standin, "modify") == 1


def test_a_modification_of_unknown_outcome_is_not_repeated_and_settled_by_the_book(desk, dealer, standin):
    made = place(desk)
    standin.faults.add("reset_after", call="modify")
    asked = modify(desk, made, terms(quantity=20))
    assert asked.state == AskedState.UNKNOWN
    seen = {**snapshot(row_of(desk, made))}
    asked.refresh_from_db()
    assert asked.state == AskedState.DONE
    assert seen["total_quantity"] == "20"
    assert sent(standin, "modify") == 1


def test_while_a_request_is_in_doubt_nothing_else_is_asked_of_the_order(desk, dealer, standin, settings):
    settings.DESK_LOOK_SECONDS = 0
    made = place(desk)
    standin.faults.add("reset_before", call="cancel")
    asked = cancel(desk, made)
    with pytest.raises(DeskProblem, match="is in doubt"):
        modify(desk, made, terms(quantity=20))
    doubt.look(asked, by=dealer)
    doubt.look(asked, by=dealer)
    doubt.not_done(asked, reason="Still pending", by=dealer)
    assert cancel(desk, made).state == AskedState.ASKED
    assert sent(standin, "cancel") == 2


def test_a_cancellation_is_asked_for_until_the_book_says_so_and_works_while_desks_are_stopped(
    desk, dealer, standin
):
    made = place(desk)
    stop.throw(by=dealer)
    asked = cancel(desk, made)
    assert (asked.state, DeskOrder.objects.get().state) == (AskedState.ASKED, OrderState.WORKING)
    books.read(desk, "orders", by=dealer)
    asked.refresh_from_db()
    assert (asked.state, DeskOrder.objects.get().state) == (AskedState.DONE, OrderState.CANCELLED)


def test_a_cancellation_that_is_too_late_is_refused_from_the_book(desk, standin):
    made = place(desk)
    standin.oms.move(made.order_id, "fill")
    with pytest.raises(DeskProblem, match="too late to cancel: the order is executed"):
        cancel(desk, made)
    assert sent(standin, "cancel") == 0


def test_a_gtd_order_is_cancelled_with_the_days_that_it_was_placed_with(desk, standin):
    made = place(desk, ticket(validity="GTD", validity_days=5))
    assert cancel(desk, made).state == AskedState.ASKED
    (received,) = [one for one in standin.store.received() if one["call"] == "cancel"]
    assert received["path"].endswith("?validity=GTD&validity_days=5")


def test_a_clients_own_order_can_be_cancelled_too(desk, standin):
    own = client.place(
        desk.session,
        {
            "scrip_info": {"exchange": Exchange.NSE_EQ, "scrip_token": 900002},
            "transaction_type": "BUY",
            "product_type": "DELIVERY",
            "order_type": "RL",
            "quantity": 3,
            "price": "200.05",
            "order_identifier": client.new_identifier(),
        },
    ).row.order_id
    asked = asking.cancel(
        desk,
        "NSE_EQ",
        own,
        token=uuid.uuid4(),
        instruction="recording",
        reference="Call 9",
        by=desk.row.dealer,
    )
    assert (asked.state, asked.desk_order) == (AskedState.ASKED, None)


def test_a_cover_order_has_calls_of_its_own(desk, dealer, standin):
    made = place(desk, ticket(**COVER))
    (received,) = [one for one in standin.store.received() if one["call"] == "place_cover"]
    assert '"legs": [{"quantity": 10, "trigger_price": 95.05}]' in received["body"]
    assert made.state == OrderState.ACCEPTED
    books.read(desk, "orders", by=dealer)
    made.refresh_from_db()
    assert made.state == OrderState.EXECUTED
    with pytest.raises(DeskProblem, match="too late"):
        cancel(desk, made)


def test_a_request_that_comes_twice_is_one(desk, standin):
    made = place(desk)
    token = uuid.uuid4()
    assert cancel(desk, made, token=token) == cancel(desk, made, token=token)
    assert (AskedChange.objects.count(), sent(standin, "cancel")) == (1, 1)


MARKET = {"order_type": "RL-MKT", "price": Decimal(0)}


def own_of_the_client(desk, quantity=3):
    """An order that the client placed elsewhere."""
    values = {
        "scrip_info": {"exchange": Exchange.NSE_EQ, "scrip_token": 900002},
        "transaction_type": "BUY",
        "product_type": "DELIVERY",
        "order_type": "RL",
        "quantity": quantity,
        "price": "100.05",
        "order_identifier": client.new_identifier(),
    }
    order_id = client.place(desk.session, values).row.order_id
    return DeskOrder(exchange="NSE_EQ", order_id=order_id)


def test_a_modification_to_market_counts_for_the_caps_at_about_what_it_costs(desk, settings, standin):
    made = own_of_the_client(desk)
    with pytest.raises(HasFindings) as caught:
        modify(desk, made, terms(**MARKET))
    assert [one.path for one in caught.value.findings] == ["about_price"]
    settings.DESK_CLIENT_CAP = Decimal(900)
    with pytest.raises(DeskProblem, match="cap"):
        modify(desk, made, terms(**MARKET, about_price=Decimal(150)))
    settings.DESK_CLIENT_CAP, settings.DESK_ORDER_CAP = Decimal(10_000), Decimal(1499)
    with pytest.raises(DeskProblem, match="One order"):
        modify(desk, made, terms(**MARKET, about_price=Decimal(150)))
    assert sent(standin, "modify") == 0
    settings.DESK_ORDER_CAP = Decimal(1500)
    asked = modify(desk, made, terms(**MARKET, about_price=Decimal(150)))
    assert asked.added_value == Decimal("1199.85")


def test_only_what_neither_raises_quantity_nor_price_escapes_the_caps(desk, settings, standin):
    made = place(desk)
    settings.DESK_ORDER_CAP = Decimal(100)
    for changed in ({"quantity": 11, "price": Decimal("80.05")}, {"quantity": 9, "price": Decimal("90.10")}):
        with pytest.raises(DeskProblem, match="cap"):
            modify(desk, made, terms(**changed))
    assert modify(desk, made, terms(quantity=9, price=Decimal("90.05"))).state == AskedState.ASKED


def test_lots_of_a_market_order_are_counted_once(desk, settings, scrips):
    settings.REST_LOTS = {"NSE_EQ"}
    type(scrips[0]).objects.update(lot=5)
    row = OrderRow(
        {
            "exchange": "NSE_EQ",
            "order_id": "A1",
            "scrip_token": 900001,
            "transaction_type": "BUY",
            "order_type": "RL-MKT",
            "total_quantity": 10,
            "traded_quantity": 0,
            "status": "PENDING",
        }
    )
    made = place(desk, ticket(**MARKET, about_price=Decimal(100)))
    row._values["order_id"] = made.order_id
    judged = judge(desk, row, terms(**MARKET, quantity=11, about_price=Decimal(100)))
    assert (judged.value, judged.added) == (Decimal(5500), Decimal(500))


def test_a_form_that_became_something_asks_for_nothing_else(desk, standin):
    made, token = place(desk), uuid.uuid4()
    asked = modify(desk, made, terms(quantity=20), token=token)
    assert modify(desk, made, terms(quantity=20), seen={"x": "y"}, token=token) == asked
    for again in (
        lambda: modify(desk, made, terms(quantity=21), token=token),
        lambda: cancel(desk, made, token=token),
    ):
        with pytest.raises(DeskProblem, match="became Modification R-"):
            again()
    assert (sent(standin, "modify"), sent(standin, "cancel")) == (1, 0)


def test_a_request_that_was_overtaken_is_not_sent(desk, dealer, standin, monkeypatch):
    made = place(desk)
    hold = Limits.hold

    def hold_late(limits):
        hold(limits)
        monkeypatch.setattr("trading.desk.sending.SPARE_SECONDS", -1)

    monkeypatch.setattr(Limits, "hold", hold_late)
    for ask in (lambda: modify(desk, made, terms(quantity=20)), lambda: cancel(desk, made)):
        asked = ask()
        assert asked.state == AskedState.NOT_SENT
    assert (sent(standin, "modify"), sent(standin, "cancel")) == (0, 0)


def test_a_switch_thrown_after_the_commit_stops_a_modification_and_no_cancellation(desk, dealer, standin):
    made = place(desk)
    asked = modify(desk, made, terms(quantity=20))
    AskedChange.objects.update(state=AskedState.SENDING)
    stop.throw(by=dealer)
    assert "stopped" in sending.LastLook(AskedChange).obstacle(asked)
    assert cancel(desk, own_of_the_client(desk)).state == AskedState.ASKED


def test_a_late_answer_settles_a_request_in_doubt(desk, standin):
    made = place(desk)
    standin.faults.add("reset_before", call="cancel")
    asked = cancel(desk, made)
    asking._settle(asked, Read(Outcome(OutcomeKind.REFUSED, "refused", "Too late.")))
    assert asked.state == AskedState.REFUSED


@pytest.mark.parametrize("call", ["place", "modify"])
def test_what_is_sent_is_committed_before_the_first_byte(desk, standin, monkeypatch, call):
    made = place(desk)
    plain, open_blocks = getattr(client, call), []

    def send(session, values):
        # The test itself is a transaction; another one of ours would be a savepoint of it.
        open_blocks.append(list(connection.savepoint_ids))
        return plain(session, values)

    monkeypatch.setattr(client, call, send)
    act = (
        (lambda: place(desk, ticket(side="SELL")))
        if call == "place"
        else (lambda: modify(desk, made, terms(quantity=20)))
    )
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        act()
    assert open_blocks == []
    act()
    assert open_blocks == [[]]
