"""Order messages: kept first, read later, the same end in whatever order they come (C33 to C38, C49, C50)."""

import json
import random
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, transaction
from django.test import Client as Browser
from django.utils import timezone

from markets.models import Holiday, Scrip
from partners import belonging, findings, inbox, orders, registry, watch
from partners.models import (
    BasketVersion,
    ConnectorFinding,
    InboxMessage,
    Invitation,
    OrderMessage,
    Partner,
    ReportedOrder,
    ReportedTrade,
)
from partners.models.invitations import InvitationState
from tests.partners.conftest import TOKEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(partner, maker):
    return registry.new_webhook_address(partner, by=maker).removeprefix("https://connect.example")


def row(published, partner, **changed):
    """An order message of the first line: ten PEEPAL, pending."""
    return {
        "MessageType": "ORD_NRML",
        "sPartnerId": "A1B2C3",
        "sInitiatorAppToken": TOKEN,
        "sThirdpartyUserId": partner.clients.get().tp_user_id,
        "sThirdpartyProductCode": "GROWTH",
        "sThirdpartyRecoId": published.reco_id,
        "UCC": "RET001",
        "UniqueCode": "200000000001",
        "OrderNumber": "1100000000000001",
        "Exchange": "1",
        "ScripCode": "900001",
        "Symbol": "PEEPAL",
        "Buy_Sell": "1",
        "OrderOriginalQty": "10",
        "PendingQty": "10",
        "TradedQTY": "0",
        "OrderPrice": "10150",
        "OrderStatus": "5",
        "MessageSequenceNumber": "1",
        **changed,
    }


def trade(published, partner, **changed):
    more = {"TradeNumber": "T1", "TradeQty": "10", "TradedPrice": "10150", "MessageType": "TRD_MSG"}
    return row(published, partner, **{**more, **changed})


def send(address, *rows, wrapped=True):
    body = {"objJSONRows": list(rows)} if wrapped else rows[0]
    return Browser().post(address, body, content_type="application/json")


def take(partner, *rows):
    for one in rows:
        inbox.receive(partner, json.dumps(one).encode())
    inbox.read_due()


class TestTheWebhook:
    def test_keeps_the_body_before_anything_is_thought(self, address, published, partner, invited):
        assert send(address, row(published, partner)).status_code == 200
        kept = InboxMessage.objects.get()
        assert (kept.read_at, ReportedOrder.objects.exists()) == (None, False)
        assert inbox.read_due() == 1
        assert ReportedOrder.objects.get().invitation == invited[0]

    def test_answers_404_and_403_to_strangers_and_counts_them(self, address, published, partner, invited):
        good = row(published, partner)
        assert send("/connector/webhook/desk/" + "x" * 43 + "/", good).status_code == 404
        assert send("/connector/webhook/nobody/" + "x" * 43 + "/", good).status_code == 404
        wrong = {**good, "sInitiatorAppToken": "another"}
        missing = {name: value for name, value in good.items() if name != "sInitiatorAppToken"}
        assert [send(address, one).status_code for one in (wrong, missing, wrong)] == [403] * 3
        assert send(address, good, wrong).status_code == 403
        assert not InboxMessage.objects.exists()
        assert sorted(ConnectorFinding.objects.values_list("times", flat=True)) == [1, 4]

    def test_answers_404_outside_its_networks(self, address, published, partner, invited):
        Partner.objects.update(webhook_networks=["203.0.113.0/24"])
        assert send(address, row(published, partner)).status_code == 404

    @pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b"[]", b'{"a": {"b": 1}}', b"", b"\x00"])
    def test_answers_200_to_what_cannot_be_read(self, address, body):
        answer = Browser().post(address, body, content_type="application/octet-stream")
        assert answer.status_code in (200, 403)
        inbox.read_due()
        assert InboxMessage.objects.filter(read_at=None).count() == 0

    @pytest.mark.parametrize(
        "kind",
        [
            "text/plain",
            "application/json; charset=latin-1",
            "multipart/form-data",
            "application/x-www-form-urlencoded",
        ],
    )
    def test_takes_a_body_whatever_it_is_called(self, address, published, partner, invited, kind):
        body = json.dumps(row(published, partner)).encode()
        assert Browser().generic("POST", address, body, content_type=kind).status_code == 200
        assert Browser().generic("POST", address, b"a=%ff&\xff", content_type=kind).status_code == 200
        inbox.read_due()
        assert ReportedOrder.objects.count() == 1
        assert ConnectorFinding.objects.get().kind == "unreadable"

    def test_answers_200_to_unknown_reco_client_status_and_field(self, address, published, partner, invited):
        odd = row(published, partner, sThirdpartyRecoId="ZZZZZZ", UCC="X", OrderStatus="77", Unheard="of")
        assert send(address, odd, wrapped=False).status_code == 200
        inbox.read_due()
        assert (ReportedOrder.objects.get().orphan, ConnectorFinding.objects.get().kind) == (True, "orphan")

    @pytest.mark.parametrize("error", [OperationalError, InterfaceError])
    def test_answers_503_where_nothing_can_be_kept(
        self, address, published, partner, invited, monkeypatch, error
    ):
        def broken(*args, **kwargs):
            raise error

        monkeypatch.setattr(inbox, "receive", broken)
        assert send(address, row(published, partner)).status_code == 503

    def test_keeps_no_token_in_what_was_read(self, address, published, partner, invited):
        send(address, row(published, partner))
        inbox.read_due()
        assert TOKEN not in str(list(OrderMessage.objects.values_list()))


class TestSequences:
    def test_the_highest_wins_as_a_number(self, published, partner, invited):
        late = row(published, partner, MessageSequenceNumber="10", OrderStatus="7", TradedQTY="10")
        take(partner, late, row(published, partner, MessageSequenceNumber="9"))
        order = ReportedOrder.objects.get()
        assert (order.sequence, order.status, order.traded) == (10, "7", 10)
        assert list(OrderMessage.objects.order_by("id").values_list("reading", flat=True)) == [
            "applied",
            "older",
        ]

    def test_the_same_again_is_seen_before(self, published, partner, invited):
        one = row(published, partner)
        take(partner, one, one)
        assert OrderMessage.objects.get(reading="duplicate")
        assert not ReportedOrder.objects.get().conflict

    def test_the_same_sequence_with_other_content_is_a_conflict_until_settled(
        self, published, partner, invited, maker
    ):
        take(partner, row(published, partner), row(published, partner, PendingQty="3"))
        order = ReportedOrder.objects.get()
        assert order.conflict
        findings.settle(ConnectorFinding.objects.get(), by=maker, reason="Asked the vendor")
        order.refresh_from_db()
        assert not order.conflict

    def test_without_a_unique_code_the_order_number_names_it(self, published, partner, invited):
        take(partner, row(published, partner, UniqueCode=""))
        assert ReportedOrder.objects.get().key == "N:1100000000000001"
        take(partner, row(published, partner, UniqueCode="", OrderNumber=""))
        assert OrderMessage.objects.filter(reading="orphan").count() == 1

    def test_trades_are_added_once_and_move_no_state(self, published, partner, invited):
        one = trade(published, partner, MessageSequenceNumber="99", OrderStatus="7")
        take(
            partner,
            row(published, partner),
            one,
            one,
            trade(published, partner, TradeNumber="T2", TradeQty="4"),
        )
        order = ReportedOrder.objects.get()
        assert (order.status, order.sequence, order.traded_by_trades) == ("5", 1, 14)
        assert ReportedTrade.objects.count() == 2

    def test_end_in_the_same_state_in_any_order(self, published, partner, invited):
        rows = []
        for number, token, price in ((1, "900001", "10150"), (2, "900002", "5505"), (3, "900003", "0")):
            common = {"UniqueCode": f"20000000000{number}", "ScripCode": token, "OrderPrice": price}
            for sequence in range(1, 7):
                rows.append(
                    row(
                        published,
                        partner,
                        MessageSequenceNumber=str(number * 100 + sequence),
                        TradedQTY=str(sequence if sequence < 6 else 10),
                        OrderStatus="7" if sequence == 6 else "5",
                        **common,
                    )
                )
            rows.append(trade(published, partner, TradeNumber=f"T{number}a", TradeQty="4", **common))
            rows.append(trade(published, partner, TradeNumber=f"T{number}b", TradeQty="6", **common))
        # Two that disagree, in the middle of one order's life.
        rows.append({**rows[2], "PendingQty": "1"})
        Invitation.objects.update(state=InvitationState.RETURNED_OK)
        ends = set()
        for seed in range(12):
            mixed = rows * 2
            random.Random(seed).shuffle(mixed)
            before = transaction.savepoint()
            for start in range(0, len(mixed), 7):
                take(partner, *mixed[start : start + 7])
            ends.add(_end())
            transaction.savepoint_rollback(before)
        assert len(ends) == 1
        assert "executed" in ends.pop()


def _end():
    """Everything in the messages, except when they came."""
    orders = ReportedOrder.objects.order_by("key").values(
        *(
            "key",
            "sequence",
            "row_hash",
            "status",
            "traded",
            "traded_by_trades",
            "pending",
            "conflict",
            "differs",
        ),
        *("orphan", "invitation", "line", "version"),
    )
    trades = ReportedTrade.objects.order_by("number").values("number", "quantity", "order__key")
    return json.dumps([list(orders), list(trades), Invitation.objects.get().state])


class TestBelonging:
    @pytest.mark.parametrize(
        ("changed", "differs"),
        [
            ({}, []),
            ({"OrderOriginalQty": "7"}, ["quantity"]),
            ({"Buy_Sell": "2"}, ["side"]),
            ({"OrderPrice": "10155"}, ["price"]),
            ({"ScripCode": "900009"}, ["line"]),
            ({"Exchange": "3"}, ["line"]),
            ({"UCC": "RET777"}, ["ids"]),
            ({"sThirdpartyUserId": "stranger"}, ["ids"]),
            ({"sThirdpartyUserId": "stranger", "UCC": "RET777"}, ["client"]),
        ],
    )
    def test_says_in_what_an_order_differs(self, published, partner, invited, changed, differs):
        take(partner, row(published, partner, **changed))
        order = ReportedOrder.objects.get()
        assert (order.differs, order.orphan) == (differs, False)
        assert all(name in belonging.DIFFERENCES for name in differs)
        assert (order.invitation is None) is (differs == ["client"])

    def test_finds_the_basket_of_weeks_ago(self, published, partner, invited):
        BasketVersion.objects.update(state="superseded")
        take(partner, row(published, partner))
        assert ReportedOrder.objects.get().invitation == invited[0]


class TestOutcomes:
    def all_lines(self, published, partner, **changed):
        return [
            row(
                published,
                partner,
                UniqueCode=f"20000000000{number}",
                ScripCode=str(token),
                OrderPrice=price,
                **{"OrderStatus": "7", "TradedQTY": "10", **changed},
            )
            for number, token, price in ((1, 900001, "10150"), (2, 900002, "5505"), (3, 900003, "0"))
        ]

    def test_executed_is_said_by_orders_only(self, published, partner, invited):
        Invitation.objects.update(state=InvitationState.RETURNED_OK)
        take(partner, *self.all_lines(published, partner)[:2])
        assert Invitation.objects.get().state == InvitationState.RETURNED_OK
        take(partner, self.all_lines(published, partner)[2])
        assert Invitation.objects.get().state == InvitationState.EXECUTED

    def test_part_and_nothing(self, published, partner, invited):
        rows = self.all_lines(published, partner, OrderStatus="6", TradedQTY="0")
        take(partner, rows[0], rows[1])
        take(partner, {**rows[2], "TradedQTY": "4"})
        assert Invitation.objects.get().state == InvitationState.PART

    def test_a_second_order_of_a_line_that_was_cancelled_takes_nothing_from_an_executed_basket(
        self, published, partner, invited
    ):
        rows = self.all_lines(published, partner)
        twice = {**rows[0], "UniqueCode": "200000000009", "OrderStatus": "6", "TradedQTY": "0"}
        take(partner, *rows[:2], twice, rows[2])
        assert Invitation.objects.get().state == InvitationState.EXECUTED

    def test_an_unknown_status_stays_open(self, published, partner, invited):
        take(partner, *self.all_lines(published, partner, OrderStatus="77"))
        assert not Invitation.objects.get().is_closed


class TestTime:
    def at(self, monkeypatch, text):
        moment = timezone.make_aware(timezone.datetime.fromisoformat(text))
        monkeypatch.setattr(timezone, "now", lambda: moment)
        return moment

    def test_a_missing_callback_is_said_after_half_an_hour(self, invited):
        Invitation.objects.update(state="served", served_at=timezone.now() - timedelta(minutes=31))
        watch.look()
        assert Invitation.objects.get().state == InvitationState.NOT_RETURNED

    @pytest.mark.parametrize(
        ("now", "silent"),
        [("2026-11-30T11:00:00", True), ("2026-11-30T08:00:00", False), ("2026-11-29T11:00:00", False)],
    )
    def test_silence_is_found_in_market_hours_and_asks_for_sync_once(
        self, invited, published, monkeypatch, now, silent
    ):
        moment = self.at(monkeypatch, now)
        BasketVersion.objects.update(valid_until=moment + timedelta(days=1))
        Invitation.objects.update(state="returned_ok", returned_at=moment - timedelta(minutes=16))
        watch.look()
        watch.look()
        assert ConnectorFinding.objects.filter(kind="silence").count() == int(silent)
        assert (Partner.objects.get().sync_asked_at is not None) is silent

    def test_silence_after_a_return_near_the_close_reads_right_on_the_next_trading_day(
        self, invited, published, monkeypatch
    ):
        moment = self.at(monkeypatch, "2026-11-30T09:15:00")
        BasketVersion.objects.update(valid_until=moment + timedelta(days=1))
        friday = timezone.make_aware(timezone.datetime.fromisoformat("2026-11-27T15:25:00"))
        Invitation.objects.update(state="returned_ok", returned_at=friday)
        watch.look()
        finding = ConnectorFinding.objects.get(kind="silence")
        assert finding.text == "The client returned, and no order message came in the 15 minutes after it."

    def test_no_message_is_missed_on_a_holiday(self, invited, monkeypatch):
        moment = self.at(monkeypatch, "2026-11-30T11:00:00")
        for exchange in ("NSE", "BSE"):
            Holiday.objects.create(day=moment.date(), exchange=exchange, name="Founder's Day")
        BasketVersion.objects.update(valid_until=moment + timedelta(days=1))
        Invitation.objects.update(state="returned_ok", returned_at=moment - timedelta(minutes=16))
        watch.look()
        assert not ConnectorFinding.objects.exists()

    def test_trades_that_do_not_add_up_are_found_after_five_minutes(self, published, partner, invited):
        take(partner, row(published, partner, TradedQTY="6"), trade(published, partner, TradeQty="4"))
        watch.look()
        assert not ConnectorFinding.objects.exists()
        ReportedOrder.objects.update(last_at=timezone.now() - timedelta(minutes=6))
        watch.look()
        watch.look()
        assert ConnectorFinding.objects.get().times == 1
        assert "its trades add up to 4" in ConnectorFinding.objects.get().text

    def test_an_invitation_of_an_expired_basket_closes(self, invited, published):
        BasketVersion.objects.update(valid_until=timezone.now())
        watch.look()
        assert Invitation.objects.get().state == InvitationState.EXPIRED


class TestSync:
    @pytest.fixture
    def vendor(self, vendor, settings):
        settings.CONNECTOR_SYNC_URL = vendor.address
        settings.CONNECTOR_SYNC_BODY = (
            '{"sApplicationToken": "$token", "sTwoWayToken": "$two_way_token", "sPartnerId": "$partner_id",'
            ' "MessageSequenceNumber": "$sequence"}'
        )
        return vendor

    def test_asks_after_the_last_sequence_without_a_gap_and_heals(
        self, published, partner, invited, vendor, maker
    ):
        rows = [row(published, partner, MessageSequenceNumber=str(number)) for number in (5, 6, 9)]
        take(partner, *rows)
        lost = row(published, partner, MessageSequenceNumber="10", OrderStatus="7", TradedQTY="10")
        vendor.sync_answer = json.dumps({"objJSONRows": [lost]}).encode()
        watch.ask_sync(partner, by=maker)
        assert watch.sync_due() == 1
        inbox.read_due()
        ((path, asked),) = vendor.asked
        assert (path, asked["MessageSequenceNumber"]) == ("/omexorderandtraderesponse/sync", "6")
        assert asked["sApplicationToken"] == TOKEN
        assert ReportedOrder.objects.get().status == "7"

    def test_that_brings_nothing_new_is_no_finding(self, partner, vendor, maker):
        vendor.sync_answer = b'{"jNoOfRecords": "0", "objJSONRows": []}'
        watch.ask_sync(partner, by=maker)
        watch.sync_due()
        inbox.read_due()
        assert not ConnectorFinding.objects.exists()
        assert "Asked after 0" in Partner.objects.get().sync_words

    def test_asks_once_a_minute_at_most(self, partner, vendor, maker):
        for _ in range(2):
            watch.ask_sync(partner, by=maker)
            watch.sync_due()
        assert len(vendor.asked) == 1
        Partner.objects.update(synced_at=timezone.now() - timedelta(minutes=2))
        watch.sync_due()
        assert len(vendor.asked) == 2


def test_a_scrip_that_is_gone_does_not_lose_the_orders(published, partner, invited):
    Scrip.objects.all().delete()
    take(partner, row(published, partner))
    assert ReportedOrder.objects.get().line.number == 1


def failing_at(monkeypatch, message, error):
    """From now on, processing this message raises an error."""
    taken = orders.take

    def take_or_fail(partner, rows):
        if any(found == message for found, _ in rows):
            raise error
        taken(partner, rows)

    monkeypatch.setattr(orders, "take", take_or_fail)


def test_a_message_that_cannot_be_processed_delays_no_later_one_and_is_found(
    published, partner, invited, monkeypatch
):
    sent = [
        inbox.receive(
            partner, json.dumps(row(published, partner, MessageSequenceNumber=str(number))).encode()
        )
        for number in (5, 6, 7)
    ]
    failing_at(monkeypatch, sent[1], ZeroDivisionError())
    assert inbox.read_due() == 3
    assert ReportedOrder.objects.get().sequence == 7
    assert not InboxMessage.objects.filter(read_at=None).exists()
    assert InboxMessage.objects.get(pk=sent[1].pk).problem == "Not processed: ZeroDivisionError"
    finding = ConnectorFinding.objects.get()
    assert f"Order message {sent[1].pk} of {partner.name} could not be processed" in finding.text


def test_a_database_that_does_not_answer_sets_no_message_aside(published, partner, invited, monkeypatch):
    message = inbox.receive(partner, json.dumps(row(published, partner)).encode())
    failing_at(monkeypatch, message, OperationalError("the connection is lost"))
    with pytest.raises(OperationalError):
        inbox.read_due()
    assert InboxMessage.objects.get(read_at=None) == message
    assert not ConnectorFinding.objects.exists()


def test_a_basket_that_was_sent_twice_is_marked_until_one_order_of_the_line_is_gone(
    published, partner, invited, maker
):
    first, second = row(published, partner), row(published, partner, UniqueCode="200000000002")
    take(partner, first, second)
    assert [one.differs for one in ReportedOrder.objects.all()] == [["again"], ["again"]]
    desk = Browser()
    desk.force_login(maker)
    page = desk.get(f"/partners/invitations/{invited[0].pk}/").content.decode()
    assert page.count("The client has another order of this line.") == 2
    take(partner, {**second, "OrderStatus": "6", "MessageSequenceNumber": "2"})
    assert [one.differs for one in ReportedOrder.objects.all()] == [[], []]


def test_an_invitation_waits_for_its_orders_once_messages_came(published, partner, invited, maker):
    desk = Browser()
    desk.force_login(maker)
    Invitation.objects.update(state=InvitationState.RETURNED_OK, returned_at=timezone.now())
    page = f"/partners/invitations/{invited[0].pk}/"
    assert "only the browser says so" in desk.get(page).content.decode()
    take(partner, row(published, partner))
    words = desk.get(page).content.decode()
    assert "Waiting for its orders to end" in words
    assert "only the browser says so" not in words


def test_an_invitation_whose_basket_is_over_waits_for_no_client(published, invited, maker):
    desk = Browser()
    desk.force_login(maker)
    page = f"/partners/invitations/{invited[0].pk}/"
    assert "Waiting for the client" in desk.get(page).content.decode()
    BasketVersion.objects.update(valid_until=timezone.now())
    words = desk.get(page).content.decode()
    assert "The client reads:" in words
    assert "The time of this basket is over." in words
    assert "Waiting for the client" not in words
    assert "Make new link" not in words
