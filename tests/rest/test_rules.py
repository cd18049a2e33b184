"""Each rule of the calls, with a value on either side of it."""

from decimal import Decimal

import pytest

from backoffice.protocol.findings import Severity
from backoffice.protocol.secret import SecretText
from backoffice.rest.api.call import Terms, check, clean
from backoffice.rest.api.calls import CancelOrder, Login, ModifyOrder, PlaceCover, PlaceOrder
from tests.rest.conftest import order
from tests.rest.test_outcomes import COVER, MODIFY

CODE = SecretText("123456")
FULL = Terms(second_factors=frozenset({"OTP", "TOTP", "FINGERPRINT", "REGISTER"}))


def found(call, values, terms=FULL):
    findings = check(call, clean(call, values), terms)
    return {f"{finding.path}{'?' if finding.severity is Severity.WARNING else ''}" for finding in findings}


def scrip(exchange, **details):
    return {"scrip_info": {"exchange": exchange, **(details or {"scrip_token": 1})}}


@pytest.mark.parametrize(
    ("changed", "paths"),
    [
        ({}, set()),
        ({"price": None}, {"price"}),
        ({"price": 0}, {"price"}),
        ({"order_type": "RL-MKT"}, {"price"}),
        ({"order_type": "RL-MKT", "price": 0}, set()),
        ({"order_type": "SL"}, {"trigger_price"}),
        ({"order_type": "SL", "trigger_price": "90.05"}, set()),
        ({"order_type": "SL", "trigger_price": "90.10"}, {"trigger_price"}),
        ({"order_type": "SL", "trigger_price": "90.00", "transaction_type": "SELL"}, {"trigger_price"}),
        ({"order_type": "SL", "trigger_price": "90.10", "transaction_type": "SELL"}, set()),
        ({"order_type": "SL-MKT", "price": 0, "trigger_price": "90"}, set()),
        ({"trigger_price": "90"}, {"trigger_price"}),
        ({"price": "90.051"}, {"price"}),
        ({"price": 90.05}, {"price"}),
        ({"quantity": 0}, {"quantity"}),
        ({"quantity": "5.5"}, {"quantity"}),
        ({"quantity": True}, {"quantity"}),
        ({"disclosed_quantity": 6}, {"disclosed_quantity"}),
        ({"quantity": 100, "disclosed_quantity": 9}, {"disclosed_quantity?"}),
        ({"quantity": 100, "disclosed_quantity": 10}, set()),
        ({"disclosed_quantity": 5, "validity": "IOC"}, {"disclosed_quantity?"}),
        ({"validity": "GTD"}, {"validity_days"}),
        ({"validity": "GTD", "validity_days": 365}, set()),
        ({"validity": "GTD", "validity_days": 366}, {"validity_days"}),
        ({"validity_days": 1}, {"validity_days"}),
        ({"validity": "EOS"}, {"validity?"}),
        ({"validity": "EOS", **scrip("BSE_EQ")}, set()),
        ({"validity": "GTC"}, {"validity?"}),
        ({"validity": "GTC", **scrip("NSE_FO")}, set()),
        ({"product_type": "COVER"}, {"product_type"}),
        ({"product_type": "BRACKET"}, {"product_type"}),
        ({"order_identifier": ""}, {"order_identifier"}),
        ({"order_identifier": "ABCDEFGHI"}, {"order_identifier"}),
        ({"order_identifier": "abc"}, {"order_identifier"}),
        (scrip("MCX_FO"), {"quantity?"}),
        (scrip("NSE"), {"scrip_info.exchange"}),
        ({"scrip_info": {"exchange": "NSE_EQ", "token": 1}}, {"scrip_info.token", "scrip_info.scrip_token"}),
        (scrip("NSE_EQ", symbol="PEEPAL", series="EQ"), set()),
        (scrip("NSE_EQ", symbol="PEEPAL"), {"scrip_info.series"}),
        (
            scrip("NSE_EQ", symbol="PEEPAL", series="EQ", scrip_token=1),
            {"scrip_info.symbol", "scrip_info.series"},
        ),
        (scrip("NSE_FO", symbol="PEEPAL"), {"scrip_info.expiry_date"}),
        (scrip("NSE_FO", symbol="PEEPAL", expiry_date="2026-12-31"), set()),
        (
            scrip("NSE_FO", symbol="PEEPAL", expiry_date="2026-12-31", strike_price=100),
            {"scrip_info.strike_price"},
        ),
        (
            scrip("NSE_FO", symbol="PEEPAL", expiry_date="2026-12-31", option_type="CE"),
            {"scrip_info.strike_price"},
        ),
        (
            scrip(
                "NSE_FO", symbol="PEEPAL", expiry_date="2026-12-31", option_type="CE", strike_price="100.50"
            ),
            set(),
        ),
    ],
)
def test_placing(changed, paths):
    assert found(PlaceOrder, order(**changed)) == paths


@pytest.mark.parametrize(
    ("terms", "changed", "paths"),
    [
        (Terms(lot=50), {"quantity": 75}, {"quantity"}),
        (Terms(lot=50), {"quantity": 100}, set()),
        (Terms(lot=50, lots=frozenset({"NSE_EQ"})), {"quantity": 75}, set()),
        (Terms(lots=frozenset({"MCX_FO"})), scrip("MCX_FO"), set()),
        (Terms(tick=Decimal("0.05")), {"price": "90.03"}, {"price"}),
        (Terms(tick=Decimal("0.05")), {"price": "90.05"}, set()),
        (Terms(exchanges=frozenset({"BSE_EQ"})), {}, {"scrip_info.exchange"}),
        (Terms(exchanges=frozenset({"NSE_EQ"})), {}, set()),
        (Terms(products={"NSE_EQ": frozenset({"DELIVERY"})}), {}, {"product_type"}),
        (Terms(products={"BSE_EQ": frozenset({"DELIVERY"})}), {}, set()),
        (Terms(amo=False), {"is_amo": True}, {"is_amo"}),
        (Terms(amo=True), {"is_amo": True}, set()),
        (Terms(gtd_max_days=30), {"validity": "GTD", "validity_days": 31}, {"validity_days"}),
    ],
)
def test_placing_within_what_settings_session_and_master_say(terms, changed, paths):
    assert found(PlaceOrder, order(**changed), terms) == paths


@pytest.mark.parametrize(
    "name", [n for n, f in ModifyOrder.fields.items() if n not in ("exchange", "order_id")]
)
def test_modifying_sends_everything_since_what_is_left_out_falls_to_a_default(name):
    assert found(ModifyOrder, MODIFY) == set()
    assert name in found(ModifyOrder, {**MODIFY, name: None})
    market = {**MODIFY, "order_type": "RL-MKT", "price": 0}
    assert found(ModifyOrder, market) == set()
    assert name in found(ModifyOrder, {**market, name: None})


def test_a_modified_order_keeps_what_was_traded():
    assert found(ModifyOrder, {**MODIFY, "traded_quantity": 5}) == {"quantity"}
    assert found(ModifyOrder, {**MODIFY, "traded_quantity": 4}) == set()


@pytest.mark.parametrize(
    ("changed", "paths"),
    [
        ({}, set()),
        ({"validity": "GTD", "validity_days": 5}, set()),
        ({"validity": "GTD"}, {"validity_days"}),
        ({"validity": "DAY", "validity_days": 1}, {"validity"}),
        ({"order_id": ".."}, {"order_id"}),
    ],
)
def test_cancelling(changed, paths):
    assert found(CancelOrder, {"exchange": "NSE_EQ", "order_id": "A>1", **changed}) == paths
    if "validity" in changed and not paths:
        assert found(
            CancelOrder, {"exchange": "NSE_EQ", "order_id": "A>1", **changed}, Terms(gtd_query=False)
        )


def leg(**changed):
    return {"stoploss_leg": {"legs": {"quantity": 1, "trigger_price": "95", **changed}}}


@pytest.mark.parametrize(
    ("changed", "paths"),
    [
        ({}, set()),
        (leg(quantity=2), {"stoploss_leg.legs.quantity"}),
        (leg(trigger_price=None), {"stoploss_leg.legs.trigger_price"}),
        (leg(trigger_price=0), {"stoploss_leg.legs.trigger_price"}),
        (leg(price=0), {"stoploss_leg.legs.price"}),
        (leg(price="94"), set()),
        (leg(price="96"), {"stoploss_leg.legs.trigger_price"}),
        (leg(price="94.999"), {"stoploss_leg.legs.price"}),
        ({"main_leg": {"order_type": "RL", "quantity": 1, "price": 100}}, {"main_leg.order_type"}),
        ({"main_leg": {"order_type": "RL-MKT", "quantity": 1, "price": 100}}, {"main_leg.price"}),
        ({"main_leg": {"order_type": "SL", "quantity": 1}}, {"main_leg.order_type"}),
        ({"product_type": "INTRADAY"}, {"product_type"}),
        ({"validity": "DAY"}, {"validity"}),
    ],
)
def test_cover_orders(changed, paths):
    assert found(PlaceCover, {**COVER, **changed}) == paths


def test_a_cover_order_with_a_limit_is_a_setting():
    limit = {**COVER, "main_leg": {"order_type": "RL", "quantity": 1, "price": 100}}
    assert found(PlaceCover, limit, Terms(cover_limit=True)) == set()
    assert found(
        PlaceCover, {**limit, "main_leg": {"order_type": "RL", "quantity": 1}}, Terms(cover_limit=True)
    )


def login(**changed):
    base = {"user_id": "DEMO1", "password": SecretText("p"), "api_key": SecretText("k"), "source": "WEBAPI"}
    return {**base, "second_auth_type": "TOTP", "second_auth": CODE, **changed}


NO_FACTOR = {"second_auth_type": None, "second_auth": None}


@pytest.mark.parametrize(
    ("changed", "paths"),
    [
        ({}, set()),
        ({"login_type": "FINGERPRINT"}, {"login_type"}),
        ({"login_type": "TOKEN"}, set()),
        ({"login_type": "MPIN"}, set()),
        ({"login_type": "MPIN", "second_auth_type": "REGISTER", "second_auth": None}, {"second_auth_type"}),
        ({"login_type": "TP_TOKEN"}, {"second_auth_type", "second_auth"}),
        ({"login_type": "TP_TOKEN", **NO_FACTOR}, set()),
        ({"second_auth": None}, {"second_auth"}),
        ({"second_auth_type": None}, {"second_auth_type"}),
        (NO_FACTOR, {"second_auth_type"}),
        ({"second_auth_type": "REGISTER"}, {"second_auth"}),
        ({"second_auth_type": "REGISTER", "second_auth": None}, set()),
        ({"version": "2.0.0"}, {"version"}),
        ({"udid": SecretText("u")}, {"udid"}),
        ({"version": "2.0.0", "source": "MOBILEAPI"}, set()),
        ({"user_id": ""}, {"user_id"}),
        ({"password": SecretText("")}, {"password"}),
        ({"password": SecretText("a\nb")}, {"password"}),
    ],
)
def test_logins(changed, paths):
    assert found(Login, login(**changed)) == paths


def test_a_factor_that_is_not_offered_is_refused_and_an_untyped_one_is_a_setting():
    assert found(Login, login(second_auth_type="OTP"), Terms(second_factors=frozenset({"TOTP"})))
    untyped = Terms(second_factors=frozenset({"untyped"}))
    assert found(Login, login(second_auth_type=None), untyped) == set()
    assert found(Login, login(second_auth_type=None, source="MOBILEAPI"), untyped) == {"second_auth_type"}
    assert found(Login, login(second_auth_type=None, login_type="MPIN"), untyped) == {"second_auth_type"}
    assert found(Login, login(**NO_FACTOR), untyped) == {"second_auth_type"}


def test_a_user_id_is_known_in_capitals():
    assert clean(Login, {"user_id": " demo1 "})["user_id"] == "DEMO1"
