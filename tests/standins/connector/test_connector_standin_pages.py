"""The stand-in's own page, its settings, and its process."""

import os
import re
import signal
import subprocess
import sys
import types
import urllib.parse

import pytest

from standins.connector import ConnectorStandIn
from tests.standins.connector.conftest import PARTNER, TOKEN, Browser, call, line, settled
from tools.prepare import ROOT

FORM = "application/x-www-form-urlencoded"


def page(standin):
    status, body = call(standin, "GET", "/")
    assert status == 200
    return body.decode()


def send(standin, path, **fields):
    return call(standin, "POST", path, urllib.parse.urlencode(fields).encode(), FORM)[0]


def test_an_empty_page_says_what_it_is_and_shows_the_publisher_and_users(standin, publisher):
    text = page(standin)
    assert "Not the vendor&#x27;s service." in text
    for expected in (TOKEN, "A1B2C3 Banyan Broking: active", "Asha Example", "Demo#2026", "No visit yet."):
        assert expected in text
    assert standin.people.keys("DEMO1").totp in text
    assert f"{publisher.url}/connector/webhook/desk/secret/" in text


def test_the_page_shows_what_happened_without_secrets(browser, publisher, standin):
    browser.land("2", sTwoWayToken=publisher.mint()).login()
    publisher.lines = [line(), line(ordPrice=90.5)]
    token = publisher.mint()
    browser.land(sTwoWayToken=token).login().send("submit")
    settled(standin)
    text = page(standin)
    for expected in (
        "R7K2QM",
        "Buy PEEPAL (NSE_EQ)",
        "0 of 10",
        "slips: 1",
        "delivered",
        "GetOrderDetails",
        "VAS",
    ):
        assert expected in text
    (session,) = standin.vas.sessions()
    for secret in (token, session["broker_session"], publisher.asked[0]["AuthCode"], "the-rest-key"):
        assert secret not in text


def test_texts_from_outside_are_escaped(browser, publisher, standin):
    evil = "<script>alert(1)</script>"
    publisher.header["recoId"] = evil
    browser.land(sTwoWayToken=publisher.mint(), sProductCode=evil).login()
    visit = browser.visit["id"]
    for path in ("/", f"/broker/{visit}"):
        raw = call(standin, "GET", path)[1].decode()
        assert "<script>alert" not in raw
        assert "&lt;script&gt;" in raw


def test_forms_of_the_page_do_what_they_say_and_lead_back(browser, publisher, standin):
    publisher.lines = [line()]
    browser.land(sTwoWayToken=publisher.mint()).login().send("submit")
    browser.land("2", sTwoWayToken=publisher.mint()).login()
    (order,), (session,) = standin.omex.orders(), standin.vas.sessions()
    assert send(standin, "/orders/cancel", order=order["unique_code"]) == 303
    assert standin.omex.orders()[0]["status"] == 6
    assert send(standin, "/sessions/expire", session=session["session"]) == 303
    assert standin.vas.sessions()[0]["state"] == "expired"
    assert send(standin, "/faults", fault="webhook_lost", times="2", seconds="30") == 303
    (armed,) = standin.faults.present()
    assert send(standin, f"/faults/{armed['id']}/remove") == 303
    assert standin.faults.present() == []


def test_settings_are_saved_as_the_form_is_drawn(standin):
    text = page(standin)
    form = re.search(r'<form method="post" action="/publishers".*?</form>', text, re.DOTALL)[0]
    drawn = {**dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)), "callback_method": "POST"}
    drawn |= {"partners": "A1B2C3 suspended, ABCDEF", "webhook_url": "", "application_token": TOKEN}
    assert send(standin, "/publishers", **drawn) == 303
    changed = standin.publishers.find(TOKEN)
    assert changed.partners == {"A1B2C3": "suspended", "ABCDEF": "active"}
    assert (changed.callback_method, changed.webhook_url, changed.webhook_tries) == ("POST", "", 3)


@pytest.mark.parametrize(
    "given",
    [
        {"application_token": ""},
        {"application_token": "a b"},
        {"token_check_url": "ftp://127.0.0.1/"},
        {"webhook_url": "javascript:alert(1)"},
        {"callback_method": "PUT"},
        {"partners": {"A1B2C3": "odd"}},
        {"partners": "lower1"},
        {"webhook_tries": 0},
        {"webhook_tries": "many"},
        {"webhook_pause": -1},
        {"connected": "yes"},
        {"unheard_of": 1},
    ],
)
def test_settings_that_make_no_sense_are_refused_in_words(standin, given):
    before = standin.publishers.all()
    status, answer = call(standin, "POST", "/publishers", {"application_token": TOKEN, **given})
    assert (status, standin.publishers.all()) == (400, before)
    assert answer["error"].endswith(".")


def test_a_second_publisher_has_the_portals_addresses_and_webhooks_of_its_own(standin, publisher):
    call(standin, "POST", "/publishers", {"application_token": "partner-token", "name": "Partner"})
    second = standin.publishers.find("partner-token")
    assert second.order_details_url == f"{publisher.url}/connector/order-details/"
    assert second.webhook_url == ""
    assert "Partner" in page(standin)


def test_addresses_follow_the_portal_unless_they_were_set(tmp_path):
    for port in (8000, 9000):
        standin = ConnectorStandIn(
            portal=f"http://127.0.0.1:{port}", application_token=TOKEN, database=str(tmp_path / "c.sqlite3")
        )
        with standin:
            publisher = standin.publishers.find(TOKEN)
            assert publisher.token_check_url == f"http://127.0.0.1:{port}/connector/token-check/"
            assert publisher.order_details_url.endswith("/order-details/" if port == 8000 else "/elsewhere/")
            standin.publishers.change(
                {"application_token": TOKEN, "order_details_url": "http://127.0.0.1:8000/elsewhere/"}
            )


def test_another_site_controls_nothing_and_odd_requests_are_refused(standin):
    assert call(standin, "POST", "/faults", {"fault": "webhook_lost"}, Origin="http://evil.example")[0] == 403
    assert call(standin, "POST", "/faults", b"x", "text/plain")[0] == 415
    assert call(standin, "POST", "/faults", b"[]")[0] == 400
    assert call(standin, "POST", "/nothing", {})[0] == 404
    for path in ("/nothing", "/nothing.json", "/broker/unknown", "/keys/NOBODY"):
        assert call(standin, "GET", path)[0] == 404
    assert standin.faults.present() == []


def start(*arguments, **environment):
    given = {
        name: value for name, value in os.environ.items() if not name.startswith(("REST_", "CONNECTOR_"))
    }
    return subprocess.Popen(
        [sys.executable, "-m", "standins.connector", *arguments],
        cwd=ROOT,
        env={**given, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_process_serves_keeps_what_it_has_and_ends_on_a_signal(tmp_path, publisher):
    orders = []
    for _ in range(2):
        running = start(
            *("--port=0", f"--database={tmp_path / 'connector.sqlite3'}", f"--portal={publisher.url}"),
            CONNECTOR_APPLICATION_TOKEN=TOKEN,
            CONNECTOR_WEBHOOK_URL=f"{publisher.url}/connector/webhook/desk/secret/",
        )
        try:
            port = int(re.search(r":(\d+)", running.stdout.readline())[1])
            address = types.SimpleNamespace(host="127.0.0.1", port=port, home=f"http://127.0.0.1:{port}/")
            publisher.standin = address
            browser = Browser(address).land(sTwoWayToken=publisher.mint())
            form = browser.url
            totp = call(address, "GET", "/keys/DEMO1")[1]["totp"]
            browser.open(f"{form}/login", "POST", {"user_id": "DEMO1", "password": "Demo#2026", "totp": totp})
            browser.open(f"{form}/submit", "POST", {})
            assert "Back at the publisher" in browser.text
            orders.append(len(call(address, "GET", "/orders.json")[1]))
        finally:
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0
            running.communicate()
    assert orders == [3, 6]
    assert publisher.asked[0]["PartnerId"] == PARTNER


def test_without_a_token_one_is_made_and_kept(tmp_path):
    tokens = set()
    for _ in range(2):
        running = start("--port=0", f"--database={tmp_path / 'connector.sqlite3'}")
        try:
            port = int(re.search(r":(\d+)", running.stdout.readline())[1])
            (one,) = call(types.SimpleNamespace(host="127.0.0.1", port=port), "GET", "/publishers.json")[1]
            tokens.add(one["application_token"])
            assert one["basket_callback_url"] == "http://127.0.0.1:8000/connector/callback/basket/"
        finally:
            running.send_signal(signal.SIGTERM)
            running.communicate()
    assert len(tokens) == 1


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "cannot start on 127.0.0.1"),
        ({"CONNECTOR_WEBHOOK_URL": "not an address"}, "webhook_url is an address that begins with http://"),
    ],
)
def test_what_keeps_the_process_from_starting_is_said_in_a_sentence(standin, environment, words):
    port = 0 if environment else standin.port
    failed = start(f"--port={port}", "--database=:memory:", **environment)
    assert words in failed.communicate(timeout=20)[1]
    assert failed.returncode == 1
