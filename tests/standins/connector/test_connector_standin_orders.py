"""OMEX: the life of an order, webhooks with retries until the publisher counts as disconnected, and sync."""

import pytest

from standins.connector.constants import FIRST_SEQUENCE
from tests.standins.connector.conftest import PARTNER, PRODUCT, TOKEN, TP_USER, call, line, messages, settled

SYNC = "/omexorderandtraderesponse/sync"


@pytest.fixture
def order(browser, publisher, standin):
    """A pending order of 10 at 90 rupees, its first message delivered."""
    publisher.lines = [line()]
    browser.land(sTwoWayToken=publisher.mint()).login().send("submit")
    settled(standin)
    return standin.omex.orders()[0]["unique_code"]


def move(standin, order, *actions):
    for action in actions:
        assert call(standin, "POST", f"/orders/{action}", {"order": order})[0] == 200
    return settled(standin)


def sync(standin, after=0, **changed):
    body = {
        "sInitiatorAppToken": TOKEN,
        "sPartnerId": PARTNER,
        "jEntrySequenceNumber": str(after),
        "jRequestID": "7",
    }
    return call(standin, "POST", SYNC, {**body, **changed})


def test_messages_are_texts_with_paise_plain_segments_and_a_growing_number(publisher, standin, order):
    move(standin, order, "fill-one", "fill")
    told = messages(publisher)
    assert all(isinstance(value, str) for message in told for value in message.values())
    assert [m["MessageType"] for m in told] == ["ORD_NRML", "TRD_MSG", "ORD_NRML", "TRD_MSG", "ORD_NRML"]
    assert [m["MessageSequenceNumber"] for m in told] == [str(FIRST_SEQUENCE + n) for n in range(5)]
    first, trade, *_, last = told
    assert (
        first["sPartnerId"],
        first["sThirdpartyProductCode"],
        first["sThirdpartyUserId"],
        first["UCC"],
    ) == (*(PARTNER, PRODUCT, TP_USER, "DEMO1"),)
    assert (first["Exchange"], first["ScripCode"], first["OrderPrice"], first["OrderStatus"]) == (
        *("1", "900001", "9000", "5"),
    )
    assert (trade["TradeQty"], trade["TradedPrice"], trade["QuantityTradedToday"]) == ("1", "9000", "1")
    assert (last["TradedQTY"], last["PendingQty"], last["OrderStatus"]) == ("10", "0", "7")
    assert first["OrderEntryTime"].startswith("30Nov2026 12.00.")


def test_the_numbers_cross_a_digit_and_a_float(publisher, standin, order):
    move(standin, order, *["fill-one"] * 5)
    numbers = [int(m["MessageSequenceNumber"]) for m in messages(publisher)]
    assert len({len(str(n)) for n in numbers}) == 2
    assert min(numbers) > 2**53


@pytest.mark.parametrize(
    ("actions", "status", "traded"),
    [
        (["reject"], 11, 0),
        (["cancel"], 6, 0),
        (["fill-one", "cancel"], 6, 1),
        (["cancel", "fill"], 6, 0),
        (["fill", "cancel"], 7, 10),
    ],
)
def test_an_order_ends_once(publisher, standin, order, actions, status, traded):
    move(standin, order, *actions)
    last = messages(publisher)[-1]
    assert (last["OrderStatus"], last["TradedQTY"], last["PendingQty"]) == (str(status), str(traded), "0")


def test_messages_come_within_rows_where_that_is_set(publisher, standin, order):
    standin.publishers.change({"application_token": TOKEN, "webhook_shape": "rows"})
    move(standin, order, "cancel")
    plain, rows = messages(publisher)
    assert plain["MessageType"] == "ORD_NRML"
    assert [row["OrderStatus"] for row in rows["objJSONRows"]] == ["6"]


def test_a_webhook_is_tried_again_and_then_the_publisher_is_disconnected_until_it_registers(
    publisher, standin, order
):
    publisher.webhook_status = 500
    *_, failed = move(standin, order, "fill-one")[:2]
    assert (failed["state"], failed["tries"], failed["status"]) == ("failed", 3, 500)
    assert [entry["state"] for entry in settled(standin)] == ["delivered", "failed", "not sent"]
    assert len(publisher.webhooks) == 4
    publisher.webhook_status = 200
    assert b"disconnected: no webhooks" in call(standin, "GET", "/")[1]
    move(standin, order, "fill-one")
    assert len(publisher.webhooks) == 4
    assert call(standin, "POST", "/publishers/register", {"application_token": TOKEN})[0] == 200
    move(standin, order, "cancel")
    assert len(publisher.webhooks) == 5
    assert call(standin, "POST", "/publishers/register", {"application_token": "unknown"})[0] == 404


def test_a_webhook_that_succeeds_at_the_second_try_keeps_the_order(publisher, standin, order):
    publisher.webhook_refusals = 1
    standin.publishers.change({"application_token": TOKEN, "webhook_pause": 0.3})
    call(standin, "POST", "/orders/fill", {"order": order})
    entries = settled(standin)
    assert [(entry["state"], entry["tries"]) for entry in entries] == [
        ("delivered", 1),
        ("delivered", 2),
        ("delivered", 1),
    ]
    numbers = [m["MessageSequenceNumber"] for m in messages(publisher)]
    assert numbers == sorted(numbers, key=int)


def test_sync_gives_what_comes_after_a_number(publisher, standin, order):
    move(standin, order, "fill-one")
    _, answer = sync(standin)
    assert answer["objJSONRows"] == messages(publisher)
    assert (answer["jNoOfRecords"], answer["jLastSyncedPacket"], answer["jRequestID"]) == (
        "3",
        str(FIRST_SEQUENCE + 2),
        "7",
    )
    later = sync(standin, FIRST_SEQUENCE)[1]
    assert [m["MessageSequenceNumber"] for m in later["objJSONRows"]] == [
        str(FIRST_SEQUENCE + 1),
        str(FIRST_SEQUENCE + 2),
    ]
    none = sync(standin, FIRST_SEQUENCE + 2)[1]
    assert (none["objJSONRows"], none["jLastSyncedPacket"]) == ([], str(FIRST_SEQUENCE + 2))
    other = call(
        standin, "POST", "/OTPA/V1/SyncOrders", {"sApplicationToken": TOKEN, "jMessageType": "SYNC_ORDER_REQ"}
    )
    assert len(other[1]["jOrderMessage"]) == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"sInitiatorAppToken": "unknown"},
        {"sPartnerId": "FFFFFF"},
        {"jEntrySequenceNumber": "-1"},
        {"jEntrySequenceNumber": "9" * 30},
        {"jMessageType": "OTHER"},
    ],
)
def test_a_sync_with_a_mistake_is_a_400(standin, changed):
    status, answer = sync(standin, **changed)
    assert (status, answer["success"]) == (400, False)
    assert answer["message"]


def test_each_publisher_has_numbers_of_its_own(browser, publisher, standin, order):
    standin.publishers.change({"application_token": "another"})
    assert sync(standin, sInitiatorAppToken="another")[1]["objJSONRows"] == []
