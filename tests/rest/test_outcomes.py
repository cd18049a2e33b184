"""The full table of outcomes, call by call, over real HTTP. No answer is ever success; no order is ever repeated."""

import json
import socket
import struct
import time

import pytest

from backoffice.protocol.secret import SecretText
from backoffice.rest import client
from backoffice.rest.api.call import CALLS, Effect
from tests.rest.conftest import http, order

COVER = {
    "scrip_info": {"exchange": "NSE_EQ", "scrip_token": 900001},
    "transaction_type": "BUY",
    "main_leg": {"order_type": "RL-MKT", "quantity": 1},
    "stoploss_leg": {"legs": {"quantity": 1, "trigger_price": "95"}},
    "order_identifier": "ABCD1234",
}
MODIFY = {
    "exchange": "NSE_EQ",
    "order_id": "A>1",
    "order_type": "RL",
    "quantity": 5,
    "traded_quantity": 0,
    "price": 310,
    "trigger_price": 0,
    "disclosed_quantity": 0,
    "validity": "DAY",
    "validity_days": 0,
}
MODIFY_COVER = {
    "exchange": "NSE_EQ",
    "order_id": "A>1",
    "main_leg": {"order_type": "RL-MKT", "quantity": 2, "traded_quantity": 1},
    "stoploss_leg": {"legs": {"quantity": 2, "trigger_price": "95"}},
}
LOGIN = {
    "user_id": "DEMO1",
    "password": SecretText("pass-word-1"),
    "second_auth_type": "TOTP",
    "second_auth": SecretText("222396"),
}
#: How each declared call is made by a page.
WAYS = {
    "login": lambda session: client.login(LOGIN).outcome,
    "logout": client.logout,
    "validate_session": lambda session: client.validate(session)[1].outcome,
    "balance": lambda session: client.balance(session).outcome,
    "profile": lambda session: client.profile(session)[0],
    "place_order": lambda session: client.place(session, order()).outcome,
    "modify_order": lambda session: client.modify(session, MODIFY).outcome,
    "cancel_order": lambda session: client.cancel(session, "NSE_EQ", "A>1").outcome,
    "place_cover": lambda session: client.place_cover(session, COVER).outcome,
    "modify_cover": lambda session: client.modify_cover(session, MODIFY_COVER).outcome,
    "cancel_cover": lambda session: client.cancel_cover(session, "NSE_EQ", "A>1").outcome,
    "order_book": lambda session: client.order_book(session).outcome,
    "gtd_book": lambda session: client.gtd_book(session).outcome,
    "trade_book": lambda session: client.trades(session).outcome,
    "order_history": lambda session: client.history(session, "A>1").outcome,
    "positions": lambda session: client.positions(session).outcome,
    "holdings": lambda session: client.holdings(session).outcome,
}
ERROR = {"status": "error", "code": "e-101", "message": "No", "errors": "e-17"}
HTML = b"<html>Sorry</html>"
#: Status, body, and the outcome of a read, of a login and of an order.
TABLE = [
    (200, ERROR, "refused", "refused", "refused"),
    (400, ERROR, "refused", "refused", "refused"),
    (401, ERROR, "session ended", "refused", "session ended"),
    (401, {"message": "Unauthorized"}, "session ended", "refused", "session ended"),
    (401, HTML, "session ended", "refused", "session ended"),
    (403, ERROR, "refused", "refused", "refused"),
    (403, {"message": "Missing Authentication Token"}, "wrong setting", "wrong setting", "wrong setting"),
    (403, {"message": "Forbidden"}, "wrong setting", "wrong setting", "wrong setting"),
    (403, HTML, "refused", "refused", "refused"),
    (400, HTML, "refused", "refused", "refused"),
    (404, {"message": "Not Found"}, "wrong setting", "wrong setting", "refused"),
    (405, ERROR, "wrong setting", "wrong setting", "refused"),
    (408, HTML, "unknown", "unknown", "unknown"),
    (425, HTML, "unknown", "unknown", "unknown"),
    (408, ERROR, "unknown", "unknown", "unknown"),
    (429, {"message": "Too Many Requests"}, "refused", "refused", "refused"),
    (429, ERROR, "refused", "refused", "refused"),
    (500, ERROR, "unknown", "unknown", "unknown"),
    (500, {"status": "success", "data": {"orderId": "A>1"}}, "unknown", "unknown", "unknown"),
    (502, HTML, "unknown", "unknown", "unknown"),
    (503, ERROR, "unknown", "unknown", "unknown"),
    (504, HTML, "unknown", "unknown", "unknown"),
    (599, HTML, "unknown", "unknown", "unknown"),
    (302, b"", "unknown", "unknown", "unknown"),
    (200, HTML, "unknown", "unknown", "unknown"),
    (200, b"", "unknown", "unknown", "unknown"),
    (200, [], "unknown", "unknown", "unknown"),
    (200, {"message": "hello"}, "unknown", "unknown", "unknown"),
    (200, {"status": "pending"}, "unknown", "unknown", "unknown"),
    (200, {"status": True, "data": {"orderId": "A>1"}}, "unknown", "unknown", "unknown"),
    (200, {"status": "SUCCESS", "data": {"orderId": "A>1"}}, "unknown", "unknown", "unknown"),
    (400, {"status": "success", "data": {"orderId": "A>1"}}, "unknown", "unknown", "unknown"),
    (200, b'{"status": "error", "status": "success", "data": {"orderId": "A"}}', *(["unknown"] * 3)),
    (200, b'{"status": "success", "data": {"orderId": "A", "x": NaN}}', "unknown", "unknown", "unknown"),
    (200, b'{"status": "success", "data": {"orderId": "A"', "unknown", "unknown", "unknown"),
    (200, b"[" * 100_000, "unknown", "unknown", "unknown"),
    (200, b'{"status": "success", "n": ' + b"9" * 5000 + b"}", "unknown", "unknown", "unknown"),
    (200, b"\xff\xfe{}", "unknown", "unknown", "unknown"),
]
COLUMN = {Effect.READ: 0, Effect.LOGIN: 1, Effect.ORDER: 2}


def test_every_declared_call_is_in_the_table():
    assert set(WAYS) == set(CALLS)


@pytest.mark.parametrize("name", WAYS)
def test_each_answer_means_what_the_table_says_and_is_asked_for_once(raw, session, name):
    for status, body, *kinds in TABLE:
        raw.requests.clear()
        raw.says(status, body)
        outcome = WAYS[name](session)
        expected = kinds[COLUMN[CALLS[name].effect]]
        assert (outcome.kind.value, len(raw.requests)) == (expected, 1), (status, body)
        assert outcome.reason or outcome.text
        assert outcome.http == status


@pytest.mark.parametrize("name", [n for n, call in CALLS.items() if call.effect is Effect.ORDER])
@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"orderId": "NWSYF00005>3"}, "success"),
        ({"order_id": "NWSYF00005>3"}, "success"),
        (json.dumps({"orderId": "NWSYF00005>3"}), "success"),
        ({}, "unknown"),
        (None, "unknown"),
        ({"orderId": ""}, "unknown"),
        ([{"orderId": "A"}], "unknown"),
        ("Order Entry Sent to OMS", "unknown"),
    ],
)
def test_an_order_is_accepted_where_the_answer_names_it_and_unknown_where_not(raw, session, name, data, kind):
    for status in (200, 201):
        raw.says(status, {"status": "success", "data": data})
        assert WAYS[name](session).kind.value == kind


@pytest.mark.parametrize("name", WAYS)
def test_without_a_connection_nothing_was_sent(configured, session, name):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    configured(f"http://127.0.0.1:{port}/interactive")
    outcome = WAYS[name](session)
    assert (outcome.kind.value, outcome.detail) == ("not sent", "not-sent")
    assert "nothing answers at its address" in outcome.reason


def test_an_unknown_host_and_a_server_without_tls_are_not_sent(configured, session, raw):
    configured("https://nowhere.invalid/interactive")
    assert client.place(session, order()).outcome.kind.value == "not sent"
    configured(raw.base.replace("http:", "https:"))
    assert client.place(session, order()).outcome.kind.value == "not sent"
    assert not any(b"orders" in request for request in raw.requests)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def truncate(connection):
    connection.sendall(http(200, {"status": "success", "data": {"orderId": "A"}})[:-5])


def drip(connection):
    for byte in http(200, {"status": "success", "data": {"orderId": "A"}}):
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


def silent(connection):
    connection.recv(1)


@pytest.mark.parametrize("fault", [reset, truncate, drip, silent, lambda connection: None])
@pytest.mark.parametrize("name", ["place_order", "modify_order", "cancel_order", "balance", "login"])
def test_what_breaks_after_sending_is_unknown_and_not_repeated(raw, session, settings, name, fault):
    settings.REST_TOTAL_TIMEOUT = 0.6
    raw.answer = fault
    outcome = WAYS[name](session)
    assert outcome.kind.value == "unknown"
    assert outcome.detail in ("broken", "timeout", "deadline")
    assert len(raw.requests) == 1


def test_too_large_an_answer_is_not_read_on_and_a_book_may_be_larger(raw, session, settings):
    settings.REST_ANSWER_MB, settings.REST_BOOK_MB = 0.1, 0.5
    raw.says(200, {"status": "success", "data": [{"symbol": "x" * 200_000}]})
    assert client.balance(session).outcome.detail == "too-large"
    assert client.holdings(session).outcome.kind.value == "success"
    raw.says(200, {"status": "success", "data": [{"symbol": "x" * 600_000}]})
    assert client.holdings(session).outcome.detail == "too-large"


def test_a_compressed_answer_is_read_and_one_that_unpacks_to_too_much_is_not(raw, session):
    import gzip

    fine = gzip.compress(json.dumps({"status": "success", "data": {"equity": {"name": "Equity"}}}).encode())
    raw.says(200, fine, "Content-Encoding: gzip")
    assert client.balance(session).row.equity.title == "Equity"
    raw.says(200, gzip.compress(b" " * 50_000_000), "Content-Encoding: gzip")
    assert client.balance(session).outcome.detail == "too-large"


def test_a_redirect_is_not_followed(raw, session):
    raw.says(302, b"", f"Location: {raw.base}/elsewhere")
    outcome = client.place(session, order()).outcome
    assert (outcome.kind.value, outcome.setting) == ("unknown", "REST_BASE_URL")
    assert len(raw.requests) == 1


def test_404_on_an_order_says_that_there_is_no_such_order(raw, session):
    raw.says(404, {"status": "error", "code": "e-404", "message": "Order not found"})
    assert client.history(session, "A>1").outcome.kind.value == "refused"
    raw.says(404, HTML)
    assert client.history(session, "A>1").outcome.setting == "REST_PATHS"


def test_a_gateways_403_names_the_setting_and_not_the_password(raw):
    raw.says(403, {"message": "Missing Authentication Token"})
    outcome = client.login(LOGIN).outcome
    assert (outcome.kind.value, outcome.setting) == ("wrong setting", "REST_PATHS")
    assert "password is not in question" in outcome.reason
    raw.says(403, {"message": "Forbidden"})
    assert client.login(LOGIN).outcome.setting == "REST_X_API_KEY"


def test_errors_are_shown_as_they_came(raw, session):
    for errors in ("e-17", ["a", "b"], {"price": "wrong"}, []):
        raw.says(400, {"status": "error", "code": "e-101", "message": "No", "errors": errors})
        assert client.balance(session).outcome.errors == errors
    raw.says(400, {"status": "error", "errors": '{"price": "wrong"}'})
    assert client.balance(session).outcome.errors == {"price": "wrong"}


def test_a_login_without_a_usable_token_opens_no_session(raw):
    for data in (
        {},
        {"access_token": ""},
        {"access_token": "short"},
        {"access_token": "bad\r\nX-Injected: 1" * 3},
        {"access_token": ["a"]},
        {"register_token": "eyJhbGciOiJIUzI1NiJ9.register"},
    ):
        raw.says(200, {"status": "success", "data": data})
        result = client.login(LOGIN)
        assert (result.session, result.outcome.kind.value) == (None, "unknown")


def test_a_session_that_is_over_is_not_used(raw, session):
    from dataclasses import replace

    from django.utils import timezone

    over = replace(session, ends=timezone.now())
    assert client.place(over, order()).outcome.kind.value == "session ended"
    assert raw.requests == []


def test_headers_and_nothing_else(raw, session):
    raw.says(200, {"status": "success", "data": {}})
    client.balance(session)
    head = raw.requests[0].decode().split("\r\n")
    assert head[0] == "GET /interactive/authentication/v1/user/balance HTTP/1.1"
    names = {line.partition(":")[0].lower(): line.partition(": ")[2] for line in head[1:] if line}
    assert names["authorization"] == f"Bearer {session.token.reveal()}"
    assert names["x-api-key"] == "xapikey-in-the-header-2"
    assert names["content-type"] == "application/json"
    assert names["accept-encoding"] == "gzip"
    assert set(names) <= {
        *(
            "host",
            "authorization",
            "x-api-key",
            "content-type",
            "accept",
            "accept-encoding",
            "content-length",
        ),
        "user-agent",
    }


def test_a_login_carries_both_keys_and_no_token(raw):
    raw.says(400, ERROR)
    client.login(LOGIN)
    head, _, body = raw.requests[0].partition(b"\r\n\r\n")
    assert json.loads(body)["api_key"] == "apikey-in-the-body-1"
    assert b"x-api-key: xapikey-in-the-header-2" in head
    assert b"authorization" not in head.lower()


def test_no_proxy_of_the_environment_is_believed(raw, session, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    raw.says(200, {"status": "success", "data": {}})
    assert client.balance(session).outcome.kind.value == "success"


def test_plain_http_goes_to_this_machine_only(configured, session):
    configured("http://odin.example/interactive")
    outcome = client.balance(session).outcome
    assert (outcome.kind.value, outcome.detail) == ("not sent", "address")
