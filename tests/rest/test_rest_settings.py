"""Settings of the REST API that make no sense are named at start, without a secret; without any it is off."""

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from backoffice.rest import checks
from backoffice.rest.config import NotConfigured, is_configured, rest_config
from tests.test_settings import read

__all__ = ["read"]
GOOD = {"REST_BASE_URL": "https://odin.example/interactive/", "REST_API_KEY": "key-1"}


def test_it_is_off_by_default(settings):
    assert not is_configured()
    with pytest.raises(NotConfigured):
        rest_config()


def test_good_settings_are_read(read):
    found = read(
        **GOOD,
        REST_PATHS="order_book:GET /v2/orders,cancel_order:DELETE /v2/orders/{exchange}/{order_id}",
        REST_SECOND_FACTORS="TOTP,untyped",
        REST_LOTS="MCX_FO",
    )
    assert found["REST_BASE_URL"] == "https://odin.example/interactive"
    assert found["REST_X_API_KEY"] == "key-1"
    assert found["REST_PATHS"] == {
        "order_book": ("GET", "/v2/orders"),
        "cancel_order": ("DELETE", "/v2/orders/{exchange}/{order_id}"),
    }
    assert found["REST_SECOND_FACTORS"] == ["TOTP", "untyped"]
    assert found["REST_LOTS"] == ["MCX_FO"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        *(
            ("REST_BASE_URL", address, "must be an https address")
            for address in (
                "http://odin.example/interactive",
                "odin.example",
                "ftp://odin.example",
                "https://user:secret@odin.example/",
                "https://odin.example/?key=1",
                "https://odin.example/#a",
                "https://odin.example/a/../b",
                "https://odin.example/a b",
                "https:///interactive",
            )
        ),
        ("REST_API_KEY", "", "is not set"),
        ("REST_API_KEY", "two words", "another character"),
        ("REST_X_API_KEY", "käy", "another character"),
        ("REST_SOURCE", "WEB", "must be one of WEBAPI, MOBILEAPI"),
        ("REST_PATHS", "order_book=/v2/orders", "is not call:METHOD /path"),
        ("REST_SECOND_FACTORS", "SMS", "is not one of"),
        ("REST_LOTS", "MCX", "is not one of"),
        ("REST_COVER_LIMIT", "maybe", "must be true or false"),
        ("REST_TOTAL_TIMEOUT", "0", "must be a number"),
        ("REST_BOOK_MB", "lots", "must be a number"),
    ],
)
def test_a_senseless_value_is_named(read, name, value, words):
    with pytest.raises(ImproperlyConfigured, match=f"^{name}.*{words}") as raised:
        read(**{**GOOD, name: value})
    assert "secret" not in str(raised.value)
    assert "two words" not in str(raised.value)


def ids(settings, **changed):
    for name, value in changed.items():
        setattr(settings, f"REST_{name}", value)
    return [message.id for message in checks.rest(None)]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"PATHS": {"buy": ("POST", "/v2/orders")}}, ["portal.E030"]),
        ({"PATHS": {"order_book": ("GET", "/v2/orders")}}, []),
        ({"PATHS": {"order_book": ("FETCH", "/v2/orders")}}, ["portal.E031"]),
        ({"PATHS": {"order_book": ("GET", "/v2/../orders")}}, ["portal.E031"]),
        ({"PATHS": {"order_book": ("GET", "/v2/orders?x=1")}}, ["portal.E031"]),
        ({"PATHS": {"cancel_order": ("DELETE", "/v2/orders/{order_id}")}}, ["portal.E031"]),
        ({"PATHS": {"login": ("GET", "/v2/session")}}, ["portal.E031"]),
        ({"CONNECT_TIMEOUT": 30, "TOTAL_TIMEOUT": 20}, ["portal.E032"]),
        ({"PROFILE_KEY": "short"}, ["portal.E033"]),
        ({"PROFILE_KEY": "x" * 32}, []),
    ],
)
def test_what_can_be_read_and_makes_no_sense(settings, changed, found):
    assert ids(settings, **changed) == found


def test_the_stand_in_is_warned_of_when_live(settings):
    settings.PORTAL_ENVIRONMENT = "LIVE"
    assert ids(settings, BASE_URL="http://127.0.0.1:8802/interactive") == ["portal.W030"]
    assert "portal.W030" in [message.id for message in run_checks()]
