"""Requests of the REST API, typed by hand from the document's samples and its newer pages.

Left what a page hands over, right the bytes that ODIN must get. Nothing here is made by the code under test.
"""

from datetime import date
from decimal import Decimal

import pytest

from backoffice.protocol.secret import SecretText
from backoffice.rest.api.call import CALLS, Terms, request
from backoffice.rest.api.calls import (
    Balance,
    CancelCover,
    CancelOrder,
    GtdBook,
    Holdings,
    Login,
    Logout,
    ModifyCover,
    ModifyOrder,
    OrderBook,
    OrderHistory,
    PlaceCover,
    PlaceOrder,
    Positions,
    Profile,
    TradeBook,
    ValidateSession,
)

BASE = "https://odin.example/interactive"
TERMS = Terms(second_factors=frozenset({"OTP", "TOTP", "FINGERPRINT", "REGISTER"}))


def sent(call, values, terms=TERMS):
    made = request(call, values, terms, base=BASE)
    return f"{made.method} {made.address.removeprefix(BASE)}", made.body


def login(**changed):
    return {
        "user_id": "RUPESH",
        "password": SecretText("pass&word"),
        "api_key": SecretText("KEY"),
        "source": "WEBAPI",
        **changed,
    }


TOTP = {"second_auth_type": "TOTP", "second_auth": SecretText("222396")}
SESSION = "/authentication/v1/user/session"


@pytest.mark.parametrize(
    ("values", "body"),
    [
        (
            login(login_type="PASSWORD", **TOTP),
            b'{"user_id": "RUPESH", "login_type": "PASSWORD", "password": "pass&word", "second_auth_type": "TOTP", '
            b'"second_auth": "222396", "api_key": "KEY", "source": "WEBAPI"}',
        ),
        (
            login(second_auth_type="OTP", second_auth=SecretText("1234")),
            b'{"user_id": "RUPESH", "login_type": "PASSWORD", "password": "pass&word", "second_auth_type": "OTP", '
            b'"second_auth": "1234", "api_key": "KEY", "source": "WEBAPI"}',
        ),
        (
            login(second_auth_type="FINGERPRINT", second_auth=SecretText("a1b23cd4e5f6g78h")),
            b'{"user_id": "RUPESH", "login_type": "PASSWORD", "password": "pass&word", '
            b'"second_auth_type": "FINGERPRINT", "second_auth": "a1b23cd4e5f6g78h", "api_key": "KEY", '
            b'"source": "WEBAPI"}',
        ),
        (
            login(second_auth_type="REGISTER"),
            b'{"user_id": "RUPESH", "login_type": "PASSWORD", "password": "pass&word", '
            b'"second_auth_type": "REGISTER", "api_key": "KEY", "source": "WEBAPI"}',
        ),
        (
            login(login_type="TOKEN", password=SecretText("reg-1"), **TOTP),
            b'{"user_id": "RUPESH", "login_type": "TOKEN", "password": "reg-1", "second_auth_type": "TOTP", '
            b'"second_auth": "222396", "api_key": "KEY", "source": "WEBAPI"}',
        ),
        (
            login(login_type="MPIN", password=SecretText("0042"), **TOTP),
            b'{"user_id": "RUPESH", "login_type": "MPIN", "password": "0042", "second_auth_type": "TOTP", '
            b'"second_auth": "222396", "api_key": "KEY", "source": "WEBAPI"}',
        ),
        (
            login(login_type="TP_TOKEN", password=SecretText("sso")),
            b'{"user_id": "RUPESH", "login_type": "TP_TOKEN", "password": "sso", "api_key": "KEY", '
            b'"source": "WEBAPI"}',
        ),
        (
            login(
                source="MOBILEAPI",
                udid=SecretText("a1b23cd4e5f6g78h"),
                version="2.0.0",
                build_version="22.11.01",
                **TOTP,
            ),
            b'{"user_id": "RUPESH", "login_type": "PASSWORD", "password": "pass&word", "second_auth_type": "TOTP", '
            b'"second_auth": "222396", "api_key": "KEY", "source": "MOBILEAPI", "UDID": "a1b23cd4e5f6g78h", '
            b'"version": "2.0.0", "build_version": "22.11.01"}',
        ),
    ],
    ids=["password-totp", "password-otp", "password-udid", "register", "token", "mpin", "sso", "mobile"],
)
def test_each_row_of_the_table_of_logins(values, body):
    assert sent(Login, values) == (f"POST {SESSION}", body)


PLACE = {
    "scrip_info": {"exchange": "NSE_EQ", "scrip_token": 2885},
    "transaction_type": "BUY",
    "product_type": "INTRADAY",
    "order_type": "RL-MKT",
    "quantity": 3,
    "order_identifier": "A1B2C3D4",
}


def test_the_documents_sample_of_placing_with_an_identifier_and_without_what_is_empty_in_it():
    assert sent(PlaceOrder, PLACE) == (
        "POST /transactional/v1/orders/regular",
        b'{"scrip_info": {"exchange": "NSE_EQ", "scrip_token": 2885}, "transaction_type": "BUY", '
        b'"product_type": "INTRADAY", "order_type": "RL-MKT", "quantity": 3, "price": 0, "trigger_price": 0, '
        b'"disclosed_quantity": 0, "validity": "DAY", "validity_days": 0, "is_amo": false, '
        b'"order_identifier": "A1B2C3D4"}',
    )


def test_a_stop_loss_for_several_days_after_hours_with_all_codes():
    values = PLACE | {
        "order_type": "SL",
        "price": Decimal("310.50"),
        "trigger_price": Decimal("310.05"),
        "validity": "GTD",
        "validity_days": 7,
        "is_amo": True,
        "part_code": "P1",
        "algo_id": "A1",
        "strategy_id": "S1",
        "vender_code": "V1",
        "disclosed_quantity": 1,
    }
    assert sent(PlaceOrder, values)[1] == (
        b'{"scrip_info": {"exchange": "NSE_EQ", "scrip_token": 2885}, "transaction_type": "BUY", '
        b'"product_type": "INTRADAY", "order_type": "SL", "quantity": 3, "price": 310.5, "trigger_price": 310.05, '
        b'"disclosed_quantity": 1, "validity": "GTD", "validity_days": 7, "is_amo": true, '
        b'"order_identifier": "A1B2C3D4", "part_code": "P1", "algo_id": "A1", "strategy_id": "S1", '
        b'"vender_code": "V1"}'
    )


def test_an_option_by_its_details_has_its_strike_in_paise():
    info = {
        "exchange": "NSE_FO",
        "symbol": "NIFTY",
        "expiry_date": date(2026, 12, 31),
        "strike_price": Decimal(56000),
        "option_type": "CE",
    }
    body = sent(PlaceOrder, PLACE | {"scrip_info": info})[1]
    assert body.startswith(
        b'{"scrip_info": {"exchange": "NSE_FO", "symbol": "NIFTY", "expiry_date": "2026-12-31", '
        b'"strike_price": 5600000, "option_type": "CE"}, '
    )


def test_a_share_by_its_details():
    info = {"exchange": "BSE_EQ", "symbol": "PEEPAL", "series": "A"}
    body = sent(PlaceOrder, PLACE | {"scrip_info": info})[1]
    assert body.startswith(b'{"scrip_info": {"exchange": "BSE_EQ", "symbol": "PEEPAL", "series": "A"}, ')


def test_the_documents_sample_of_modifying_with_the_order_id_encoded():
    values = {
        "exchange": "NSE_EQ",
        "order_id": "NWSYF00005>3",
        "order_type": "RL",
        "quantity": 5,
        "traded_quantity": 0,
        "price": Decimal(310),
        "trigger_price": Decimal(0),
        "disclosed_quantity": 0,
        "validity": "DAY",
        "validity_days": 0,
    }
    assert sent(ModifyOrder, values) == (
        "PUT /transactional/v1/orders/regular/NSE_EQ/NWSYF00005%3E3",
        b'{"order_type": "RL", "quantity": 5, "traded_quantity": 0, "price": 310, "trigger_price": 0, '
        b'"disclosed_quantity": 0, "validity": "DAY", "validity_days": 0}',
    )


COVER = {
    "scrip_info": {"exchange": "NSE_EQ", "scrip_token": 2885},
    "transaction_type": "BUY",
    "main_leg": {"order_type": "RL-MKT", "quantity": 3},
    "stoploss_leg": {"legs": {"quantity": 3, "trigger_price": Decimal("95.5")}},
    "order_identifier": "A1B2C3D4",
}


def test_a_cover_order_with_a_stop_loss_at_market():
    assert sent(PlaceCover, COVER) == (
        "POST /transactional/v1/orders/cover",
        b'{"scrip_info": {"exchange": "NSE_EQ", "scrip_token": 2885}, "transaction_type": "BUY", '
        b'"main_leg": {"order_type": "RL-MKT", "quantity": 3, "price": 0}, '
        b'"stoploss_leg": {"legs": [{"quantity": 3, "trigger_price": 95.5}]}, "order_identifier": "A1B2C3D4"}',
    )


def test_a_cover_order_with_a_limit_and_a_stop_loss_limit_where_the_setting_allows_it():
    values = COVER | {
        "main_leg": {"order_type": "RL", "quantity": 3, "price": Decimal(100)},
        "stoploss_leg": {"legs": {"quantity": 3, "price": Decimal(95), "trigger_price": Decimal("95.5")}},
    }
    body = sent(PlaceCover, values, Terms(cover_limit=True))[1]
    assert (
        b'"main_leg": {"order_type": "RL", "quantity": 3, "price": 100}, '
        b'"stoploss_leg": {"legs": [{"quantity": 3, "price": 95, "trigger_price": 95.5}]}' in body
    )


def test_a_modified_cover_order_says_what_is_traded():
    values = {
        "exchange": "NSE_EQ",
        "order_id": "NYMKL00016;<",
        "main_leg": {"order_type": "RL-MKT", "quantity": 3, "traded_quantity": 1},
        "stoploss_leg": COVER["stoploss_leg"],
    }
    assert sent(ModifyCover, values) == (
        "PUT /transactional/v1/orders/cover/NSE_EQ/NYMKL00016%3B%3C",
        b'{"main_leg": {"order_type": "RL-MKT", "quantity": 3, "price": 0, "traded_quantity": 1}, '
        b'"stoploss_leg": {"legs": [{"quantity": 3, "trigger_price": 95.5}]}}',
    )


ORDER = {"exchange": "NSE_EQ", "order_id": "NYMKL00016;<"}
PAGE = {"offset": 1, "limit": 200}


@pytest.mark.parametrize(
    ("call", "values", "line"),
    [
        (Logout, {}, f"DELETE {SESSION}"),
        (ValidateSession, {}, f"PUT {SESSION}"),
        (Balance, {}, "GET /authentication/v1/user/balance"),
        (Profile, {}, "GET /authentication/v2/user/profile"),
        (CancelOrder, ORDER, "DELETE /transactional/v1/orders/regular/NSE_EQ/NYMKL00016%3B%3C"),
        (
            CancelOrder,
            {**ORDER, "validity": "GTD", "validity_days": 7},
            "DELETE /transactional/v1/orders/regular/NSE_EQ/NYMKL00016%3B%3C?validity=GTD&validity_days=7",
        ),
        (CancelCover, ORDER, "DELETE /transactional/v1/orders/cover/NSE_EQ/NYMKL00016%3B%3C"),
        (OrderBook, PAGE, "GET /transactional/v1/orders?offset=1&limit=200&orderStatus=-1"),
        (GtdBook, PAGE, "GET /transactional/v1/gtdOrders?offset=1&limit=200"),
        (TradeBook, PAGE, "GET /transactional/v1/trades?offset=1&limit=200"),
        (
            TradeBook,
            {**PAGE, "order_id": "NYMKL00016;<"},
            "GET /transactional/v1/trades?offset=1&limit=200&order_id=NYMKL00016%3B%3C",
        ),
        (OrderHistory, {"order_id": "NWSYF00005>3"}, "GET /transactional/v1/orders/NWSYF00005%3E3"),
        (
            Positions,
            {"period": "daily"},
            "GET /transactional/v1/portfolio/positions/daily?intropStatus=0",
        ),
        (Holdings, {}, "GET /transactional/v1/portfolio/holdings"),
    ],
)
def test_calls_without_a_body(call, values, line):
    assert sent(call, values) == (line, None)


def test_there_are_seventeen_calls():
    assert len(CALLS) == 17


@pytest.mark.parametrize(
    ("rupees", "written"),
    [
        ("310", b"310"),
        ("310.00", b"310"),
        ("0.1", b"0.1"),
        ("310.05", b"310.05"),
        ("1E+2", b"100"),
        ("999999999.99", b"999999999.99"),
        ("1234567.1", b"1234567.1"),
    ],
)
def test_money_is_written_digit_by_digit(rupees, written):
    body = sent(PlaceOrder, PLACE | {"order_type": "RL", "price": Decimal(rupees)})[1]
    assert b'"price": ' + written + b"," in body


def test_currency_has_four_decimals():
    values = PLACE | {
        "scrip_info": {"exchange": "NSE_CUR", "scrip_token": 1},
        "order_type": "RL",
        "price": Decimal("83.1275"),
    }
    assert b'"price": 83.1275,' in sent(PlaceOrder, values)[1]
