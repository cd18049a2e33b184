"""The other stand-ins beside the stand-in ODIN: users that messages created log in over REST and at the broker."""

import urllib.parse
import urllib.request

import pytest

from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.secret import SecretText
from standins.connector import ConnectorStandIn
from standins.rest import RestStandIn
from tests.standins.connector.conftest import TOKEN, Browser, TinyPublisher
from tests.standins.odin.conftest import KEY, desk, new_desk, standin
from tests.standins.rest.conftest import API_KEY, BASE, SESSION, X_API_KEY, Caller, refused_port

__all__ = ["desk", "new_desk", "standin"]
PASSWORD = "Client@123"


@pytest.fixture
def both(standin, desk):
    """The stand-in of the REST API beside a stand-in ODIN, with a user that a message 301 created."""
    with RestStandIn(api_key=API_KEY, x_api_key=X_API_KEY, odin=standin.home) as running:
        yield Caller(running), desk


def create(desk, **changed):
    sealed = PasswordCipher(KEY, "CBC").encrypt(SecretText(PASSWORD))
    return desk.create(**{"t207": sealed, "t223": "1,16", "t221": "1,3", **changed})


def login(caller, **changed):
    keys = caller.standin.people.keys("WEBRET1")
    body = caller.credentials(user_id="WEBRET1", password=PASSWORD, second_auth=keys.totp)
    return caller.call("POST", SESSION, {**body, **changed})


def test_a_user_that_odin_has_logs_in_with_what_was_sent_to_odin(both):
    caller, desk = both
    assert create(desk)[18] == "1"
    desk.send(303, {201: "WEBRET1", 202: "HO", 246: "", 251: "5000", 252: "T1", 253: "1"})
    status, envelope = login(caller)
    data = envelope["data"]
    assert (status, data["user_name"], data["others"]["groupId"]) == (200, "Asha Rao", "HO")
    assert data["exchanges"] == ["NSE_EQ", "NSE_FO", "BSE_EQ"]
    assert data["bcastExchanges"] == ["NSE_EQ", "BSE_EQ"]
    assert data["product_types"] == ["INTRADAY"]
    caller.token = data["access_token"]
    balance = caller.call("GET", f"{BASE}/authentication/v1/user/balance")[1]
    assert balance["data"]["equity"]["available"]["cash"] == "5000.00"
    assert "WEBRET1" in caller.call("GET", "/")[1].decode()


def test_a_search_finds_among_all_users_of_odin_and_its_buttons_lead_back_to_them(both):
    caller, desk = both
    for number in range(1, 23):
        assert (
            create(desk, t201=f"WEBRET{number}", t206=f"Person {number:02}", t215=f"ABCPT{number:04}K")[18]
            == "1"
        )
    newest = caller.call("GET", "/")[1].decode()
    assert "Only 20 are shown." in newest
    assert "Person 01" not in newest
    found = caller.call("GET", "/?search=person+01")[1].decode()
    assert "Person 01" in found
    assert "Person 02" not in found
    assert 'name="search" value="person 01"' in found
    form = {
        "group_id": "HO",
        "user_id": "WEBRET1",
        "exchange": "NSE_EQ",
        "allowed": "0",
        "search": "person 01",
    }
    caller.headers.pop("Content-Type", None)
    body = urllib.parse.urlencode(form).encode()
    status, _ = caller.call("POST", "/segments", body, Content_Type="application/x-www-form-urlencoded")
    assert (status, caller.answer_headers["Location"]) == (303, "/?search=person+01")
    with urllib.request.urlopen(f"{caller.standin.odin}/?search=webret22") as answer:
        users = answer.read().decode()
    assert "Users (1 found)" in users
    assert "Person 22" in users


@pytest.mark.parametrize(
    ("changed", "given", "status"),
    [
        ({}, {"password": "Other@123"}, 400),
        ({"t223": "1,18"}, {}, 403),
        ({"t223": "17"}, {}, 403),
        ({"t223": "17"}, {"source": "MOBILEAPI"}, 200),
        ({"t218": "S"}, {}, 403),
        ({}, {"user_id": "WEBRET2"}, 400),
    ],
)
def test_who_odin_does_not_let_in_is_not_let_in(both, changed, given, status):
    caller, desk = both
    assert create(desk, **changed)[18] == "1"
    assert login(caller, **given)[0] == status


def test_a_segment_that_is_changed_at_odin_shows_at_the_next_login(both):
    caller, desk = both
    create(desk)
    document = desk.user()
    document["values"]["trading_segments"] = ["1"]
    desk.standin.store.save_user(document)
    assert login(caller)[1]["data"]["exchanges"] == ["NSE_EQ"]


def test_without_the_stand_in_odin_the_page_says_so_and_a_login_is_a_503():
    with RestStandIn(
        api_key=API_KEY, x_api_key=X_API_KEY, odin=f"http://127.0.0.1:{refused_port()}/"
    ) as alone:
        caller = Caller(alone)
        assert "does not answer" in caller.call("GET", "/")[1].decode()
        assert caller.call("POST", SESSION, caller.credentials())[0] == 503


def test_the_check_of_a_password_shows_no_hash(both):
    desk = both[1]
    create(desk)
    answer = desk.control("/users/check", {"user_id": "webret1", "password": PASSWORD}).json()
    assert [(user["user_id"], user["password"], user["password_is_right"]) for user in answer] == [
        ("WEBRET1", True, True)
    ]


@pytest.mark.parametrize(("changed", "let_in"), [({}, True), ({"t218": "S"}, False)])
def test_a_user_that_odin_has_logs_in_at_the_broker(standin, desk, changed, let_in):
    create(desk, **changed)
    with (
        TinyPublisher() as publisher,
        ConnectorStandIn(portal=publisher.url, application_token=TOKEN, odin=standin.home) as connector,
    ):
        publisher.standin = connector
        browser = Browser(connector).land(sTwoWayToken=publisher.mint())
        browser.login("WEBRET1", "Wrong@123")
        assert "is wrong" in browser.text
        browser.login("WEBRET1", PASSWORD)
        assert ("Asha Rao (WEBRET1)" in browser.text) == let_in
        assert ("This user is not active." in browser.text) != let_in


def test_without_the_stand_in_odin_the_brokers_login_says_so():
    odin = f"http://127.0.0.1:{refused_port()}/"
    with (
        TinyPublisher() as publisher,
        ConnectorStandIn(portal=publisher.url, application_token=TOKEN, odin=odin) as connector,
    ):
        browser = Browser(connector).land(sTwoWayToken=publisher.mint())
        assert "The stand-in ODIN does not answer. Try again." in browser.login("WEBRET1", PASSWORD).text
        assert "does not answer" in browser.open("/").text


def segments(caller, **given):
    body = {"group_id": "HO", "user_id": "WEBRET1", "exchange": "BSE_EQ", "allowed": "0", **given}
    return caller.call("POST", "/segments", body)


def test_a_segment_is_stopped_and_allowed_on_the_page_behind_the_portals_back(both):
    caller, desk = both
    create(desk)
    assert "Stop BSE_EQ" in caller.call("GET", "/")[1].decode()
    assert segments(caller)[0] == 200
    assert login(caller)[1]["data"]["exchanges"] == ["NSE_EQ", "NSE_FO"]
    assert desk.user()["values"]["trading_segments"] == ["1", "2"]
    assert "Allow BSE_EQ" in caller.call("GET", "/")[1].decode()
    segments(caller, allowed="1")
    assert set(login(caller)[1]["data"]["exchanges"]) == {"NSE_EQ", "NSE_FO", "BSE_EQ"}


@pytest.mark.parametrize("wrong", [{"exchange": "MARS"}, {"user_id": "WEBRET2"}, {"group_id": "OTHER"}])
def test_a_segment_of_nobody_changes_nothing(both, wrong):
    caller, desk = both
    create(desk)
    before = desk.user()["values"]["trading_segments"]
    assert segments(caller, **wrong)[0] == 200
    assert desk.user()["values"]["trading_segments"] == before


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"group_id": "HO", "user_id": "WEBRET1", "trading_segments": ["99"]}, 400),
        ({"group_id": "HO", "user_id": "WEBRET1", "trading_segments": [[]]}, 400),
        ({"group_id": "HO", "user_id": "WEBRET1"}, 400),
        ({"group_id": "HO", "user_id": "WEBRET9", "trading_segments": ["1"]}, 404),
    ],
)
def test_odins_stand_in_takes_only_segments_that_there_are_of_users_that_there_are(both, given, status):
    desk = both[1]
    create(desk)
    assert desk.control("/users/segments", given).status_code == status


def test_gtd_days_that_are_off_are_0(both):
    caller, desk = both
    create(desk, t247="")
    assert login(caller)[1]["data"]["others"]["nGTDMaxDays"] == "0"
