"""The stand-in answers as the notes say the service does, to requests typed by hand over real HTTP."""

import pyotp
import pytest
import stdnum.isin

from standins.rest.masters import FILES
from tests.standins.rest.conftest import BASE, ORDER, ORDERS, SESSION


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({}, 200, "s-101"),
        ({"login_type": "FINGERPRINT"}, 400, "e-100"),
        ({"user_id": "demo1"}, 400, "e-101"),
        ({"user_id": "NOBODY"}, 400, "e-101"),
        ({"password": "wrong"}, 400, "e-101"),
        ({"second_auth": "000000"}, 400, "e-101"),
        ({"second_auth_type": ""}, 400, "e-100"),
        ({"second_auth_type": "SMS"}, 400, "e-100"),
        ({"api_key": "wrong"}, 400, "e-102"),
        ({"source": "WEB"}, 400, "e-100"),
        ({"unheard_of": "1"}, 400, "e-100"),
        ({"password": None}, 400, "e-100"),
    ],
)
def test_logins(caller, changed, status, code):
    answered, envelope = caller.call("POST", SESSION, caller.credentials(**changed))
    assert (answered, envelope["code"]) == (status, code)
    assert envelope["status"] == ("success" if status == 200 else "error")


def test_a_wrong_second_factor_is_a_400_with_a_code_for_errors(caller):
    assert caller.call("POST", SESSION, caller.credentials(second_auth="000000"))[1]["errors"] == "e-17"


def test_the_totp_is_a_real_one(caller):
    secret = caller.standin.people.keys("DEMO1").totp_secret
    assert caller.login(second_auth=pyotp.TOTP(secret).now())["user_id"] == "DEMO1"


def test_a_login_answers_in_the_shape_that_was_seen(caller):
    data = caller.login()
    assert data["access_token"] == data["broadcast_access_token"] != data["session_token"]
    assert data["product_types_exchange"].keys() >= set(data["exchanges"])
    assert set(data["others"]) >= {"POA", "nGTDMaxDays", "groupId", "bAMOAllowedForUser", "CFT", "ocToken"}


def test_register_tokens_are_no_access_tokens(caller):
    _, envelope = caller.call(
        "POST", SESSION, caller.credentials(second_auth_type="REGISTER", second_auth="")
    )
    assert "access_token" not in envelope["data"]
    caller.token = envelope["data"]["register_token"]
    assert caller.call("GET", f"{BASE}/authentication/v1/user/balance")[0] == 401
    caller.token = ""
    assert caller.login(login_type="TOKEN", password=envelope["data"]["register_token"])


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "message"),
    [
        ("GET", f"{BASE}/nothing", {}, 403, "Missing Authentication Token"),
        ("PATCH", SESSION, {}, 501, None),
        ("GET", SESSION, {}, 403, "Missing Authentication Token"),
        ("GET", f"{ORDERS}/regular/NSE_EQ/A/B", {}, 403, "Missing Authentication Token"),
        ("GET", f"{BASE}/authentication/v1/user/balance", {"x_api_key": "wrong"}, 403, "Forbidden"),
        ("GET", f"{BASE}/authentication/v1/user/balance", {}, 401, "Session is invalid or expired"),
        (
            "GET",
            f"{BASE}/authentication/v1/user/balance",
            {"Authorization": "eyJhbGciOiJIUzI1NiJ9.x"},
            401,
            "Session is invalid or expired",
        ),
    ],
)
def test_what_the_gateway_and_the_session_refuse(caller, method, path, headers, status, message):
    caller.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    answered, answer = caller.call(method, path)
    assert answered == status
    if message:
        assert answer["message"] == message


def test_sessions_end_on_command_and_at_logout(trader):
    assert trader.call("PUT", SESSION)[1]["data"] == '{"status": "true"}'
    assert trader.call("POST", "/sessions/end", {})[1] == {"done": True}
    assert trader.call("PUT", SESSION)[0] == 401
    trader.login()
    assert trader.call("DELETE", SESSION)[1]["message"] == "Successfully Logged out."
    assert trader.call("DELETE", SESSION)[0] == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"quantity": 0},
        {"quantity": "3"},
        {"quantity": 2.5},
        {"price": 0},
        {"price": "90"},
        {"price": 90.00001},
        {"order_type": "RL-MKT"},
        {"order_type": "LIMIT"},
        {"order_type": "SL"},
        {"trigger_price": 5},
        {"product_type": "COVER"},
        {"validity": "GTD"},
        {"validity": "WEEK"},
        {"validity_days": 2},
        {"order_identifier": "ABCDEFGHI"},
        {"transaction_type": "B"},
        {"scrip_info": {"exchange": "NSE", "scrip_token": 900001}},
        {"scrip_info": {"exchange": "NSE_EQ", "scrip_token": "900001"}},
        {"scrip_info": {"exchange": "NSE_EQ", "scrip_token": 1}},
        {"scrip_info": {"exchange": "NSE_EQ", "token": 900001}},
        {"scrip_info": {"exchange": "NSE_EQ", "scrip_token": 900001, "symbol": "PEEPAL"}},
        {"transactional_type": "BUY"},
        # Strike in rupees: no such contract.
        {
            "scrip_info": {
                "exchange": "NSE_FO",
                "symbol": "PEEPAL",
                "expiry_date": "2027-01-28",
                "strike_price": 101,
                "option_type": "CE",
            }
        },
    ],
)
def test_a_request_with_a_mistake_is_refused_and_places_nothing(trader, changed):
    status, envelope = trader.place(**changed)
    assert (status, envelope["status"]) == (400, "error")
    assert "data" not in trader.book()


def test_a_contract_by_its_details_with_the_strike_in_paise(trader):
    info = {"exchange": "NSE_FO", "symbol": "PEEPAL", "expiry_date": "2027-01-28"}
    assert trader.place(scrip_info={**info, "strike_price": 10100, "option_type": "CE"})[0] == 200
    assert trader.place(scrip_info=info)[0] == 200


def test_an_accepted_order_is_rejected_afterwards(trader):
    status, envelope = trader.place(quantity=10_000_000)
    assert (status, envelope["message"]) == (200, "Order Entry Sent to OMS")
    row = trader.book()["data"][0]
    assert row["status"] == "OMSREJECT"
    assert "ShortFall=" in row["error_reason"]


def test_a_repeated_identifier_is_a_second_order(trader):
    trader.place()
    trader.place()
    book = trader.book()
    assert [row["order_identifier"] for row in book["data"]] == ["AAAA0001"] * 2
    assert book["metadata"] == {"total_records": 2}


def test_offset_is_a_page_and_an_empty_page_has_no_data(trader):
    for number in range(5):
        trader.place(order_identifier=f"A{number}")
    pages = [trader.book(f"offset={page}&limit=2") for page in (1, 2, 3, 4)]
    assert [[row["order_identifier"] for row in page.get("data", [])] for page in pages] == [
        ["A4", "A3"],
        ["A2", "A1"],
        ["A0"],
        [],
    ]
    assert "data" not in pages[3]
    assert trader.call("GET", f"{ORDERS}?offset=0&limit=2")[0] == 400


def test_an_order_is_filled_rejected_and_cancelled_on_the_page(trader):
    ids = [trader.place(order_identifier=f"A{number}")[1]["data"]["orderId"] for number in range(4)]
    for order_id, action in zip(ids, ("fill", "fill-one", "reject", "cancel"), strict=True):
        trader.call("POST", f"/orders/{action}", {"order_id": order_id})
    rows = {row["order_id"]: row for row in trader.book()["data"]}
    assert [rows[i]["status"] for i in ids] == ["EXECUTED", "PENDING", "ORDERERROR", "CANCELLED"]
    assert [rows[i]["traded_quantity"] for i in ids] == [3, 1, 0, 0]


def test_an_order_id_that_is_not_encoded_is_another_path(trader):
    ids = [trader.place(order_identifier=f"A{n}")[1]["data"]["orderId"] for n in range(7)]
    for order_id in ids:
        if order_id[10:] in ("/2", "%41", "?&", "#1"):
            assert trader.call("DELETE", f"{ORDERS}/regular/NSE_EQ/{order_id}")[0] in (403, 404)
    assert len([row for row in trader.book()["data"] if row["status"] == "PENDING"]) == 7


def test_another_users_order_is_not_found(trader):
    order_id = (
        trader.place()[1]["data"]["orderId"].replace(">", "%3E").replace(";", "%3B").replace("<", "%3C")
    )
    keys = trader.standin.people.keys("DEMO2")
    trader.login(user_id="DEMO2", second_auth=keys.totp)
    assert trader.call("DELETE", f"{ORDERS}/regular/NSE_EQ/{order_id}")[0] == 404
    assert "data" not in trader.book()


# --- scrip masters ------------------------------------------------------------------------------------------------


def test_there_are_eleven_files_in_two_forms(caller):
    assert len(FILES) == 11
    for name in FILES:
        status, first = caller.call("GET", f"/scripfiles/{name}.json")
        assert (status, caller.answer_headers["Content-Type"]) == (200, "application/octet-stream")
        _, second = caller.call("GET", f"/scripfiles/v2/{name}.json")
        assert first[0].keys() == {"code", "sym", "ser", "inst", "expiry"}
        assert second[0][:4] == ["nMarketSegmentId", "nToken", "sSymbol", "sSeries"]
        assert [row["code"] for row in first] == [str(row[1]) for row in second[1:]]
        assert len({row[1] for row in second}) == len(second)


def test_isins_have_right_check_digits_and_an_index_has_none(caller):
    _, (columns, *rows) = caller.call("GET", "/scripfiles/v2/NSE_EQ.json")
    place = columns.index("sISINCode")
    isins = [row[place] for row in rows if row[place]]
    assert len(isins) == 12
    assert all(stdnum.isin.is_valid(isin) for isin in isins)
    assert [row[2] for row in rows if not row[place]] == ["TREES 50"]


def test_the_same_security_has_one_isin_on_both_exchanges(caller):
    isins = []
    for name in ("NSE_EQ", "BSE_EQ"):
        _, (columns, *rows) = caller.call("GET", f"/scripfiles/v2/{name}.json")
        isins.append({row[2]: row[columns.index("sISINCode")] for row in rows}["PEEPAL"])
    assert isins[0] == isins[1]


@pytest.mark.parametrize(
    "path", ["NSE_OTS.json", "NSE.json", "v2/nse_eq.json", "v3/NSE_EQ.json", "NSE_EQ", "../x.json"]
)
def test_a_wrong_name_is_403_since_the_store_hides_what_is_missing(caller, path):
    status, answer = caller.call("GET", f"/scripfiles/{path}")
    assert status == 403
    assert b"AccessDenied" in answer


def test_every_request_is_written_down_without_secrets(trader):
    trader.place()
    kept = str(trader.standin.store.received())
    assert '"order_identifier": "AAAA0001"' in kept
    for secret in ("Demo#2026", "stand-in-api-key", trader.token):
        assert secret not in kept
    assert ORDER["order_identifier"] in kept
