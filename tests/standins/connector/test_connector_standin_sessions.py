"""Model 2: a login to keep, the way past the login page, and sessions that are not good any more."""

import json

import pytest

from tests.standins.connector.conftest import OTHER_PARTNER, PARTNER, TOKEN, call


@pytest.fixture
def session(browser, publisher):
    """A session that the publisher got at a login of type 2."""
    browser.land("2", sTwoWayToken=publisher.mint()).login()
    return publisher.callbacks[-1][2]["sSession"]


def test_a_login_gives_the_session_shuffled_and_without_an_echo(browser, publisher, standin, session):
    (kind, _, fields) = publisher.callbacks[0]
    assert kind == "login"
    assert fields.keys() == {
        *("sStatusCode", "sStatusMessage", "sSession", "sVasUserId", "sTradingUserId"),
        *("sName", "sEmail", "sRestSession"),
    }
    assert (fields["sTradingUserId"], fields["sName"]) == ("DEMO1", "Asha Example")
    (kept,) = standin.vas.sessions()
    assert kept["session"] == session != kept["broker_session"]
    assert kept["broker_session"] not in json.dumps(fields)
    assert publisher.checked[0].keys() == {"token", "applicationToken"}


def test_a_live_session_goes_past_the_login_page(browser, publisher, standin, session):
    browser.land("3", sTwoWayToken=publisher.mint(None), sSession=session)
    assert "Place 3 orders" in browser.text
    assert session not in browser.url
    assert publisher.asked[0]["ClientCode"] == publisher.callbacks[0][2]["sVasUserId"]
    browser.send("submit")
    assert publisher.callbacks[-1][2]["sStatusCode"] == "S101"
    assert {order["ucc"] for order in standin.omex.orders()} == {"DEMO1"}


@pytest.mark.parametrize("action", ["expire", "invalidate"])
def test_a_session_that_is_not_good_leads_to_the_login_page(browser, publisher, standin, session, action):
    assert call(standin, "POST", f"/sessions/{action}", {"session": session})[0] == 200
    browser.land("3", sTwoWayToken=publisher.mint(None), sSession=session)
    state = "expired" if action == "expire" else "invalid"
    assert f"The session is {state}. Log in again." in browser.text
    assert publisher.asked == []
    assert "Place 3 orders" in browser.login().text


def test_a_session_that_is_not_good_leads_to_a_callback_where_that_is_set(
    browser, publisher, standin, session
):
    standin.publishers.change({"application_token": TOKEN, "invalid_session": "callback"})
    browser.land("3", sTwoWayToken=publisher.mint(None), sSession="made-up")
    kind, _, fields = publisher.callbacks[-1]
    assert (kind, fields["sStatusCode"], fields["sStatusMessage"]) == (
        "basket",
        "I401",
        "The session is invalid.",
    )
    assert "oEcoBackObject" in fields


def test_a_session_is_good_at_its_own_broker_only(browser, publisher, session):
    browser.land("3", sTwoWayToken=publisher.mint(None), sSession=session, sPartnerId=OTHER_PARTNER)
    assert "The session is invalid." in browser.text


def test_sessions_end_with_the_day_in_kolkata(browser, publisher, session, clock):
    clock["ahead"] = 12 * 3600
    browser.land("3", sTwoWayToken=publisher.mint(None), sSession=session)
    assert "The session is expired." in browser.text


def test_types_2_and_3_need_a_broker(browser, publisher):
    browser.land("2", sTwoWayToken=publisher.mint(), sPartnerId=None)
    assert "Missing for this request type: sPartnerId" in browser.text
    browser.land("3", sTwoWayToken=publisher.mint())
    assert "Missing for this request type: sSession" in browser.text


def test_the_same_client_has_another_id_at_another_broker(browser, publisher, standin):
    for partner in (PARTNER, OTHER_PARTNER):
        browser.land("2", sTwoWayToken=publisher.mint(), sPartnerId=partner).login()
    assert len({fields["sVasUserId"] for _, _, fields in publisher.callbacks}) == 2
