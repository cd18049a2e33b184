"""The client at the stand-in, over real HTTP: sessions, orders, books, and what a careless client would get wrong."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from backoffice.protocol.findings import EncodeError
from backoffice.protocol.secret import SecretText
from backoffice.rest import client
from backoffice.rest.api.profile import open_profile
from backoffice.rest.api.session import Validity
from backoffice.rest.api.status import OrderStatus, read_status
from standins.rest import RestStandIn
from standins.rest.service import sealed
from tests.rest.conftest import API_KEY, PASSWORD, X_API_KEY, at, credentials, order


def rows_by_id(session):
    return {row.order_id: row for row in client.order_book(session).rows}


def status(row):
    return read_status(row.status or "")


@pytest.mark.parametrize("factor", ["TOTP", "OTP", "FINGERPRINT"])
def test_each_second_factor_opens_a_session_and_a_wrong_one_does_not(standin, factor):
    keys = standin.people.keys("DEMO1")
    value = {"TOTP": keys.totp, "OTP": keys.otp, "FINGERPRINT": keys.udid}[factor]
    right = credentials(standin, second_auth_type=factor, second_auth=SecretText(value))
    assert client.login(right).session.user_id == "DEMO1"
    wrong = client.login({**right, "second_auth": SecretText("000000")})
    assert (wrong.session, wrong.outcome.kind.value, wrong.outcome.errors) == (None, "refused", "e-17")
    assert len(standin.store.received()) == 2


def test_mpin_sso_and_register_token_log_in(standin):
    keys = standin.people.keys("DEMO1")
    mpin = credentials(standin, login_type="MPIN", password=SecretText(keys.mpin))
    assert client.login(mpin).session
    sso = {"user_id": "DEMO1", "login_type": "TP_TOKEN", "password": SecretText(keys.sso_token)}
    assert client.login(sso).session
    asked = client.login(
        {"user_id": "DEMO1", "password": SecretText(PASSWORD), "second_auth_type": "REGISTER"}
    )
    assert asked.session is None
    assert (asked.register.registration, asked.register.totp_enabled) == ("TOTP_OPT", True)
    token = credentials(standin, login_type="TOKEN", password=asked.register.register_token)
    assert client.login(token).session


def test_a_register_token_is_no_session(standin, logged_in):
    asked = client.login(
        {"user_id": "DEMO1", "password": SecretText(PASSWORD), "second_auth_type": "REGISTER"}
    )
    posing = replace(logged_in, token=asked.register.register_token)
    assert client.balance(posing).outcome.kind.value == "session ended"


def test_a_wrong_password_is_tried_once(standin):
    outcome = client.login(credentials(standin, password=SecretText("wrong"))).outcome
    assert (outcome.kind.value, len(standin.store.received())) == ("refused", 1)


def test_validate_balance_profile_and_logout(standin, logged_in):
    assert client.validate(logged_in)[0] is Validity.VALID
    assert client.balance(logged_in).row.equity.net_available == Decimal("1000000.00")
    outcome, row = client.profile(logged_in)
    assert (outcome.kind.value, row.user_name) == ("success", "Asha Example")
    assert client.logout(logged_in).kind.value == "success"
    assert client.validate(logged_in)[0] is Validity.NOT_VALID
    assert client.balance(logged_in).outcome.kind.value == "session ended"


def test_the_documents_own_sample_of_validate_is_unclear_and_the_balance_decides(standin, logged_in):
    standin.faults.add("validate_sample", call="validate")
    assert client.validate(logged_in)[0] is Validity.UNCLEAR
    assert client.balance(logged_in).outcome.kind.value == "success"


def test_a_profile_that_cannot_be_opened_names_the_key(standin, logged_in, settings):
    settings.REST_PROFILE_KEY = "x" * 16
    outcome, row = client.profile(logged_in)
    assert (row, outcome.setting, outcome.kind.value) == (None, "REST_PROFILE_KEY", "unknown")
    settings.REST_PROFILE_KEY = ""
    assert client.profile(logged_in)[1] is None


def test_a_profile_is_opened_with_16_24_or_32_bytes():
    for length in (16, 24, 32):
        text = sealed(b'{"name": "Asha", "email": "a@example.com", "MOBILE_NO": "9"}', "k" * length)
        row = open_profile(text, SecretText("k" * length))
        assert (row.user_name, row.email, row.mobile) == ("Asha", "a@example.com", "9")


def test_sessions_end_at_midnight_in_kolkata(configured):
    now = [at(23, 58)]
    with RestStandIn(api_key=API_KEY, x_api_key=X_API_KEY, now=lambda: now[0]) as standin:
        configured(standin.base)
        keys = standin.people.keys("DEMO1")
        sso = {"user_id": "DEMO1", "login_type": "TP_TOKEN", "password": SecretText(keys.sso_token)}
        found = client.login(sso)
        # The client's own clock is a later one: the token's end counts.
        assert found.session.ends == datetime(2026, 7, 1, 18, 29, 59, tzinfo=UTC)
        lasting = replace(found.session, ends=datetime(2200, 1, 1, tzinfo=UTC))
        assert client.balance(lasting).outcome.kind.value == "success"
        now[0] = datetime(2026, 7, 1, 18, 30, tzinfo=UTC)
        assert client.balance(lasting).outcome.kind.value == "session ended"


def test_an_order_is_accepted_first_and_rejected_in_the_book(logged_in):
    dear = client.place(logged_in, order(quantity=1_000_000))
    assert dear.outcome.kind.value == "success"
    row = rows_by_id(logged_in)[dear.row.order_id]
    assert status(row) is OrderStatus.OMS_REJECT
    assert "ShortFall=" in row.error_reason


def test_a_market_order_is_executed_and_a_limit_at_the_market_in_part(logged_in):
    market = client.place(logged_in, order(order_type="RL-MKT", price=0)).row.order_id
    part = client.place(logged_in, order(price="101.00", quantity=5)).row.order_id
    rows = rows_by_id(logged_in)
    assert status(rows[market]) is OrderStatus.EXECUTED
    assert status(rows[part]) is OrderStatus.PENDING
    assert (rows[part].traded_quantity, rows[part].pending_quantity) == (2, 3)
    assert {row.order_id for row in client.trades(logged_in).rows} == {market, part}
    assert [row.trade_quantity for row in client.trades(logged_in, part).rows] == [2]


def test_after_market_and_gtd_orders_are_held(logged_in):
    amo = client.place(logged_in, order(is_amo=True)).row.order_id
    gtd = client.place(logged_in, order(validity="GTD", validity_days=5)).row.order_id
    assert status(rows_by_id(logged_in)[amo]) is OrderStatus.AMO_SUBMITTED
    (row,) = client.gtd_book(logged_in).rows
    assert (row.order_id, row.order_identifier[:3], row.validity_days) == (gtd, "GTD", 5)
    assert client.cancel(logged_in, "NSE_EQ", gtd, 5).outcome.kind.value == "success"
    assert client.cancel(logged_in, "NSE_EQ", amo).outcome.kind.value == "success"
    assert status(rows_by_id(logged_in)[amo]) is OrderStatus.AMO_CANCELLED


def test_the_days_of_a_gtd_order_are_sent_only_where_the_setting_says_so(standin, logged_in, settings):
    gtd = client.place(logged_in, order(validity="GTD", validity_days=5)).row.order_id
    settings.REST_GTD_CANCEL_QUERY = False
    assert client.cancel(logged_in, "NSE_EQ", gtd, 5).outcome.kind.value == "success"
    assert "validity" not in standin.store.received()[0]["path"]


def test_every_odd_order_id_is_modified_read_and_cancelled(logged_in):
    for _ in range(8):
        placed = client.place(logged_in, order()).row.order_id
        same = {"trigger_price": 0, "disclosed_quantity": 0, "validity": "DAY", "validity_days": 0}
        name = {"exchange": "NSE_EQ", "order_id": placed, "order_type": "RL", "traded_quantity": 0}
        changed = client.modify(logged_in, {**name, "quantity": 6, "price": "90.10", **same})
        assert changed.row.order_id == placed
        assert client.history(logged_in, placed).rows[0].total_quantity == 6
        assert client.cancel(logged_in, "NSE_EQ", placed).row.order_id == placed
    rows = rows_by_id(logged_in)
    assert {status(row) for row in rows.values()} == {OrderStatus.CANCELLED}
    assert {row.order_price for row in rows.values()} == {Decimal("90.10")}
    assert {name[10:] for name in rows} >= {">3", ";<", "/2", "%41", "?&", "+=", "#1"}


def test_a_modification_that_comes_after_a_trade_is_refused(standin, logged_in):
    placed = client.place(logged_in, order()).row.order_id
    standin.oms.move(placed, "fill-one")
    values = {
        "exchange": "NSE_EQ",
        "order_id": placed,
        "order_type": "RL",
        "quantity": 6,
        "traded_quantity": 0,
    }
    rest = {"price": "90", "trigger_price": 0, "disclosed_quantity": 0, "validity": "DAY", "validity_days": 0}
    assert client.modify(logged_in, {**values, **rest}).outcome.kind.value == "refused"
    assert client.modify(logged_in, {**values, **rest, "traded_quantity": 1}).outcome.kind.value == "success"


def test_a_cover_order_is_placed_changed_and_cancelled(standin, logged_in):
    legs = {"legs": {"quantity": 1, "trigger_price": "95", "price": "94.50"}}
    values = {name: value for name, value in order().items() if name in ("scrip_info", "transaction_type")}
    main = {"order_type": "RL-MKT", "quantity": 1}
    placed = client.place_cover(
        logged_in, {**values, "main_leg": main, "stoploss_leg": legs, "order_identifier": "COVER001"}
    )
    row = rows_by_id(logged_in)[placed.row.order_id]
    assert (row.product_type, row.order_identifier) == ("COVER", "COVER001")
    assert row.bracket_details == {"quantity": "1", "trigger_price": "95", "price": "94.5"}
    late = client.cancel_cover(logged_in, "NSE_EQ", placed.row.order_id).outcome
    assert (late.kind.value, late.text) == ("refused", "Order is EXECUTED")


def test_placed_then_silence_is_unknown_and_there_is_one_order_in_the_book(standin, logged_in, settings):
    settings.REST_TOTAL_TIMEOUT = 0.5
    standin.faults.add("silence_after", call="place", seconds=2)
    values = order()
    outcome = client.place(logged_in, values).outcome
    assert outcome.kind.value == "unknown"
    assert "look in the order book, and do not send it again" in outcome.reason
    rows = [
        row for row in client.order_book(logged_in).rows if row.order_identifier == values["order_identifier"]
    ]
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("fault", "count"),
    [
        ("silence_before", 0),
        ("reset_before", 0),
        ("reset_after", 1),
        ("error_500_before", 0),
        ("error_500_after", 1),
        ("html", 1),
        ("request_timeout", 1),
        ("truncated", 1),
        ("no_data", 1),
        ("redirect", 0),
        ("unavailable", 0),
        ("slow_drip", 1),
    ],
)
def test_faults_that_leave_an_order_unknown(standin, logged_in, settings, fault, count):
    settings.REST_TOTAL_TIMEOUT = 0.5
    standin.faults.add(fault, call="place", seconds=1)
    assert client.place(logged_in, order()).outcome.kind.value == "unknown"
    settings.REST_TOTAL_TIMEOUT = 5.0
    assert len(client.order_book(logged_in).rows) == count


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("html_400", "refused"),
        ("gateway_403", "wrong setting"),
        ("too_many", "refused"),
        ("session_ends", "session ended"),
    ],
)
def test_faults_after_which_nothing_was_placed(standin, logged_in, fault, kind):
    standin.faults.add(fault, call="place")
    assert client.place(logged_in, order()).outcome.kind.value == kind
    assert client.order_book(logged_in).rows == ()


@pytest.mark.parametrize("fault", ["escaped_data", "single_object", "numbers_as_text", "document_statuses"])
def test_variants_of_answers_are_read_alike(standin, logged_in, fault):
    client.place(logged_in, order(quantity=1_000_000))
    plain = client.order_book(logged_in).rows[0].present()
    standin.faults.add(fault, call="order_book")
    varied = client.order_book(logged_in).rows[0]
    assert status(varied) is OrderStatus.OMS_REJECT
    assert {n: v for n, v in varied.present().items() if n != "status"} == {
        n: v for n, v in plain.items() if n != "status"
    }


def test_a_book_of_many_pages_is_read_whole(standin, logged_in):
    person = standin.people.find("DEMO1")[0]
    document = {
        "order_price": "1",
        "transaction_type": "BUY",
        "validity": "DAY",
        "status": "PENDING",
        "trades": [],
    }
    for number in range(450):
        one = {**document, "order_id": f"M{number}>", "user_id": person.user_id, "steps": [["", "PENDING"]]}
        standin.store.add_order(
            one["order_id"], person.user_id, one | {"total_quantity": 1, "traded_quantity": 0}
        )
    book = client.order_book(logged_in)
    assert (len({row.order_id for row in book.rows}), book.complete) == (450, True)
    assert len(standin.store.received()) == 4


def test_a_repeated_identifier_is_a_second_order(logged_in):
    values = order()
    assert client.place(logged_in, values).outcome.kind.value == "success"
    assert client.place(logged_in, values).outcome.kind.value == "success"
    assert len(client.order_book(logged_in).rows) == 2


def test_values_with_an_error_are_not_sent(standin, logged_in):
    before = len(standin.store.received())
    with pytest.raises(EncodeError, match="look at price"):
        client.place(logged_in, order(price=0))
    assert len(standin.store.received()) == before


def test_identifiers_are_eight_of_capitals_and_digits_and_differ():
    made = {client.new_identifier() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(one) == 8 and one.isalnum() and one.upper() == one and one.isascii() for one in made)


def test_another_path_is_a_setting(standin, logged_in, settings):
    settings.REST_PATHS = {"balance": ("GET", "/authentication/v9/user/balance")}
    outcome = client.balance(logged_in).outcome
    assert (outcome.kind.value, outcome.setting) == ("wrong setting", "REST_PATHS")
    settings.REST_PATHS = {"profile": ("GET", "/authentication/v1/user/profile")}
    assert client.profile(logged_in)[0].kind.value == "success"
