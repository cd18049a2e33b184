"""Model 1: landing, choice of a broker, login, basket, orders, callback; every party over real HTTP."""

import base64
import json

import pytest

from tests.standins.connector.conftest import (
    OTHER_PARTNER,
    PARTNER,
    PRODUCT,
    SUSPENDED_PARTNER,
    TOKEN,
    TP_USER,
    call,
    line,
    messages,
    settled,
)


def test_the_whole_way_with_a_choice_of_broker_an_edit_and_a_partial_fill(browser, publisher, standin):
    browser.land(sTwoWayToken=publisher.mint(), sPartnerId=None)
    assert "Banyan Broking" in browser.text
    assert "Teak Capital" not in browser.text
    assert publisher.checked[0].keys() == {"token", "userRefId", "applicationToken"}
    assert "sTwoWayToken" not in browser.url
    browser.send("choose", partner_id=PARTNER).login()
    assert publisher.asked[0].keys() == {"ClientCode", "ProductCode", "AuthCode", "PartnerId"}
    assert (publisher.asked[0]["ClientCode"], publisher.asked[0]["PartnerId"]) == (TP_USER, PARTNER)
    for shown in ("Buy PEEPAL", 'value="90.00"', "R7K2QM", "Place 3 orders"):
        assert shown in browser.text
    assert "Slips" not in browser.text
    browser.send("submit", **{"quantity-1": "7", "price-1": "91.05"})
    assert "Back at the publisher" in browser.text
    (kind, method, fields) = publisher.callbacks[0]
    assert (kind, method, fields["sStatusCode"]) == ("basket", "GET", "S101")
    assert json.loads(base64.b64decode(fields["oEcoBackObject"]))["i"] == "17"
    orders = standin.omex.orders()[::-1]
    assert [(o["asked"], o["quantity"], o["traded"], o["price"]) for o in orders] == [
        (10, 7, 0, 9105),
        (10, 10, 5, 25000),
        (2, 2, 2, 0),
    ]
    assert {o["reco_id"] for o in orders} == {"R7K2QM"}
    assert all(entry["state"] == "delivered" for entry in settled(standin))
    assert {m["sThirdpartyUserId"] for m in messages(publisher)} == {TP_USER}


def test_a_line_with_quantity_0_is_left_out_and_nothing_at_all_is_not_placed(at_basket, standin):
    zeros = {f"quantity-{place}": "0" for place in (1, 2, 3)}
    assert "nothing to place" in at_basket.send("submit", **zeros).text
    at_basket.send("submit", **{**zeros, "quantity-2": "1"})
    assert [(o["symbol"], o["quantity"]) for o in standin.omex.orders()] == [("BANYAN", 1)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("quantity-1", "1.5"),
        ("quantity-1", "-1"),
        ("quantity-1", ""),
        ("price-1", "1.234"),
        ("price-1", "NaN"),
    ],
)
def test_an_edit_that_is_no_quantity_or_price_places_nothing(at_basket, standin, name, value):
    assert "Line 1: the" in at_basket.send("submit", **{name: value}).text
    assert at_basket.visit["state"] == "basket"
    assert standin.omex.orders() == []


def test_a_second_press_of_submit_places_no_second_orders(at_basket, standin):
    visit = at_basket.url
    at_basket.send("submit")
    at_basket.open(f"{visit}/submit", "POST", {})
    assert len(standin.omex.orders()) == 3
    assert "This visit is over" in at_basket.text


def test_cancelling_returns_with_a_code_of_its_own_and_without_orders(at_basket, publisher, standin):
    at_basket.send("return")
    assert publisher.callbacks[0][2]["sStatusCode"] == "C101"
    assert standin.omex.orders() == []


def test_orders_that_are_all_rejected_are_told_as_a_failure(browser, publisher, standin):
    publisher.lines = [line(orgQty=9_000_000)]
    browser.land(sTwoWayToken=publisher.mint()).login().send("submit")
    assert publisher.callbacks[0][2]["sStatusCode"] == "F101"
    assert "ShortFall=" in standin.omex.orders()[0]["reason"]


def test_callbacks_by_post_are_a_form_that_sends_itself(at_basket, publisher, standin):
    standin.publishers.change({"application_token": TOKEN, "callback_method": "POST"})
    at_basket.send("submit")
    assert "data-send" in at_basket.text
    assert f'action="{publisher.url}/connector/callback/basket/"' in at_basket.text
    assert f"form-action 'self' {publisher.url}" in at_basket.headers["Content-Security-Policy"]


def test_without_an_address_for_the_callback_the_visit_ends_in_words(at_basket, standin):
    standin.publishers.change({"application_token": TOKEN, "basket_callback_url": ""})
    assert "No address of this callback is set." in at_basket.send("return").text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sAppToken": "unknown"}, "application token is not known"),
        ({"nRequestType": "4"}, "not 1, 2 or 3"),
        ({"sTpUserId": None}, "Missing for this request type: sTpUserId"),
        ({"sTpUserId": "x" * 31}, "Too long: sTpUserId"),
        ({"sPartnerId": "FFFFFF"}, "in no mapping"),
        ({"sPartnerId": SUSPENDED_PARTNER}, "is suspended"),
        ({"sTwoWayToken": "made-up"}, "refused the token: Not good"),
    ],
)
def test_who_is_not_let_in(browser, publisher, changed, words):
    browser.land(**{"sTwoWayToken": publisher.mint(), **changed})
    assert words in browser.text
    assert "Not possible" in browser.text
    assert publisher.asked == []


def test_a_parameter_given_twice_is_refused(browser, publisher):
    browser.open(f"{browser.base}/landing/redirect?sAppToken={TOKEN}&sAppToken=x&nRequestType=1")
    assert "given twice" in browser.text


def test_slips_at_the_landing_are_named(browser, publisher):
    browser.land(sTwoWayToken=publisher.mint(), oEchoBackObject="not base64", sUcc="ABC")
    assert "oEchoBackObject is not base64 of a JSON object." in browser.text
    assert "sUcc is not a parameter of the landing page." in browser.text


def test_a_wrong_password_or_code_is_refused_and_the_fifth_ends_the_visit(browser, publisher):
    browser.land(sTwoWayToken=publisher.mint())
    assert "is wrong" in browser.login(password="wrong").text
    assert "is wrong" in browser.login(totp="000000").text
    assert "is wrong" in browser.login(user_id="NOBODY").text
    browser.login(totp="000000")
    assert "Too many" in browser.login(totp="000000").text
    assert publisher.asked == []


def test_a_suspended_broker_cannot_be_chosen(browser, publisher):
    browser.land(sTwoWayToken=publisher.mint(), sPartnerId=None)
    assert "is suspended" in browser.send("choose", partner_id=SUSPENDED_PARTNER).text
    assert "Log in at Gulmohar" in browser.send("choose", partner_id=OTHER_PARTNER).text


def test_asking_again_sends_the_same_auth_code_and_wants_the_same_basket(at_basket, publisher):
    at_basket.send("reload")
    first, second = publisher.asked
    assert first == second
    assert "Slips" not in at_basket.text
    publisher.served[first["AuthCode"]] = publisher.served[first["AuthCode"]].replace("9000", "9005")
    assert "answered with another basket" in at_basket.send("reload").text


def test_a_refused_basket_is_said_with_a_way_back(browser, publisher):
    publisher.change = lambda _: {
        "success": False, "statusCode": "400", "data": None, "message": "Superseded", "traceId": "t",
    }  # fmt: skip
    browser.land(sTwoWayToken=publisher.mint()).login()
    assert "served no basket: Superseded" in browser.text
    browser.send("return")
    assert publisher.callbacks[0][2]["sStatusMessage"] == "No basket"


def test_one_user_of_vas_is_made_and_found_again(browser, publisher, standin):
    for _ in range(2):
        browser.land(sTwoWayToken=publisher.mint()).login()
    (user,) = call(standin, "GET", "/users.json")[1]
    assert (user["ucc"], user["partner_id"]) == ("DEMO1", PARTNER)
    assert browser.visit["product"] == PRODUCT


@pytest.mark.parametrize(
    ("setting", "expected"), [("sTpUserId", TP_USER), ("UCC", "DEMO1"), ("sVasUserId", "VAS")]
)
def test_which_id_the_client_code_is_can_be_set(browser, publisher, standin, setting, expected):
    standin.publishers.change({"application_token": TOKEN, "client_code": setting})
    browser.land(sTwoWayToken=publisher.mint()).login()
    assert publisher.asked[0]["ClientCode"].startswith(expected)
    assert browser.visit["state"] == "basket"
