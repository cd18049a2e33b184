"""Answers of the REST API, typed by hand from the document's samples and from what the service is known to write."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from backoffice.protocol.codes import RestExchange, Segment
from backoffice.rest.api.calls import (
    Balance,
    Holdings,
    Login,
    Logout,
    ModifyOrder,
    OrderBook,
    PlaceOrder,
    Positions,
    TradeBook,
    ValidateSession,
)
from backoffice.rest.api.codes import EXCHANGES, exchange_of, rest_id_of, segment_of
from backoffice.rest.api.masking import Mask
from backoffice.rest.api.outcome import HttpAnswer, OutcomeKind, read
from backoffice.rest.api.session import Validity, session_of, validity_of
from backoffice.rest.api.status import OrderStatus, StatusNumber, of_number, read_status
from backoffice.rest.api.times import read_time

KOLKATA = timezone(timedelta(hours=5, minutes=30))


def answered(call, body, status=200):
    return read(call, HttpAnswer(status, body.encode()), Mask())


LOGIN = """{"status": "success", "code": "s-101", "message": "User logged in Successfully.", "data": {
 "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3NTEzOTQ1OTl9.sig", "broadcast_access_token": "eyJhbGciOiJIU",
 "session_token": "s1", "user_id": "RUPESH", "alias_id": "RUPESH", "user_name": "Asha Example", "user_status": 1,
 "login_time": "2025-Jul-01 11:17:46", "exchanges": ["NSE_EQ", "NSE_FO"], "bcastExchanges": ["NSE_EQ"],
 "product_types": ["INTRADAY", "DELIVERY"], "product_types_exchange": {"NSE_EQ": ["INTRADAY"], "BSE_EQ": ["MTF"]},
 "mpin_enabled": true, "fingerprint_enabled": "false", "totp_enabled": 1, "ptnType": "TOTP_OPT",
 "others": {"POA": "0", "nGTDDefault": 1, "nGTDMaxDays": "30", "groupId": "HO", "passExpDays": "12",
 "bAMOAllowedForUser": "false", "CFT": "ODINCONNECTOR|1$POSCONV|0", "ocToken": "a-secret", "userCode": "b-secret"}}}"""


def test_a_login_is_read_and_limits_what_the_session_may_do():
    from backoffice.rest.api.call import Terms

    found = answered(Login, LOGIN)
    row = found.row
    assert found.outcome.kind is OutcomeKind.SUCCESS
    assert (row.user_name, row.user_status, row.exchanges) == ("Asha Example", "1", ("NSE_EQ", "NSE_FO"))
    assert row.login_time == datetime(2025, 7, 1, 11, 17, 46, tzinfo=KOLKATA)
    assert (row.mpin_enabled, row.fingerprint_enabled, row.totp_enabled) == (True, False, True)
    assert row.details.password_days == 12
    assert row.details.feature("ODINCONNECTOR") is True
    assert row.details.feature("POSCONV") is False
    assert row.details.feature("ORDERSLICING") is None
    session = session_of(row, "RUPESH", datetime(2025, 7, 1, 6, tzinfo=UTC))
    # The token's own end: 1 July 2025, 23:59:59 in Kolkata.
    assert session.ends == datetime(2025, 7, 1, 23, 59, 59, tzinfo=KOLKATA)
    terms = session.terms(Terms())
    assert (terms.gtd_max_days, terms.amo) == (30, False)
    assert terms.exchanges == {"NSE_EQ", "NSE_FO"}
    assert terms.products["NSE_EQ"] == {"INTRADAY"}
    assert "secret" not in repr((row, session, row.details.others, row.others, found))
    assert "eyJ" not in repr((row, session, found))


def test_register_opens_no_session():
    from backoffice.rest.api.session import BadToken

    body = '{"status": "success", "code": "s-101", "message": "", "data": {"register_token": "r-1234567890"}}'
    row = answered(Login, body).row
    assert row.register_token.reveal() == "r-1234567890"
    with pytest.raises(BadToken):
        session_of(row, "RUPESH", datetime(2025, 7, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("data", "meaning"),
    [
        # The document's own sample.
        (r'"{\"status\":\"false\",\"message\":\"TRUE\",\"dropped\":\"true\"}"', Validity.UNCLEAR),
        ('"true"', Validity.VALID),
        ('"false"', Validity.NOT_VALID),
        ("true", Validity.VALID),
        ('{"status": "true"}', Validity.VALID),
        (r'"{\"status\":\"true\"}"', Validity.VALID),
        ('{"status": "false"}', Validity.NOT_VALID),
        ('{"status": "true", "dropped": "true"}', Validity.UNCLEAR),
        ("null", Validity.UNCLEAR),
        ('"perhaps"', Validity.UNCLEAR),
        ("1", Validity.UNCLEAR),
    ],
)
def test_validate_has_three_readings(data, meaning):
    body = '{"status": "success", "code": "s-101", "message": "Session verified.", "data": ' + data + "}"
    assert validity_of(answered(ValidateSession, body)) is meaning


def test_validate_without_data_is_unclear_and_401_is_not_valid():
    assert validity_of(answered(ValidateSession, '{"status": "success"}')) is Validity.UNCLEAR
    assert validity_of(answered(ValidateSession, "{}", 401)) is Validity.NOT_VALID
    assert validity_of(answered(ValidateSession, "{}", 503)) is Validity.UNCLEAR


def test_logout_has_no_data():
    body = '{"status": "success", "code": "s-101", "message": "Successfully Logged out."}'
    assert answered(Logout, body).outcome.kind is OutcomeKind.SUCCESS


def test_a_balance_in_text_and_numbers_is_exact_and_what_is_missing_is_absent():
    body = """{"status": "success", "data": {"equity": {"id": "EQ", "name": "Equity", "net_available": "1234.10",
      "total_available": 1234.1, "available": {"cash": 0.1}, "utilised": {"limit": "abc"}}}}"""
    row = answered(Balance, body).row
    assert row.equity.net_available == Decimal("1234.10")
    assert row.equity.total_available == Decimal("1234.1")
    assert row.equity.available.cash == Decimal("0.1")
    assert row.equity.available.collateral is None
    assert row.equity.utilised.limit is None
    assert row.equity.utilised.raw == {"limit": "abc"}
    assert row.commodity is None


@pytest.mark.parametrize("key", ["orderId", "order_id", "OrderID", "ORDER_ID"])
def test_an_accepted_order_has_its_id_in_any_spelling(key):
    for data in (f'{{"{key}": "NWSYF00005>3"}}', f'"{{\\"{key}\\": \\"NWSYF00005>3\\"}}"'):
        body = (
            '{"status": "success", "code": "s-101", "message": "Order Entry Sent to OMS", "data": '
            + data
            + "}"
        )
        assert answered(PlaceOrder, body).row.order_id == "NWSYF00005>3"


ROW = """{"orderId": "NWSYF00005>3", "exchange": "NSE_EQ", "scrip_token": 2885, "status": "OMSXMITTED",
 "total_quantity": "5", "traded_quantity": 2, "order_price": "310.05", "is_amo_order": "0", "Symbol": "PEEPAL",
 "order_timestamp": "01-Jul-2025 11.17.46", "exchange_timestamp": "soon", "unheard_of": 7}"""


def test_a_row_of_the_order_book_in_odd_spellings():
    body = '{"status": "success", "data": [' + ROW + '], "metadata": {"total_records": "1"}}'
    found = answered(OrderBook, body)
    (row,) = found.rows
    assert found.total == 1
    assert (row.order_id, row.scrip_token, row.symbol, row.is_amo_order) == (
        "NWSYF00005>3",
        "2885",
        "PEEPAL",
        False,
    )
    assert (row.total_quantity, row.traded_quantity, row.order_price) == (5, 2, Decimal("310.05"))
    assert row.order_timestamp == datetime(2025, 7, 1, 11, 17, 46, tzinfo=KOLKATA)
    assert row.exchange_timestamp is None
    assert row.raw["exchange_timestamp"] == "soon"
    assert row.pending_quantity is None
    assert row.others == {"unheard_of": 7}


@pytest.mark.parametrize(
    ("data", "count"),
    [
        ("", 0),
        (', "data": null', 0),
        (', "data": []', 0),
        (', "data": ' + ROW, 1),
        (', "data": [' + ROW + "]", 1),
    ],
    ids=["missing", "null", "empty", "one object", "list"],
)
def test_a_book_without_data_is_empty_and_one_object_is_a_list_of_one(data, count):
    found = answered(OrderBook, '{"status": "success"' + data + "}")
    assert found.outcome.kind is OutcomeKind.SUCCESS
    assert len(found.rows) == count


@pytest.mark.parametrize("data", ['"hello"', "7", "[1]", "[[]]", "true"])
def test_a_book_of_anything_else_is_not_an_empty_book(data):
    assert (
        answered(OrderBook, '{"status": "success", "data": ' + data + "}").outcome.kind is OutcomeKind.UNKNOWN
    )


def test_trades_and_positions_have_strikes_in_paise_and_trades_two_names_for_the_quantity():
    row = '{"trade_no": 7, "strike_price": 5600000, "traded_quantity": "25", "trade_price": 1.5}'
    (trade,) = answered(TradeBook, '{"status": "success", "data": ' + row + "}").rows
    assert (trade.trade_no, trade.strike_price, trade.trade_quantity) == ("7", 56000, 25)
    (position,) = answered(
        Positions, '{"status": "success", "data": {"prefered_exchange": "NSE_FO", "strike_price": "5600000"}}'
    ).rows
    assert (position.preferred_exchange, position.strike_price) == ("NSE_FO", 56000)


def test_a_holding_with_its_listings():
    body = """{"status": "success", "data": {"ISIN": "INE9Z0000103", "total_free": "10", "average_price": "95.50",
      "security_info": {"exchange": "NSE_EQ", "scrip_token": "900001", "symbol": "PEEPAL"}}}"""
    (row,) = answered(Holdings, body).rows
    assert (row.isin, row.total_free, row.average_price) == ("INE9Z0000103", 10, Decimal("95.50"))
    assert row.security_info[0].symbol == "PEEPAL"


@pytest.mark.parametrize(
    "text",
    [
        "2025-07-01 11:17:46",
        "2025-Jul-01 11:17:46",
        "01-Jul-2025 11.17.46",
        "01Jul2025 11.17.46",
        "01-JUL-2025 11:17:46",
        "2025-07-01T11:17:46",
        "2025-07-01T05:47:46Z",
        "2025-07-01T11:17:46+05:30",
    ],
)
def test_times_in_every_shape_seen(text):
    assert read_time(text) == datetime(2025, 7, 1, 11, 17, 46, tzinfo=KOLKATA)


@pytest.mark.parametrize(
    "text", ["", "0", "01-07-2025", "2025-13-01 11:17:46", "31-Feb-2025 11.17.46", "11:17"]
)
def test_another_shape_is_no_time(text):
    assert read_time(text) is None


@pytest.mark.parametrize(
    ("rest", "document"),
    [
        ("OMSXMITTED", "OMS_XMITTED"),
        ("EXXMITTED", "EXCHANGE_XMITTED"),
        ("OMSREJECT", "OMS_REJECT"),
        ("ORDERERROR", "ORDER_ERROR"),
        ("ADMINREJECT", "ADMIN_REJECT"),
        ("AMOACCEPTED", "AMO_SUBMITTED"),
        ("AMOWITHDRAWN", "AMO_CANCELLED"),
        ("PENDING", "PENDING"),
        ("EXECUTED", "EXECUTED"),
        ("CANCELLED", "CANCELLED"),
    ],
)
def test_a_status_in_both_spellings_is_one(rest, document):
    assert read_status(rest) is read_status(document) is not None


def test_an_unlisted_status_is_no_status_and_only_finished_orders_are_final():
    assert read_status("PARTLYDONE") is None
    final = {status.value for status in OrderStatus if status.is_final}
    assert final == {
        *(
            "EXECUTED",
            "CANCELLED",
            "COMPLETED",
            "OMS_REJECT",
            "GATEWAY_REJECT",
            "ORDER_ERROR",
            "ADMIN_REJECT",
        ),
        "AMO_CANCELLED",
    }
    assert {status.value for status in OrderStatus if status.can_change} == {"PENDING", "OMS_XMITTED"}


@pytest.mark.parametrize(
    ("number", "name"),
    [("3", "OMS_XMITTED"), ("5", "PENDING"), ("7", "EXECUTED"), ("13", "M.PENDING"), ("19", "AMO_CANCELLED")],
)
def test_statuses_by_number(number, name):
    assert of_number(StatusNumber._value2member_map_[number]).value == name


def test_the_code_systems_of_exchanges_are_apart():
    rows = {(exchange.value, int(rest), int(segment)) for exchange, rest, segment in EXCHANGES}
    assert rows == {
        ("NSE_EQ", 1, 1),
        ("NSE_FO", 2, 2),
        ("BSE_EQ", 8, 3),
        ("BSE_FO", 4, 4),
        ("MCX_FO", 16, 5),
        ("NCDEX_FO", 64, 7),
        ("NSE_CUR", 2048, 13),
        ("NSE_COMM", 32768, 19),
        ("BSE_COMM", 16384, 18),
        ("BSE_CUR", 268435456, 38),
        ("MSE_CUR", 1024, 11),
        ("NSE_OTS", 536870912, 33),
    }
    assert exchange_of(RestExchange.BSE_EQ).value == "BSE_EQ"
    assert exchange_of(Segment.BSE_CASH).value == "BSE_EQ"
    assert segment_of(exchange_of(RestExchange.MCX_FO)) is Segment.MCX_FUTURES
    assert rest_id_of(exchange_of(Segment.NSE_OFS)) is RestExchange.NSE_OTS
    with pytest.raises(TypeError):
        exchange_of("8")


@pytest.mark.parametrize("number", ["9", "15", "16", "17", "25", "34", "41"])
def test_a_segment_that_rest_does_not_show_is_no_exchange_even_where_a_rest_id_looks_like_it(number):
    # 16 is MSE Derivatives here, and MCX F&O as a REST id.
    with pytest.raises(LookupError):
        exchange_of(next(segment for segment in Segment if segment.value == number))


def test_modify_and_cancel_are_accepted_with_the_order_named():
    body = '{"status": "success", "message": "Order Modification Sent to OMS", "data": {"orderId": "A>1"}}'
    assert answered(ModifyOrder, body).outcome.kind is OutcomeKind.SUCCESS
    assert answered(ModifyOrder, '{"status": "success", "data": {}}').outcome.kind is OutcomeKind.UNKNOWN
