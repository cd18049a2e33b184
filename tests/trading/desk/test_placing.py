"""Placing at the order desk, over real HTTP: committed before it is sent, sent once, and read for what it is."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.audit.models import Entry
from backoffice.rest import client
from markets.models import ScripImport
from tests.trading.conftest import open_desk, place, sent, ticket
from trading import operations
from trading.desk import books, caps, doubt, orders, sessions, stop, tickets
from trading.desk.errors import DeskProblem, NotPermitted
from trading.models import DeskOrder, DeskSession, OrderState, Step

pytestmark = pytest.mark.django_db


def judged(desk, what):
    return tickets.judge(what, desk.session, desk.row.lane)


def paths(found):
    return [one.path for one in found.errors]


# --- the session --------------------------------------------------------------------------------------------------


def test_a_desk_keeps_the_token_sealed_and_nothing_that_the_client_typed(desk, standin):
    row = DeskSession.objects.get()
    token = desk.session.token.reveal()
    assert token not in row.sealed_token
    kept = str([list(DeskSession.objects.values()), list(Entry.objects.values())])
    assert token not in kept
    assert "Demo#2026" not in kept


def test_a_closed_desk_is_logged_out_and_forgets_the_token(desk, dealer, standin):
    sessions.end(desk.row, "Closed by the dealer.", by=dealer)
    row = DeskSession.objects.get()
    assert (row.state, row.sealed_token) == ("ended", "")
    assert sent(standin, "logout") == 1
    with pytest.raises(DeskProblem, match="not open"):
        sessions.use("HO/DEMO1", by=dealer)


def test_an_unused_desk_ends_and_is_logged_out(desk, standin, settings):
    DeskSession.objects.update(used_at=timezone.now() - timedelta(minutes=settings.REST_SESSION_MINUTES + 1))
    assert sessions.end_unused() == 1
    assert sent(standin, "logout") == 1
    assert "not used for 15 minutes" in DeskSession.objects.get().words


def test_two_failed_logins_stop_checks_and_desks_of_the_client(client_user, dealer, standin, scrips):
    for _ in range(2):
        with pytest.raises(DeskProblem, match="no login"):
            open_desk(client_user, dealer, standin, password="Wrong#2026")
    assert operations.failures("HO/DEMO1") == 2
    with pytest.raises(DeskProblem, match="2 logins of this client failed"):
        open_desk(client_user, dealer, standin)
    assert sent(standin, "login") == 2


def test_a_desk_belongs_to_one_dealer(desk, checker, dealer):
    other = type(dealer).objects.create_user("dealer2")
    other.groups.add(Group.objects.get(name="dealer"))
    with pytest.raises(DeskProblem, match="has the desk of this client open"):
        sessions.use("HO/DEMO1", by=other)


@pytest.mark.parametrize("role", ["maker", "checker"])
def test_nobody_deals_who_is_also_maker_or_checker(desk, dealer, role):
    dealer.groups.add(Group.objects.get(name=role))
    dealer = type(dealer).objects.get(pk=dealer.pk)
    with pytest.raises(NotPermitted):
        place(desk, by=dealer)
    assert not DeskOrder.objects.exists()


def test_nothing_works_while_the_desk_is_off(desk, settings):
    settings.ORDER_DESK = False
    with pytest.raises(DeskProblem, match="off"):
        place(desk)


# --- placing ------------------------------------------------------------------------------------------------------


def test_the_row_with_its_identifier_is_committed_before_the_first_byte(desk, standin, monkeypatch):
    plain, seen = client.place, []

    def place_then(session, values):
        seen.append((DeskOrder.objects.get().identifier, list(connection.savepoint_ids), sent(standin)))
        return plain(session, values)

    monkeypatch.setattr(client, "place", place_then)
    made = place(desk)
    assert seen == [(made.identifier, [], 0)]
    (order,) = standin.store.orders("DEMO1")
    assert order["order_identifier"] == made.identifier


def test_accepted_by_the_oms_is_not_placed_and_the_book_moves_it_on(desk, dealer, standin):
    made = place(desk)
    assert (made.state, made.read_at) == (OrderState.ACCEPTED, None)
    books.read(desk, "orders", by=dealer)
    made.refresh_from_db()
    assert made.state == OrderState.WORKING
    standin.oms.move(made.order_id, "fill-one")
    books.read(desk, "orders", by=dealer)
    made.refresh_from_db()
    assert (made.state, made.traded_quantity) == (OrderState.PART, 1)
    standin.oms.move(made.order_id, "reject")
    books.read(desk, "orders", by=dealer)
    made.refresh_from_db()
    assert (made.state, "rejected by the exchange" in made.error_reason) == (OrderState.REJECTED, True)


def test_an_order_that_the_oms_accepts_and_then_rejects_is_rejected_by_the_book(desk, dealer, settings):
    settings.DESK_ORDER_CAP = Decimal(2_000_000)
    made = place(desk, ticket(quantity=12_000))
    assert made.state == OrderState.ACCEPTED
    books.read(desk, "orders", by=dealer)
    made.refresh_from_db()
    assert made.state == OrderState.REJECTED
    assert "ShortFall=" in made.error_reason


def test_a_confirmation_that_comes_twice_is_one_order(desk, standin):
    token = uuid.uuid4()
    assert place(desk, token=token) == place(desk, token=token)
    assert sent(standin) == 1


def test_what_was_not_shown_is_not_sent(desk, standin):
    with pytest.raises(DeskProblem, match="changed since you saw"):
        place(desk, fingerprint="0" * 64)
    assert sent(standin) == 0


@pytest.mark.parametrize("changed", [{"instruction": ""}, {"reference": " "}, {"instruction": "telepathy"}])
def test_without_the_clients_instruction_nothing_is_sent(desk, standin, changed):
    with pytest.raises(DeskProblem):
        place(desk, **changed)
    assert sent(standin) == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"price": Decimal(0)}, "price"),
        ({"price": Decimal("90.07")}, "price"),
        ({"order_type": "SL"}, "trigger_price"),
        ({"order_type": "SL", "trigger_price": Decimal(95)}, "trigger_price"),
        ({"order_type": "RL-MKT", "price": Decimal(0)}, "about_price"),
        ({"order_type": "RL-MKT"}, "price"),
        ({"validity": "GTD"}, "validity_days"),
        ({"validity_days": 3}, "validity_days"),
        ({"disclosed_quantity": 11}, "disclosed_quantity"),
        ({"scrip_token": 1}, "scrip"),
        ({"exchange": "MCX_FO"}, "scrip"),
        ({"quantity": 20_000}, "quantity"),
        (
            {"kind": "cover", "order_type": "RL-MKT", "price": Decimal(0), "about_price": Decimal(100)},
            "stop_trigger",
        ),
    ],
)
def test_each_rule_is_a_finding_at_its_field(desk, changed, field):
    assert field in paths(judged(desk, ticket(**changed)))


def test_gtd_is_off_where_odin_allows_0_days(desk):
    DeskSession.objects.update(allowed={"others": {"nGTDMaxDays": "0"}})
    desk = sessions.use("HO/DEMO1", by=desk.row.dealer)
    found = judged(desk, ticket(validity="GTD", validity_days=1))
    assert paths(found) == ["validity"]


def test_a_stale_scrip_master_stops_orders(desk):
    ScripImport.objects.update(current_since=timezone.now() - timedelta(days=7))
    assert "Import a newer one first" in judged(desk, ticket()).findings[0].text


def test_the_order_is_said_in_words_with_its_value_and_what_is_unusual(desk):
    place(desk)
    found = judged(desk, ticket(order_type="RL-MKT", price=Decimal(0), about_price=Decimal(101)))
    assert found.words == "Buy 10 PEEPAL EQ on NSE Equity, intraday, at market, valid for the day."
    assert found.value == Decimal(1010)
    assert any("no limit" in words for words in found.unusual)
    assert any("same scrip and side" in words for words in found.unusual)


def test_caps_hold_for_an_order_a_client_and_a_dealer(desk, settings, standin):
    place(desk)
    for name in ("DESK_ORDER_CAP", "DESK_CLIENT_CAP", "DESK_DEALER_CAP"):
        before = getattr(settings, name)
        setattr(settings, name, Decimal(900))
        with pytest.raises(DeskProblem):
            place(desk)
        setattr(settings, name, before)
    assert sent(standin) == 1


def test_a_session_that_lasts_over_midnight_asks_for_the_caps_of_the_new_day(desk, settings, monkeypatch):
    settings.DESK_CLIENT_CAP = place(desk).value
    with pytest.raises(DeskProblem, match="This client's orders of today would be worth"):
        desk.limits.check(Decimal(1), Decimal(1))
    tomorrow = caps.today() + timedelta(days=1)
    monkeypatch.setattr(caps, "today", lambda: tomorrow)
    desk.limits.check(Decimal(1), Decimal(1))


def test_what_was_not_placed_is_free_of_the_caps(desk, settings, standin):
    settings.DESK_CLIENT_CAP = Decimal(901)
    standin.faults.add("html_400", call="place")
    assert place(desk).state == OrderState.REFUSED
    assert place(desk).state == OrderState.ACCEPTED


def test_the_switch_stops_orders_of_all_desks_but_no_reading(desk, dealer, standin):
    stop.throw(by=dealer)
    with pytest.raises(DeskProblem, match="stopped"):
        place(desk)
    assert sent(standin) == 0
    assert books.read(desk, "orders", by=dealer).book.complete


# --- outcomes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("too_many", OrderState.REFUSED),
        ("gateway_403", OrderState.REFUSED),
        ("session_ends", OrderState.NOT_SENT),
        ("error_500_after", OrderState.UNKNOWN),
        ("error_500_before", OrderState.UNKNOWN),
        ("reset_after", OrderState.UNKNOWN),
        ("truncated", OrderState.UNKNOWN),
        ("no_data", OrderState.UNKNOWN),
        ("html", OrderState.UNKNOWN),
        ("redirect", OrderState.UNKNOWN),
    ],
)
def test_each_answer_is_read_for_what_it_is_and_never_sent_again(desk, standin, fault, state):
    standin.faults.add(fault, call="place")
    made = place(desk)
    assert (made.state, made.order_id) == (state, "")
    assert sent(standin) == 1
    event = made.events.get(step=Step.ANSWERED)
    assert made.identifier in event.body


def test_a_session_that_ended_ends_the_desk_and_keeps_its_orders(desk, dealer, standin):
    made = place(desk)
    standin.faults.add("session_ends", call="place")
    place(desk, ticket(side="SELL"))
    assert DeskSession.objects.get().state == "ended"
    again = open_desk(RetailUser.objects.get(), dealer, standin)
    books.read(again, "orders", by=dealer)
    made.refresh_from_db()
    assert made.state == OrderState.WORKING


def test_placed_then_silence_locks_scrip_and_side_and_is_found_in_the_book(desk, dealer, standin, settings):
    settings.REST_TOTAL_TIMEOUT = 1.0
    standin.faults.add("silence_after", call="place", seconds=2)
    made = place(desk)
    assert made.state == OrderState.UNKNOWN
    with pytest.raises(DeskProblem, match="locked"):
        place(desk)
    assert place(desk, ticket(side="SELL")).state == OrderState.ACCEPTED
    assert place(desk, ticket(scrip_token=900002)).state == OrderState.ACCEPTED
    settings.REST_TOTAL_TIMEOUT = 20.0
    doubt.look(made, by=dealer)
    made.refresh_from_db()
    assert (made.state, made.order_id) == (OrderState.WORKING, standin.store.orders("DEMO1")[2]["order_id"])
    assert len(standin.store.orders("DEMO1")) == 3
    assert place(desk).state == OrderState.ACCEPTED


def test_a_gtd_order_is_found_by_its_marks_and_two_that_fit_go_to_a_person(desk, dealer, standin):
    gtd = ticket(validity="GTD", validity_days=5)
    standin.faults.add("reset_after", call="place", times=1)
    made = place(desk, gtd)
    doubt.look(made, by=dealer)
    made.refresh_from_db()
    assert made.state == OrderState.WORKING
    standin.faults.add("reset_after", call="place", times=1)
    second = place(desk, gtd)
    client.place(desk.session, tickets.rest_values(gtd, "ELSEWHER"))
    doubt.look(second, by=dealer)
    second.refresh_from_db()
    assert second.state == OrderState.UNKNOWN
    assert second.events.filter(step=Step.SEVERAL).exists()
    chosen = standin.store.orders("DEMO1")[1]["order_id"]
    doubt.is_this(second, chosen, reason="The client sees this one", by=dealer)
    second.refresh_from_db()
    assert (second.state, second.order_id) == (OrderState.WORKING, chosen)


def test_a_person_decides_only_after_two_looks_that_are_apart(desk, dealer, standin, settings):
    standin.faults.add("reset_before", call="place")
    made = place(desk)
    with pytest.raises(DeskProblem, match="Two looks"):
        doubt.not_placed(made, reason="Not there", by=dealer)
    doubt.look(made, by=dealer)
    doubt.look(made, by=dealer)
    with pytest.raises(DeskProblem, match="Two looks"):
        doubt.not_placed(made, reason="Not there", by=dealer)
    settings.DESK_LOOK_SECONDS = 0
    with pytest.raises(DeskProblem, match="reason"):
        doubt.not_placed(made, reason="", by=dealer)
    doubt.not_placed(made, reason="Not there twice", by=dealer)
    assert DeskOrder.objects.get().state == OrderState.NOT_PLACED
    assert sent(standin) == 1
    place(desk)


def test_a_book_that_cannot_be_read_whole_says_of_no_order_that_it_is_missing(
    desk, dealer, standin, settings
):
    settings.DESK_LOOK_SECONDS = 0
    standin.faults.add("reset_before", call="place")
    made = place(desk, ticket(validity="GTD", validity_days=5))
    for call in ("order_book", "gtd_book", "trades"):
        standin.faults.add("unavailable", call=call)
        assert "could not be read" in doubt.look(made, by=dealer)
    assert not doubt.may_decide(made)


def test_an_order_whose_sender_died_is_unknown_and_found(desk, dealer, standin):
    found = judged(desk, ticket())
    order, _ = orders.confirm(
        desk, found, token=uuid.uuid4(), instruction="email", reference="Mail 3", by=dealer
    )
    client.place(desk.session, tickets.rest_values(ticket(), order.identifier))
    books.read(desk, "orders", by=dealer)
    order.refresh_from_db()
    assert order.state == OrderState.SENDING
    as_if_it_was_long_ago(order)
    order = DeskOrder.objects.get()
    assert order.in_doubt
    doubt.look(order, by=dealer)
    order.refresh_from_db()
    assert order.state == OrderState.WORKING


def as_if_it_was_long_ago(order):
    """Let time pass: the moment of an order itself is guarded."""
    from backoffice import guarding
    from trading.models.guards import guards

    found = guards(connection.vendor)
    guarding.take_down(connection, found)
    DeskOrder.objects.filter(pk=order.pk).update(at=timezone.now() - timedelta(minutes=5))
    guarding.put_up(connection, found)


def test_an_order_decided_not_placed_that_turns_up_is_adopted(desk, dealer, standin, settings):
    settings.DESK_LOOK_SECONDS = 0
    standin.faults.add("reset_before", call="place")
    made = place(desk)
    doubt.look(made, by=dealer)
    doubt.look(made, by=dealer)
    doubt.not_placed(made, reason="Not there", by=dealer)
    client.place(desk.session, tickets.rest_values(ticket(), made.identifier))
    books.read(desk, "orders", by=dealer)
    made.refresh_from_db()
    assert made.state == OrderState.WORKING
