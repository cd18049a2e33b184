"""The stand-in's own page, and its process."""

import html
import os
import re
import signal
import subprocess
import sys
import urllib.parse

from tests.standins.rest.conftest import API_KEY, BASE, SESSION, X_API_KEY, Caller
from tools.prepare import ROOT


def page(caller):
    status, body = caller.call("GET", "/")
    assert status == 200
    return body.decode()


def test_an_empty_page_says_what_it_is_and_shows_users_with_codes(caller):
    text = page(caller)
    keys = caller.standin.people.keys("DEMO1")
    assert "Not the vendor&#x27;s service." in text
    for expected in ("Asha Example", keys.totp, keys.otp, keys.mpin, keys.udid, "Demo#2026", "No order yet."):
        assert expected in text
    assert f'data-copy="{keys.totp}"' in text
    assert "script-src 'self'" in caller.answer_headers["Content-Security-Policy"]


def test_the_page_shows_orders_sessions_faults_and_requests_without_secrets(trader):
    order_id = trader.place()[1]["data"]["orderId"]
    trader.standin.faults.add("html", call="balance")
    text = page(trader)
    for expected in ("BUY PEEPAL (NSE_EQ)", "PENDING", "AAAA0001", "End all sessions", "balance", "Fill 1"):
        assert expected in text
    assert html.escape(order_id) in text
    for secret in (trader.token, API_KEY, X_API_KEY):
        assert secret not in text


def test_what_comes_from_outside_is_escaped(caller):
    evil = "<script>alert(1)</script>"
    caller.call("POST", SESSION, {**caller.credentials(), "user_id": evil})
    caller.call("GET", f"{BASE}/{urllib.parse.quote(evil)}/<script>")
    assert "<script>alert" not in page(caller)
    assert "&lt;script&gt;" in page(caller)


def test_forms_of_the_page_do_what_they_say_and_lead_back(trader):
    order_id = trader.place()[1]["data"]["orderId"]
    form = {"Content_Type": "application/x-www-form-urlencoded"}

    def send(path, **fields):
        body = urllib.parse.urlencode(fields).encode()
        status, _ = trader.call("POST", path, body, **form)
        assert (status, trader.answer_headers["Location"]) == (303, "/")

    trader.headers.pop("Content-Type")
    send("/orders/fill", order_id=order_id)
    assert trader.standin.store.order(order_id)["status"] == "EXECUTED"
    send("/faults", fault="html", call="", times="2", seconds="30")
    (armed,) = trader.standin.faults.present()
    assert (armed["call"], armed["times"]) == ("", 2)
    send(f"/faults/{armed['id']}/remove")
    assert trader.standin.faults.present() == []
    send("/sessions/end")
    assert trader.standin.store.sessions()[0]["ended"]


def test_every_form_of_the_page_can_be_sent_as_it_is_drawn(trader):
    trader.place()
    trader.standin.faults.add("html", call="balance", times=-1)
    text = page(trader)
    assert '<option value="">every call</option>' in text
    assert not re.search(r"<(input|button)[^>]*\son\w+=", text)
    assert (
        len(re.findall(r'<form[^>]*method="post"', text))
        == len(re.findall('<form(?![^>]*role="search")', text))
        >= 6
    )


def start(*arguments, **environment):
    given = {name: value for name, value in os.environ.items() if not name.startswith("REST_")}
    return subprocess.Popen(
        [sys.executable, "-m", "standins.rest", *arguments],
        cwd=ROOT,
        env={**given, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_process_serves_keeps_its_orders_and_ends_on_a_signal(tmp_path):
    orders = []
    for _ in range(2):
        running = start("--port=0", f"--database={tmp_path / 'rest.sqlite3'}", REST_API_KEY=API_KEY)
        try:
            port = int(re.search(r":(\d+)", running.stdout.readline())[1])
            caller = Caller(type("Address", (), {"host": "127.0.0.1", "port": port}))
            caller.headers["x-api-key"] = API_KEY
            totp = caller.call("GET", "/keys/DEMO1")[1]["totp"]
            body = {
                "user_id": "DEMO1",
                "password": "Demo#2026",
                "second_auth_type": "TOTP",
                "second_auth": totp,
            }
            answer = caller.call("POST", SESSION, {**body, "api_key": API_KEY, "source": "WEBAPI"})[1]
            caller.token = answer["data"]["access_token"]
            orders.append(caller.place()[1]["data"]["orderId"])
            assert [row["order_id"] for row in caller.book()["data"]] == orders[::-1]
        finally:
            running.send_signal(signal.SIGTERM)
            assert running.wait(10) == 0
            running.communicate()


def test_a_missing_key_and_a_port_in_use_are_said_in_a_sentence(standin):
    without = start("--port=0", "--database=:memory:")
    assert without.communicate(timeout=20)[1].strip() == (
        "Set REST_API_KEY in the environment before starting the stand-in."
    )
    assert without.returncode == 1
    taken = start(f"--port={standin.port}", "--database=:memory:", REST_API_KEY=API_KEY)
    assert "cannot start on 127.0.0.1" in taken.communicate(timeout=20)[1]
    assert taken.returncode == 1


def test_users_are_found_by_a_part_of_their_id_or_name(caller):
    status, body = caller.call("GET", "/?search=ravi")
    assert status == 200
    found = body.decode()
    assert "Ravi Example" in found
    assert "Asha Example" not in found
    assert 'value="ravi"' in found
    assert "Asha Example" in caller.call("GET", "/?search=demo")[1].decode()
    assert "No user fits “&lt;b&gt;”." in caller.call("GET", "/?search=%3Cb%3E")[1].decode()
