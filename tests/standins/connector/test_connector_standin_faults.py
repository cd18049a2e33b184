"""Each fault is armed over HTTP, strikes where its words say, and is then removed."""

import base64
import json
import threading
import time

import pytest

from standins.connector.faults import FAULTS
from tests.standins.connector.conftest import PARTNER, SUSPENDED_PARTNER, TOKEN, call, line, messages, settled


@pytest.fixture
def arm(standin):
    def armed(fault, **more):
        status, answer = call(standin, "POST", "/faults", {"fault": fault, **more})
        assert status == 200, answer

    return armed


def present(standin):
    return [one["fault"] for one in call(standin, "GET", "/faults")[1]["present"]]


def keys(standin, publisher):
    body = {"sApplicationToken": TOKEN, "sPartnerAppId": PARTNER, "sTwoWayToken": publisher.mint()}
    return call(standin, "POST", "/loginservice/apiKeys", body)[1]


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_a_forged_token_is_checked_in_place_of_the_publishers(browser, publisher, arm):
    arm("forged_token")
    token = publisher.mint()
    assert "refused the token" in browser.land(sTwoWayToken=token).text
    assert publisher.checked[0]["token"] != token
    assert "Log in at" in browser.land(sTwoWayToken=token).text


def test_a_reused_token_that_the_publisher_accepts_is_a_slip(browser, publisher, arm):
    arm("reused_token", times=2)
    assert "twice" not in browser.land(sTwoWayToken=publisher.mint()).text
    assert len(publisher.checked) == 2
    publisher.accepts_twice = True
    assert "accepted the same token twice" in browser.land(sTwoWayToken=publisher.mint()).text


def test_a_late_token_is_checked_when_somebody_presses_the_button(browser, publisher, arm):
    arm("late_token")
    token = publisher.mint()
    assert "held back" in browser.land(sTwoWayToken=token).text
    assert publisher.checked == []
    del publisher.tokens[token]
    assert "refused the token" in browser.send("check").text


def test_tokens_of_api_keys_are_struck_too(standin, publisher, arm):
    arm("forged_token")
    assert keys(standin, publisher)["success"] is False
    assert keys(standin, publisher)["success"] is True


# --- the basket -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "partner"), [("unknown_partner", "FFFFFF"), ("suspended_partner", SUSPENDED_PARTNER)]
)
def test_a_basket_is_asked_for_with_a_partner_id_that_is_not_good(browser, publisher, arm, fault, partner):
    arm(fault)
    assert "served no basket: No such partner" in browser.land(sTwoWayToken=publisher.mint()).login().text
    assert publisher.asked[0]["PartnerId"] == partner
    assert "Place 3 orders" in browser.send("reload").text


def test_a_wrong_auth_code_is_refused_by_vas(browser, publisher, standin, arm):
    arm("wrong_auth_code")
    assert "The AuthCode is not good" in browser.land(sTwoWayToken=publisher.mint()).login().text
    assert "No such AuthCode was made." in [entry["note"] for entry in standin.store.calls()]


def test_vas_is_slow_and_down(browser, publisher, arm):
    arm("vas_auth_slow", seconds=0.5)
    started = time.monotonic()
    assert "Place 3 orders" in browser.land(sTwoWayToken=publisher.mint()).login().text
    assert time.monotonic() - started > 0.5
    arm("vas_auth_down")
    assert "The AuthCode is not good" in browser.land(sTwoWayToken=publisher.mint()).login().text
    assert "Place 3 orders" in browser.send("reload").text


def test_a_pause_between_lines_leaves_time_for_a_kill_switch(at_basket, standin, arm):
    arm("pause_between_lines", seconds=3)
    pressing = threading.Thread(target=at_basket.send, args=("submit",))
    pressing.start()
    while not (orders := standin.omex.orders()):
        time.sleep(0.01)
    assert len(orders) == 1
    pressing.join()
    assert len(standin.omex.orders()) == 3


# --- callbacks --------------------------------------------------------------------------------------------------------


def test_a_lost_callback_does_not_send_the_browser_back(at_basket, publisher, standin, arm):
    arm("callback_lost")
    assert "The callback is lost" in at_basket.send("submit").text
    assert publisher.callbacks == []
    assert len(standin.omex.orders()) == 3


def test_a_callback_comes_twice(at_basket, publisher, arm):
    arm("callback_twice")
    visit = at_basket.send("submit").url
    for link in at_basket.links():
        at_basket.open(link)
    assert visit.endswith(at_basket.standin.visits.all()[0]["id"])
    first, second = publisher.callbacks
    assert first == second


def test_a_contradicting_callback_follows(at_basket, publisher, arm):
    arm("callback_contradicting")
    at_basket.send("submit")
    for link in at_basket.links():
        at_basket.open(link)
    assert [fields["sStatusCode"] for _, _, fields in publisher.callbacks] == ["S101", "F101"]
    assert len({fields["oEcoBackObject"] for _, _, fields in publisher.callbacks}) == 1


def test_a_forged_echo_is_still_an_echo_object(at_basket, publisher, arm):
    arm("callback_forged_echo")
    at_basket.send("submit")
    echo = json.loads(base64.b64decode(publisher.callbacks[0][2]["oEcoBackObject"]))
    assert echo == {"v": 1, "i": "17", "n": "nonce", "m": "camx"}


def test_a_login_brings_the_session_of_another_client(browser, publisher, standin, arm):
    arm("session_of_another")
    browser.land("2", sTwoWayToken=publisher.mint()).login()
    (_, _, fields) = publisher.callbacks[0]
    assert (fields["sTradingUserId"], fields["sName"]) == ("DEMO2", "Ravi Example")
    assert [one["ucc"] for one in standin.vas.sessions()] == ["DEMO2"]


def test_a_login_may_name_no_trading_user_come_twice_or_get_lost(browser, publisher, arm):
    arm("no_trading_user")
    browser.land("2", sTwoWayToken=publisher.mint()).login()
    assert "sTradingUserId" not in publisher.callbacks[0][2]
    arm("callback_twice")
    browser.land("2", sTwoWayToken=publisher.mint()).login()
    assert len(browser.links()) == 2
    arm("callback_lost")
    assert "The callback is lost" in browser.land("2", sTwoWayToken=publisher.mint()).login().text


# --- webhooks ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def order(browser, publisher, standin):
    publisher.lines = [line()]
    browser.land(sTwoWayToken=publisher.mint()).login().send("submit")
    settled(standin)
    publisher.webhooks.clear()
    return standin.omex.orders()[0]["unique_code"]


def cancel(standin, order):
    call(standin, "POST", "/orders/cancel", {"order": order})
    return settled(standin)


def test_a_webhook_comes_twice(publisher, standin, order, arm):
    arm("webhook_twice")
    cancel(standin, order)
    first, second = publisher.webhooks
    assert first == second


def test_a_webhook_comes_after_the_one_that_follows_it(publisher, standin, order, arm):
    arm("webhook_out_of_order")
    call(standin, "POST", "/orders/fill", {"order": order})
    settled(standin)
    assert [m["MessageType"] for m in messages(publisher)] == ["ORD_NRML", "TRD_MSG"]
    later, earlier = (int(m["MessageSequenceNumber"]) for m in messages(publisher))
    assert later == earlier + 1


def test_a_webhook_has_the_same_number_and_other_content(publisher, standin, order, arm):
    arm("webhook_same_sequence")
    cancel(standin, order)
    first, second = messages(publisher)
    assert first["MessageSequenceNumber"] == second["MessageSequenceNumber"]
    assert (first["TradedQTY"], second["TradedQTY"]) == ("0", "1")


def test_a_webhook_names_a_reco_id_of_nobody_or_is_garbage(publisher, standin, order, arm):
    arm("webhook_unknown_reco")
    arm("webhook_garbage")
    call(standin, "POST", "/orders/fill", {"order": order})
    settled(standin)
    garbage, unknown = publisher.webhooks
    assert json.loads(unknown)["sThirdpartyRecoId"] == "ZZZZZZ"
    with pytest.raises(ValueError, match=r"Expecting|decode"):
        json.loads(garbage)


def test_a_lost_webhook_is_healed_by_sync(publisher, standin, order, arm):
    arm("webhook_lost")
    assert cancel(standin, order)[-1]["state"] == "lost"
    assert publisher.webhooks == []
    body = {"sInitiatorAppToken": TOKEN, "jEntrySequenceNumber": "0"}
    answer = call(standin, "POST", "/omexorderandtraderesponse/sync", body)[1]
    assert answer["objJSONRows"][-1]["OrderStatus"] == "6"


# --- keys, and arming -------------------------------------------------------------------------------------------------


def test_keys_come_with_a_foreign_endpoint(standin, publisher, arm):
    arm("keys_foreign_endpoint")
    assert keys(standin, publisher)["data"][0]["endpoint"] == "https://keys.example.com/interactive"
    assert "127.0.0.1" in keys(standin, publisher)["data"][0]["endpoint"]


def test_keys_are_refused_or_answered_with_garbage(standin, publisher, arm):
    arm("keys_refused")
    assert keys(standin, publisher)["success"] is False
    arm("keys_garbage")
    assert b"Welcome" in keys(standin, publisher)
    assert keys(standin, publisher)["success"] is True


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_can_be_armed_and_removed(standin, arm, fault):
    arm(fault, times=-1, seconds=1)
    assert present(standin) == [fault]
    call(standin, "DELETE", "/faults")
    assert present(standin) == []


@pytest.mark.parametrize(
    "given",
    [
        {"fault": "unheard_of"},
        {"fault": "webhook_lost", "times": 0},
        {"fault": "webhook_lost", "times": "often"},
        {"fault": "webhook_lost", "seconds": 601},
        {"fault": "webhook_lost", "call": "sync"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_in_words(standin, given):
    status, answer = call(standin, "POST", "/faults", given)
    assert (status, present(standin)) == (400, [])
    assert answer["error"].endswith(".")
