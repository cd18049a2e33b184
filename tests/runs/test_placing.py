"""A run placed by a client's own click, over HTTP: each line once, and nothing that somebody stopped (C41, C43)."""

import itertools
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.audit.models import Entry
from backoffice.rest import client as rest
from partners import baskets, switches
from partners.models import Consent, Partner
from runs import operations, pace, placing
from runs.models import IN_DOUBT, ClientState, Pace, RunClient, RunLine
from tests.html_forms import Page
from tests.rest.conftest import PASSWORD
from tests.runs.conftest import consent_of, line, text_of
from tests.trading.conftest import sent
from tests.trading.desk.test_placing import as_if_it_was_long_ago
from trading.desk import stop as desk_stop
from trading.desk.orders import confirm
from trading.models import DeskOrder, DeskSession, OrderState
from trading.tasks import end_unused

pytestmark = pytest.mark.django_db


def test_a_click_places_each_line_once_with_algo_id_and_logs_out(visitor, standin):
    assert "script" not in visitor.page(), "every step is a plain form"
    shown = text_of(visitor.page())
    assert "Press once: each order is sent once." in shown
    assert "Buy 10 PEEPAL EQ on NSE Equity, delivery, limit ₹ 90.05" in shown
    assert "Shares can fall" in shown
    assert "Place 3 orders" in shown
    visitor.place()
    assert visitor.fresh().state == ClientState.DONE
    assert visitor.states() == [OrderState.ACCEPTED] * 3
    assert visitor.held() == [900001, 900002, 900003]
    assert (sent(standin, "login"), sent(standin, "place"), sent(standin, "logout")) == (1, 3, 1)
    orders = list(DeskOrder.objects.order_by("id"))
    assert {one.algo_id for one in orders} == {"ALGO0001"}
    assert {(one.dealer_id, one.instruction, one.product) for one in orders} == {
        (None, "own_click", "DELIVERY")
    }
    assert all('"algo_id": "ALGO0001"' in one.events.get(step="answered").body for one in orders)
    session = DeskSession.objects.get()
    assert (session.dealer, session.service, session.state, session.sealed_token) == (
        None,
        "desk",
        "ended",
        "",
    )
    assert "Accepted by the OMS" in visitor.page()
    visitor.place()
    assert sent(standin, "place") == 3


def test_nothing_that_the_client_typed_is_kept(visitor):
    visitor.place()
    kept = str(
        [list(DeskSession.objects.values()), list(Entry.objects.values()), list(RunClient.objects.values())]
    )
    assert PASSWORD not in kept


def test_each_row_is_committed_with_its_line_before_the_first_byte(visitor, monkeypatch):
    plain, seen = rest.place, []

    def place_then(session, values):
        order = DeskOrder.objects.get(identifier=values["order_identifier"])
        seen.append(RunLine.objects.get(order=order).line.number)
        return plain(session, values)

    monkeypatch.setattr(rest, "place", place_then)
    visitor.place()
    assert seen == [1, 2, 3]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"agreed": ""}, "Tick that you want"),
        ({"client_password": ""}, "Enter your password"),
        ({"client_password": "Wrong#2026"}, "You were not logged in, and nothing was placed."),
    ],
)
def test_without_tick_or_login_nothing_is_placed(visitor, standin, changed, words):
    assert words in visitor.place(**changed).content.decode()
    assert visitor.fresh().state == ClientState.OPENED
    assert sent(standin, "place") == 0


def test_who_did_not_prove_who_they_are_sees_nothing(visitors, standin):
    first, _ = visitors()
    assert first.browser.get("/connector/run/").status_code == 404
    for said in ("2 tries are left", "1 try is left", "three wrong answers"):
        answer = first.open("0000")
        assert (answer.status_code, said in answer.content.decode()) == (403, True)
    assert "three wrong answers" in first.open().content.decode()
    assert first.browser.post("/connector/run/place/", {"agreed": "yes"}).status_code == 404
    assert sent(standin, "login") == 0


# --- what stops it ------------------------------------------------------------------------------------------------


def after_line(monkeypatch, number, do):
    """Do something once so many lines were sent."""
    plain, count = rest.place, iter(range(1, 100))

    def place_then(session, values):
        read = plain(session, values)
        if next(count) == number:
            do()
        return read

    monkeypatch.setattr(rest, "place", place_then)


@pytest.mark.parametrize(
    ("scope", "target"),
    [("all", ""), ("model", "3"), ("partner", "desk"), ("product", "desk/GROWTH"), ("client", "HO/DEMO1")],
)
def test_a_switch_between_two_lines_stops_the_next_and_leaves_the_results_to_see(
    visitor, standin, monkeypatch, checker, scope, target
):
    after_line(monkeypatch, 2, lambda: switches.throw(scope, target, by=checker, reason="Complaint"))
    visitor.place()
    assert visitor.held() == [900001, 900002]
    assert visitor.states() == [OrderState.ACCEPTED, OrderState.ACCEPTED, ""]
    assert visitor.fresh().state == ClientState.STOPPED
    assert "kill switch" in visitor.own.why.lower()
    shown = visitor.page()
    assert text_of(shown).count("Accepted by the OMS") == 3  # two orders, and what that means
    assert "This is stopped for the moment" in text_of(shown)
    assert "<form" not in shown
    for act in (visitor.place, visitor.look):
        assert act().status_code == 403
    assert sent(standin, "login") == 1


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (lambda: RetailUser.objects.update(status="S"), "HO/DEMO1 is not active"),
        (lambda: Partner.objects.update(state="suspended"), "Research desk is suspended"),
    ],
)
def test_a_client_or_partner_that_is_blocked_between_two_lines_leaves_the_results_to_see(
    visitor, standin, monkeypatch, block, why
):
    after_line(monkeypatch, 1, block)
    visitor.place()
    assert visitor.states() == [OrderState.ACCEPTED, "", ""]
    assert why in visitor.fresh().why
    assert visitor.open().status_code == 303
    shown = visitor.page()
    assert "This is stopped for the moment" in text_of(shown)
    assert text_of(shown).count("Accepted by the OMS") == 2  # one order, and what that means
    assert "<form" not in shown
    for act in (visitor.place, visitor.look):
        assert act().status_code == 403
    assert (sent(standin, "login"), sent(standin, "place")) == (1, 1)


def test_a_run_that_is_stopped_before_the_click_says_that_nothing_was_placed(visitor, standin, checker):
    operations.stop(visitor.own.run, by=checker, reason="Wrong basket")
    for answer in (visitor.place(), visitor.open()):
        assert answer.status_code == 404
        assert "Your broker ended this. Nothing was placed" in answer.content.decode()
    assert sent(standin, "login") == 0


def test_under_a_switch_a_link_of_whom_nothing_was_placed_opens_nothing(visitor, checker):
    switches.throw("client", "HO/DEMO1", by=checker, reason="Complaint")
    assert visitor.browser.get("/connector/run/").status_code == 404
    assert visitor.open().status_code == 404


def test_a_switch_after_the_commit_keeps_the_order_from_leaving(visitor, monkeypatch, checker):
    def confirm_then(*args, **options):
        made = confirm(*args, **options)
        switches.throw("all", "", by=checker, reason="Complaint")
        return made

    monkeypatch.setattr("trading.desk.orders.confirm", confirm_then)
    visitor.place()
    assert visitor.held() == []
    assert visitor.states() == [OrderState.NOT_SENT, "", ""]
    assert visitor.fresh().state == ClientState.STOPPED, "as where the switch comes before the commit"
    assert "A kill switch holds" in visitor.fresh().why


def test_each_of_these_stops_the_next_line(visitors, open_run, publish, monkeypatch, checker, maker):
    def revoked():
        Consent.objects.filter(client__user_id="DEMO1").update(state="revoked", ended_at=timezone.now())

    def withdrawn():
        baskets.withdraw(RunClient.objects.last().version, by=maker, reason="Too late")

    def stopped():
        operations.stop(RunClient.objects.last().run, by=checker, reason="Mistake")

    for do, words in (
        (lambda: desk_stop.throw(by=checker), "All order desks are stopped"),
        (stopped, ""),
        (withdrawn, "not published any more"),
        (revoked, "no consent"),
    ):
        first, _ = visitors(open_run(publish()))
        first.open()
        before = len(first.held())
        with monkeypatch.context() as patched:
            after_line(patched, 1, do)
            first.place()
        assert first.states() == [OrderState.ACCEPTED, "", ""], do
        assert len(first.held()) == before + 1
        assert words in first.fresh().why
        if do is stopped:
            assert first.own.state == ClientState.ENDED
        desk_stop.DeskStop.objects.update(
            released_at=timezone.now(), released_by=RunClient.objects.last().run.change
        )


@pytest.mark.parametrize("cap_day", [10_000, 1400])
def test_caps_of_the_consent_stop_the_line_that_would_be_above(
    visitors, open_run, publish, clients, model_3, maker, cap_day
):
    Consent.objects.filter(client=clients[0]).update(state="revoked", ended_at=timezone.now())
    consent_of(clients[0], model_3, maker, cap_run=1400, cap_day=cap_day)
    first, _ = visitors(open_run(publish()))
    first.open()
    first.place()
    # 900.50 and 400.20 fit under 1,400; another 1,000 does not.
    assert first.states() == [OrderState.ACCEPTED, OrderState.ACCEPTED, ""]
    assert "more than the ₹\u00a01,400.00 of the consent" in first.fresh().why
    again, _ = visitors(open_run(publish([line(price=Decimal("10.05"))])))
    again.open()
    again.place()
    assert again.states() == ([""] if cap_day == 1400 else [OrderState.ACCEPTED])
    if cap_day == 1400:
        shown = text_of(again.page())
        assert text_of(again.fresh().why) in shown, "the client reads why, even if no order was made"
        assert "Not placed" in shown


def second(monkeypatch, do):
    """Do something just before the second order is sent."""
    plain, count = rest.place, iter(range(1, 100))

    def place_then(session, values):
        if next(count) == 2:
            do()
        return plain(session, values)

    monkeypatch.setattr(rest, "place", place_then)


@pytest.mark.parametrize(
    ("goes_on", "last", "end"),
    [(False, "", ClientState.STOPPED), (True, OrderState.ACCEPTED, ClientState.DONE)],
)
def test_a_refused_line_stops_unless_the_basket_says_go_on(
    visitors, open_run, publish, standin, monkeypatch, goes_on, last, end
):
    first, _ = visitors(open_run(publish(goes_on=goes_on)))
    first.open()
    second(monkeypatch, lambda: standin.faults.add("html_400", call="place"))
    first.place()
    assert first.states() == [OrderState.ACCEPTED, OrderState.REFUSED, last]
    assert first.fresh().state == end


# --- in doubt -----------------------------------------------------------------------------------------------------


def test_a_line_placed_then_silence_stops_is_found_in_the_book_and_a_person_goes_on(
    visitor, standin, monkeypatch, checker, maker
):
    second(monkeypatch, lambda: standin.faults.add("reset_after", call="place"))
    visitor.place()
    assert visitor.states() == [OrderState.ACCEPTED, OrderState.UNKNOWN, ""]
    assert visitor.fresh().state == ClientState.STOPPED
    assert visitor.fresh().shown_as == IN_DOUBT
    with pytest.raises(Exception, match="in doubt"):
        operations.go_on(visitor.own, by=checker, reason="Go")
    visitor.place()
    assert sent(standin, "place") == 2
    assert "not known whether it was placed" in text_of(visitor.page())
    visitor.look()
    assert visitor.states() == [OrderState.WORKING, OrderState.WORKING, ""]
    assert visitor.fresh().shown_as == ClientState.STOPPED
    visitor.place()
    assert sent(standin, "place") == 2
    operations.go_on(visitor.own, by=checker, reason="Client asked on the telephone")
    visitor.place()
    assert visitor.held() == [900001, 900002, 900003]
    assert visitor.fresh().state == ClientState.DONE


def test_what_no_book_shows_twice_is_decided_by_a_person_and_never_placed_again(
    visitor, standin, monkeypatch, checker, settings
):
    settings.DESK_LOOK_SECONDS = 0
    second(monkeypatch, lambda: standin.faults.add("reset_before", call="place"))
    visitor.place()
    (line,) = [one for one in operations.lines_of(visitor.own) if one.in_doubt]
    visitor.look()
    with pytest.raises(Exception, match="Two looks"):
        operations.not_placed(line, by=checker, reason="Not there")
    assert "code of your second factor" not in visitor.page()
    visitor.look()
    assert sent(standin, "logout") == 2
    assert "looked at twice" in text_of(visitor.page())
    operations.not_placed(line, by=checker, reason="In no book")
    operations.go_on(visitor.fresh(), by=checker, reason="The rest only")
    visitor.place()
    assert visitor.held() == [900001, 900003]
    assert visitor.states() == [OrderState.WORKING, OrderState.NOT_PLACED, OrderState.ACCEPTED]


def test_a_line_that_never_left_is_placed_by_the_next_click_and_only_then(visitor, standin):
    standin.faults.add("session_ends", call="place")
    visitor.place()
    assert visitor.states() == [OrderState.NOT_SENT, "", ""]
    assert visitor.fresh().state == ClientState.OPENED
    visitor.place()
    assert visitor.held() == [900001, 900002, 900003]
    assert DeskOrder.objects.count() == 4


def test_a_process_that_dies_leaves_a_state_that_the_client_goes_on_from(visitor, standin, monkeypatch):
    class Died(BaseException):
        pass

    def dies():
        raise Died

    with monkeypatch.context() as patched:
        after_line(patched, 2, dies)
        with pytest.raises(Died):
            visitor.place()
    assert visitor.states() == [OrderState.ACCEPTED, OrderState.SENDING, ""]
    assert visitor.fresh().shown_state == ClientState.INTERRUPTED
    visitor.place()
    assert sent(standin, "place") == 2
    as_if_it_was_long_ago(DeskOrder.objects.get(state=OrderState.SENDING))
    visitor.look()
    assert visitor.states() == [OrderState.WORKING, OrderState.WORKING, ""]
    assert visitor.fresh().state == ClientState.STOPPED


def test_a_page_of_an_earlier_link_places_nothing_of_the_later_basket(visitors, open_run, publish, standin):
    first, _ = visitors(open_run(publish()))
    later, _ = visitors(open_run(publish([line(900002, "BANYAN")])))
    first.open()
    shown = Page(first.page())
    later.browser = first.browser
    later.open()
    answer = first.place(link=shown.named("link").sent, token=shown.named("token").sent)
    assert answer.status_code == 409
    assert "another link was opened in this browser" in answer.content.decode()
    assert (first.held(), sent(standin, "login")) == ([], 0)
    first.open()
    first.place()
    assert first.held() == [900001, 900002, 900003]
    assert (first.states(), later.states()) == ([OrderState.ACCEPTED] * 3, [""])


def test_a_second_window_says_that_placing_has_ended(visitor, standin):
    second_window = Page(visitor.page())
    visitor.place()
    answer = text_of(visitor.place(token=second_window.named("token").sent).content.decode())
    assert "being placed at this moment" not in answer
    assert "Nothing was sent by this click" in answer
    assert (sent(standin, "login"), sent(standin, "place")) == (1, 3)


def test_two_windows_place_nothing_twice(visitor, standin, monkeypatch):
    after_line(monkeypatch, 1, lambda: said.append(visitor.place().content.decode()))
    said = []
    visitor.place()
    assert "being placed at this moment" in said[0]
    assert visitor.held() == [900001, 900002, 900003]


def test_a_long_run_goes_on_with_the_next_click_in_the_same_session(visitor, standin, monkeypatch):
    monkeypatch.setattr(placing, "LONGEST", -1.0)
    visitor.place()
    assert visitor.states() == ["", "", ""]
    assert visitor.fresh().state == ClientState.PLACING
    assert "code of your second factor" not in visitor.page()
    monkeypatch.setattr(placing, "LONGEST", 20.0)
    visitor.place(client_password="", client_code="")
    assert visitor.fresh().state == ClientState.DONE
    assert (sent(standin, "login"), sent(standin, "logout")) == (1, 1)


def test_a_session_that_a_client_left_is_logged_out_where_it_was_opened(
    visitor, standin, monkeypatch, settings
):
    monkeypatch.setattr(placing, "LONGEST", -1.0)
    visitor.place()
    late = timezone.now() - timedelta(minutes=settings.REST_SESSION_MINUTES + 1)
    DeskSession.objects.update(used_at=late)
    assert not settings.ORDER_DESK
    assert end_unused() == 1
    assert sent(standin, "logout") == 1
    assert DeskSession.objects.get().sealed_token == ""
    assert "code of your second factor" in visitor.page()


def test_without_the_limit_nothing_leaves(visitor, standin, monkeypatch):
    def away(*_):
        raise DatabaseError

    monkeypatch.setattr(pace, "_take", away)
    visitor.place()
    assert sent(standin, "place") == 0
    assert "limit of orders a second" in visitor.fresh().why


def test_orders_leave_evenly_spaced_and_a_long_queue_is_said(settings, monkeypatch, db):
    settings.CONNECTOR_ORDERS_PER_SECOND = 5
    taken = [pace._take() for _ in range(11)]
    gaps = {later - earlier for earlier, later in itertools.pairwise(taken)}
    assert gaps == {timedelta(seconds=0.2)}
    for _ in range(80):
        try:
            pace._take()
        except pace.TooBusy:
            break
    else:
        pytest.fail("The queue never ends.")


def test_a_clock_that_was_set_back_does_not_keep_orders_waiting(db):
    pace._take()
    Pace.objects.update(next_at=timezone.now() + timedelta(hours=1))
    now = timezone.now()
    assert now <= pace._take() <= now + timedelta(minutes=1)


def test_a_line_takes_a_bounded_number_of_statements(visitor):
    with CaptureQueriesContext(connection) as queries:
        visitor.place()
    asked = [one["sql"] for one in queries if "SAVEPOINT" not in one["sql"]]
    first, second, third = (
        number for number, sql in enumerate(asked) if sql.startswith('INSERT INTO "trading_deskorder"')
    )
    assert max(second - first, third - second) <= 15


@pytest.mark.only_on("postgresql")
def test_each_order_and_the_end_wait_for_the_disk_and_write_the_answers_before_them(
    transactional_db, visitor
):
    waits = []

    def look(execute, sql, *args):
        if sql.startswith('INSERT INTO "audit_entry"'):
            with connection.connection.cursor() as cursor:
                waits.append(cursor.execute("SHOW synchronous_commit").fetchone()[0])
        return execute(sql, *args)

    with connection.execute_wrapper(look):
        visitor.place()
    said = list(Entry.objects.order_by("id").values_list("action", flat=True))[-len(waits) :]
    answers = {number for number, action in enumerate(said) if action == "desk.order_answered"}
    assert len(answers) == 3
    assert {number for number, wait in enumerate(waits) if wait == "off"} == answers
    assert {"desk.order_confirmed", "runs.done", "desk.closed"} <= set(said)


def test_a_market_order_is_in_no_run(publish, clients, maker):
    version = publish([line(order_type="RL-MKT", price=Decimal(0))])
    with pytest.raises(Exception, match="need a price"):
        operations.propose(version, ["HO/DEMO1"], by=maker, reason="Ideas", token=uuid.uuid4())
