"""Broker list, API keys and the check of an AuthCode, to requests typed by hand."""

import pytest

from tests.standins.connector.conftest import (
    OTHER_PARTNER,
    PARTNER,
    REST,
    SUSPENDED_PARTNER,
    TOKEN,
    TP_USER,
    call,
)

BROKER_LIST, KEYS, AUTH = (
    "/vasprodmgmt/odinConnectorBrokerList",
    "/loginservice/apiKeys",
    "/loginservice/vas-auth",
)


def keys(standin, publisher, **changed):
    usual = {"sApplicationToken": TOKEN, "sPartnerAppId": PARTNER, "sTwoWayToken": publisher.mint()}
    return call(standin, "POST", KEYS, {**usual, **changed})


def test_the_broker_list_names_active_brokers_after_the_token_was_checked(standin, publisher):
    body = {"sApplicationToken": TOKEN, "sTwoWayToken": publisher.mint()}
    status, answer = call(standin, "POST", BROKER_LIST, body)
    assert (status, answer["success"], answer["statusCode"]) == (200, True, "reg-200-001")
    assert [(row["sBrokerName"], row["sPartnerId"]) for row in answer["data"]] == [
        ("Banyan Broking", PARTNER),
        ("Gulmohar Securities", OTHER_PARTNER),
    ]
    assert len(publisher.checked) == 1
    assert call(standin, "POST", BROKER_LIST, body)[1]["success"] is False


def test_keys_are_given_after_the_token_was_checked(standin, publisher):
    status, answer = keys(standin, publisher)
    assert (status, answer["statusCode"]) == (200, "reg-200-059")
    rows = {row["type"]: row for row in answer["data"]}
    assert rows.keys() == {"interactive", "broadcast", "omex"}
    assert rows["interactive"]["endpoint"] == f"{REST}/interactive"
    assert len({row["apikey"] for row in answer["data"]}) == 3
    assert [row["secretkey"] is None for row in answer["data"]] == [True, True, False]
    assert len(publisher.checked) == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sApplicationToken": "unknown"}, "Invalid token"),
        ({"sTwoWayToken": "made-up"}, "Invalid token"),
        ({"sPartnerAppId": "FFFFFF"}, "Invalid partner"),
        ({"sPartnerAppId": SUSPENDED_PARTNER}, "Invalid partner"),
        ({"sPartnerId": PARTNER}, "Invalid token"),
    ],
)
def test_who_gets_no_keys(standin, publisher, changed, message):
    status, answer = keys(standin, publisher, **changed)
    assert (status, answer["success"], answer["data"], answer["message"]) == (200, False, None, message)


@pytest.fixture
def auth(standin):
    """Check an AuthCode made for the test's user."""
    code = standin.vas.make_auth_code(TOKEN, TP_USER)

    def check(**changed):
        body = {"token": code, "userRefId": TP_USER, "applicationToken": TOKEN, **changed}
        status, answer = call(standin, "POST", AUTH, body)
        assert (status, answer["data"]) == (200, None)
        return answer["statusCode"]

    return check


def test_an_auth_code_is_good_once(auth):
    assert [auth(), auth()] == ["reg-200-043", "reg-400-042"]


@pytest.mark.parametrize(
    "changed",
    [
        {"userRefId": "tp-other"},
        {"applicationToken": "other"},
        {"token": "made-up"},
        {"token": 1},
        {"a": "b"},
    ],
)
def test_an_auth_code_is_bound_to_user_and_application_and_a_wrong_try_does_not_use_it_up(auth, changed):
    assert auth(**changed) == "reg-400-042"
    assert auth() == "reg-200-043"


def test_an_auth_code_is_good_for_five_minutes(auth, clock):
    clock["ahead"] = 301
    assert auth() == "reg-400-042"


def test_what_is_no_json_object_is_a_400_and_get_a_405(standin):
    for body in (b"[1]", b"{", b'{"token": "\\ud800"}', b"\xff"):
        assert call(standin, "POST", AUTH, body)[0] == 400
    assert call(standin, "GET", AUTH)[0] == 405


def test_calls_are_written_down_without_secrets(standin, publisher):
    token = publisher.mint()
    rows = keys(standin, publisher, sTwoWayToken=token)[1]["data"]
    entries = call(standin, "GET", "/calls.json")[1]
    assert [(entry["direction"], entry["call"]) for entry in entries] == [
        ("in", "apiKeys"),
        ("out", "hand over a key"),
        ("out", "token check"),
    ]
    assert token not in str(entries)
    assert not any(row["apikey"] in str(entries) for row in rows)


def test_a_publisher_that_is_away_is_no_good_token(standin):
    standin.publishers.change({"application_token": TOKEN, "token_check_url": "http://127.0.0.1:9/"})
    body = {"sApplicationToken": TOKEN, "sTwoWayToken": "any"}
    assert call(standin, "POST", BROKER_LIST, body)[1]["success"] is False
    assert any("No answer" in entry["note"] for entry in standin.store.calls())
