"""The stand-in's own pages and its data for tests; and the process."""

import os
import re
import signal
import subprocess
import sys

import pytest
import requests

U = {201: "WEBRET1", 202: "HO"}
NOTICE = "Stand-in: for demonstration, training and tests. Not the vendor&#x27;s ODIN."


def test_the_page_of_an_empty_stand_in_says_what_belongs_there(standin):
    page = requests.get(standin.home, timeout=5).text
    assert NOTICE in page
    assert "No user yet." in page
    assert "No message yet." in page


def test_the_page_shows_users_messages_session_and_faults(desk):
    desk.create(t224=desk.BANKS)
    desk.send(303, U | {246: "", 251: "1234567", 252: "T1", 253: "1"})
    desk.standin.faults.add("drop_after", match={"type": 301})
    page = desk.get("/").text
    for expected in (
        "Asha Rao",
        "12,34,567.00",
        "drop_after",
        "User created successfully",
        "number 1, since",
    ):
        assert expected in page
    assert desk.session_id not in page
    assert page.count("<td>") > 20


def test_the_page_of_a_user_shows_everything_held(desk):
    desk.create(t224=desk.BANKS, t225=desk.DEMAT, t231="2", t235="1", t236="1", t232=desk.MF_UCC)
    desk.send(303, U | {246: "", 251: "10", 252: "T1", 253: "1"})
    desk.send(310, U | {203: "10.0.10.0", 208: "4", 270: "1", 271: "GOLD", 272: "0"})
    desk.send(314, U | {203: "10.0.10.0", 208: "4", 274: "A,HO,DEAL1"})
    desk.send(322, U | {228: "", 278: "", 279: "TRADING,ONLINE,1,1"})
    desk.send(338, U | {335: '[{"ISIN":"INE009A01021","Qty":"7","Status":""}]'})
    page = desk.get("/users/HO/WEBRET1").text
    for expected in (
        *(
            "02145214521423",
            "12345678",
            "BSEUCC",
            "T1",
            "GOLD",
            "DEAL1",
            "ONLINE",
            "INE009A01021",
            "asha@example.com",
        ),
        "User created successfully",
    ):
        assert expected in page, expected
    assert desk.get("/users/HO/NOBODY").status_code == 404
    assert desk.get("/nothing").status_code == 404


def test_pages_escape_what_comes_from_outside(desk):
    hostile = "<script>alert(1)</script>"
    desk.say("CreateRetailUser", f"63=FT1.0|64=301|201={hostile}|202=&quot;|19={hostile}")
    page = desk.get("/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    answer = desk.get("/")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]


def test_the_page_needs_no_other_file_than_its_own(desk):
    page = desk.get("/").text
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert all(link.startswith("/") for link in links)
    for link in links:
        assert desk.get(link).status_code == 200, link


def test_a_fault_is_removed_from_the_page(desk):
    armed = desk.standin.faults.add("nil")
    # As a browser sends it.
    origin = {"Origin": desk.standin.home.rstrip("/"), "Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(f"{desk.standin.home}faults/{armed.id}/remove", headers=origin, timeout=5)
    assert answer.status_code == 200
    assert "None is armed." in answer.text
    assert desk.get("/").headers["Referrer-Policy"] == "same-origin", "else a browser would send Origin: null"


def test_the_ledger_tells_every_message_in_order(desk):
    desk.create()
    desk.create()
    entries = desk.get("/ledger.json").json()
    assert [(e["type"], e["applied"], e["code"]) for e in entries] == [
        (101, True, "10000"),
        (301, True, "1"),
        (301, False, "0"),
    ]
    assert entries[1]["reference"] == "REF0001"
    assert entries[1]["session"] == 1
    assert entries[1]["received"] <= entries[1]["ended"] <= entries[2]["received"]
    assert desk.get(f"/ledger.json?after={entries[1]['id']}").json() == entries[2:]
    assert [user["user_id"] for user in desk.get("/users.json").json()] == ["WEBRET1"]


@pytest.fixture
def process(tmp_path):
    environment = os.environ | {"ODIN_DEALER_PASSWORD": "Dealer@123", "ODIN_PASSWORD_KEY": "ftUC@123"}
    command = [sys.executable, "-m", "standins.odin", "--port", "0"]
    running = subprocess.Popen(
        [*command, "--database", str(tmp_path / "new" / "standin.sqlite3")],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    yield running
    running.kill()
    running.wait()
    running.stdout.close()


def test_runs_as_a_process_and_ends_with_a_signal(process):
    line = process.stdout.readline()
    port = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line).group(1)
    assert requests.get(f"http://127.0.0.1:{port}/UserCreation.svc?wsdl", timeout=5).status_code == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


@pytest.mark.parametrize("missing", ["ODIN_DEALER_PASSWORD", "ODIN_PASSWORD_KEY"])
def test_says_which_setting_is_missing(missing):
    environment = os.environ | {"ODIN_DEALER_PASSWORD": "Dealer@123", "ODIN_PASSWORD_KEY": "ftUC@123"}
    del environment[missing]
    command = [sys.executable, "-m", "standins.odin", "--port", "0", "--database", ":memory:"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=20)
    assert ended.returncode == 1
    assert missing in ended.stderr


def test_says_that_the_port_is_in_use(standin):
    environment = os.environ | {"ODIN_DEALER_PASSWORD": "Dealer@123", "ODIN_PASSWORD_KEY": "ftUC@123"}
    command = [
        sys.executable,
        "-m",
        "standins.odin",
        "--port",
        str(standin.port),
        "--database",
        ":memory:",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=20)
    assert ended.returncode == 1
    assert "in use" in ended.stderr
