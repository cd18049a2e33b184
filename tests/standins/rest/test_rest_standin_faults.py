"""Faults are armed over HTTP, strike the calls that they match so many times, and are removed."""

import contextlib
import http.client
import time

import pytest

from standins.rest.faults import FAULTS
from tests.standins.rest.conftest import BASE

BALANCE = f"{BASE}/authentication/v1/user/balance"


def arm(caller, **given):
    return caller.call("POST", "/faults", given)


def test_a_fault_strikes_its_call_as_often_as_it_was_told(trader):
    assert arm(trader, fault="error_500_after", call="place", times=2)[0] == 200
    assert trader.call("GET", BALANCE)[0] == 200
    assert [trader.place()[0] for _ in range(3)] == [500, 500, 200]
    assert len(trader.book()["data"]) == 3
    assert trader.call("GET", "/faults")[1]["present"] == []


def test_a_fault_for_every_call_until_it_is_removed(trader):
    arm(trader, fault="gateway_403", times=-1)
    assert [trader.call("GET", BALANCE)[0] for _ in range(3)] == [403] * 3
    trader.call("DELETE", "/faults")
    assert trader.call("GET", BALANCE)[0] == 200


@pytest.mark.parametrize("fault", [name for name, kind in FAULTS.items() if kind.applies])
def test_what_applies_places_the_order(trader, fault):
    arm(trader, fault=fault, call="place")
    with contextlib.suppress(OSError, http.client.HTTPException):
        trader.place()
    assert len(trader.book()["data"]) == 1


@pytest.mark.parametrize("fault", [name for name, kind in FAULTS.items() if not kind.applies])
def test_what_does_not_apply_places_nothing(trader, fault):
    arm(trader, fault=fault, call="place")
    with contextlib.suppress(OSError, http.client.HTTPException):
        trader.place()
    assert "data" not in trader.book()


def test_silence_lasts_as_long_as_it_was_told(trader):
    arm(trader, fault="silence_after", call="place", seconds=0.3)
    started = time.monotonic()
    with pytest.raises((OSError, http.client.HTTPException)):
        trader.place()
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"fault": "none"}, "no such fault"),
        ({"fault": "html", "call": "none"}, "no such call"),
        ({"fault": "html", "times": 0}, "times is a number"),
        ({"fault": "html", "times": "x"}, "times is a whole number"),
        ({"fault": "html", "seconds": 601}, "from 0 to 600"),
        ({"fault": "html", "odd": 1}, "Unknown option odd"),
        ([], "one JSON object"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_in_words(caller, given, words):
    status, answer = caller.call("POST", "/faults", given)
    assert status == 400
    assert words in answer["error"]


def test_another_site_cannot_arm_a_fault(caller):
    assert caller.call("POST", "/faults", {"fault": "html"}, Origin="http://evil.example")[0] == 403
    assert caller.call("POST", "/faults", b'{"fault": "html"}', Content_Type="text/plain")[0] == 415
    assert caller.standin.faults.present() == []
