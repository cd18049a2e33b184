"""No value whatever adds a key, a path segment, a query parameter or a header; money is exact."""

import json
import string
from decimal import Decimal
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.protocol.findings import EncodeError, errors
from backoffice.protocol.secret import SecretText
from backoffice.rest.api import writing
from backoffice.rest.api.call import Terms, check, clean, request
from backoffice.rest.api.calls import CancelOrder, Login, ModifyOrder, OrderHistory, PlaceOrder, TradeBook
from backoffice.rest.api.codes import OrderType
from backoffice.rest.api.envelope import parse
from tests.rest.conftest import order

BASE = "https://odin.example/interactive"
TERMS = Terms()
#: Anything, with what means something in addresses, JSON and headers more often than chance has it.
anything = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="/\\?&=#%;<>:@+. \"'{}[]\r\n\0\u2028\ud800.0a", max_size=20),
    st.sampled_from(
        ["..", ".", "%2e%2e", "%2F", "../..", "a/b", "?x=1", "#", "\r\nX: 1", '","x":"', "%", "//"]
    ),
)


def made(call, values):
    """The request, or None if the values are refused."""
    try:
        return request(call, values, TERMS, base=BASE)
    except EncodeError:
        return None


@settings(deadline=None)
@given(anything)
def test_an_order_id_is_one_segment_of_the_path(order_id):
    for call, before, tail in (
        (CancelOrder, "/interactive/transactional/v1/orders/regular/NSE_EQ/", {"exchange": "NSE_EQ"}),
        (OrderHistory, "/interactive/transactional/v1/orders/", {}),
    ):
        if sent := made(call, {"order_id": order_id, **tail}):
            parts = urlsplit(sent.address)
            assert (parts.netloc, parts.query, parts.fragment) == ("odin.example", "", "")
            assert parts.path.startswith(before)
            assert "/" not in parts.path.removeprefix(before)
            assert unquote(parts.path.removeprefix(before)) == order_id
            # Nor does the library that sends it make another address of it.
            assert requests.Request(sent.method, sent.address).prepare().url == sent.address


@pytest.mark.parametrize("order_id", [".", "..", "", None, 7, "a\r\nb", "é", "x" * 65])
def test_what_is_no_order_id_is_refused_before_it_is_sent(order_id):
    assert made(CancelOrder, {"exchange": "NSE_EQ", "order_id": order_id}) is None


@settings(deadline=None)
@given(anything, anything)
def test_a_query_value_adds_no_parameter(order_id, order_ids):
    values = {"offset": 1, "limit": 200, "order_id": order_id, "order_ids": order_ids}
    if sent := made(TradeBook, {name: value for name, value in values.items() if value}):
        parts = urlsplit(sent.address)
        assert parts.fragment == ""
        wanted = [(name, str(value)) for name, value in values.items() if value]
        assert parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True) == wanted


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["part_code", "algo_id", "strategy_id", "vender_code"]), anything))
def test_a_text_of_an_order_adds_no_key(texts):
    values = clean(PlaceOrder, order(**texts))
    if sent := made(PlaceOrder, values):
        given_texts = {name: value for name, value in texts.items() if values[name]}
        body = json.loads(sent.body)
        assert {name: body[name] for name in given_texts} == {name: values[name] for name in given_texts}
        assert set(body) == set(json.loads(made(PlaceOrder, clean(PlaceOrder, order())).body)) | set(
            given_texts
        )


@settings(deadline=None)
@given(anything, anything)
def test_a_password_arrives_as_it_was_typed_and_adds_no_key(password, code):
    values = {
        "user_id": "DEMO1",
        "password": SecretText(password),
        "second_auth_type": "TOTP",
        "second_auth": SecretText(code),
        "api_key": SecretText("K"),
        "source": "WEBAPI",
    }
    if sent := made(Login, values):
        assert json.loads(sent.body) == {
            "user_id": "DEMO1",
            "login_type": "PASSWORD",
            "password": password,
            "second_auth_type": "TOTP",
            "second_auth": code,
            "api_key": "K",
            "source": "WEBAPI",
        }
        assert sent.body.isascii()


@settings(deadline=None)
@given(
    st.dictionaries(
        anything, st.one_of(anything, st.none(), st.booleans(), st.integers(), st.floats()), max_size=4
    )
)
def test_a_key_that_is_not_declared_is_refused(extra):
    extra = {name: value for name, value in extra.items() if name not in PlaceOrder.fields}
    if extra:
        assert made(PlaceOrder, {**clean(PlaceOrder, order()), **extra}) is None
        info = {"exchange": "NSE_EQ", "scrip_token": 1, **extra}
        if set(info) > {"exchange", "scrip_token"} and not set(extra) & {"symbol", "series", "expiry_date"}:
            assert errors(check(PlaceOrder, clean(PlaceOrder, order(scrip_info=info)), TERMS))


@settings(deadline=None)
@given(st.decimals(min_value="0.01", max_value="99999999999.99", places=2))
def test_money_arrives_exactly_as_a_plain_number(price):
    sent = made(PlaceOrder, clean(PlaceOrder, order(price=price)))
    assert parse(sent.body)["price"] == price
    text = sent.body.partition(b'"price": ')[2].partition(b",")[0].decode()
    assert set(text) <= set(string.digits + ".")
    assert Decimal(text) == price


@settings(deadline=None)
@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_any_number_is_written_exactly_or_refused(value):
    sent = made(PlaceOrder, order(price=value))
    if sent:
        assert 0 < value < 10**12
        assert parse(sent.body)["price"] == value


@settings(deadline=None)
@given(st.one_of(st.floats(), st.booleans(), anything, st.none(), st.lists(st.integers())))
def test_what_is_no_money_is_refused(value):
    values = {**clean(PlaceOrder, order()), "price": value}
    assert made(PlaceOrder, values) is None
    with pytest.raises(EncodeError):
        writing.to_json(0.1)


def test_the_famous_sum_has_no_dust():
    sent = made(PlaceOrder, clean(PlaceOrder, order(price=Decimal("0.1") + Decimal("0.2"))))
    assert b'"price": 0.3,' in sent.body


@settings(deadline=None)
@given(
    st.sampled_from(list(OrderType)),
    st.decimals(min_value=0, max_value=1000, places=2),
    st.decimals(min_value=0, max_value=1000, places=2),
    st.sampled_from(["BUY", "SELL"]),
)
def test_an_order_that_passes_has_the_prices_of_its_type(kind, price, trigger, side):
    values = order(order_type=kind.value, price=price, trigger_price=trigger, transaction_type=side)
    if made(PlaceOrder, values):
        assert (price > 0) == (kind in (OrderType.LIMIT, OrderType.STOP_LIMIT))
        assert (trigger > 0) == (kind in (OrderType.STOP_LIMIT, OrderType.STOP_MARKET))
        if kind is OrderType.STOP_LIMIT:
            assert trigger <= price if side == "BUY" else trigger >= price


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*ModifyOrder.fields, *PlaceOrder.fields]),
        st.recursive(
            st.one_of(anything, st.none(), st.booleans(), st.integers(), st.floats(), st.decimals()),
            lambda inner: st.one_of(
                st.lists(inner, max_size=2), st.dictionaries(anything, inner, max_size=2)
            ),
            max_leaves=4,
        ),
    )
)
def test_no_value_whatever_is_more_than_refused(values):
    for call in (PlaceOrder, ModifyOrder, Login, CancelOrder):
        typed = clean(call, values)
        check(call, typed, TERMS)
        made(call, typed)
