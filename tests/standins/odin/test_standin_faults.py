"""Each scripted fault: what arrives, and whether the message was applied in spite of it."""

import pytest
import requests
import zeep
from lxml import etree

from standins.odin.faults import FAULTS

U = {201: "WEBRET1", 202: "HO"}
LIMIT = U | {246: "", 251: "10", 252: "T1", 253: "1"}
ERRORS = (requests.RequestException, zeep.exceptions.Error, etree.XMLSyntaxError)

#: Faults after which the client has nothing that it may take for an answer to its message.
NO_ANSWER = {
    *(
        "drop_before",
        "drop_after",
        "reset_before",
        "reset_after",
        "http_500_before",
        "http_500_after",
        "http_503",
    ),
    *(
        "soap_fault",
        "soap_fault_200",
        "soap_12",
        "empty_200",
        "empty_202",
        "nil",
        "empty_text",
        "html_200",
        "garbage",
    ),
    *("control_character", "truncated", "truncated_no_length", "redirect_302", "redirect_307", "dtd"),
    *("billion_laughs", "huge"),
}
#: Faults with an answer that a client can read; it must judge it.
ANSWERS = {
    "latency": "|18=1|252=T1|19=PG Limit updated successfully",
    "latency_after": "|18=1|252=T1|19=PG Limit updated successfully",
    "stale_keep_alive": "|18=1|252=T1|19=PG Limit updated successfully",
    "drip": "|18=1|252=T1|19=PG Limit updated successfully",
    "refuse_before": "|18=0|252=T1|19=Unable to Connect to ODIN Manager",
    "wrong_type": "|64=323|18=1|252=T1|",
    "wrong_reference": "|18=1|252=NOTYOURS|19=PG Limit updated successfully",
    "odd_text": "|18=1|252=T1|19=Done | with remarks",
    "session_expiry": "|18=0|252=T1|19=Invalid Session",
    "spaced": " |\n 18=1 |\n 252=T1 |\n 19=PG Limit updated successfully \n",
}


def test_the_table_and_its_test_name_the_same_faults():
    assert NO_ANSWER | set(ANSWERS) | {"logon_status", "session_id"} == set(FAULTS)
    assert all(fault.words.endswith(".") for fault in FAULTS.values())


@pytest.fixture
def call(desk):
    """Calls through zeep as an application does, its cautious settings on."""
    settings = zeep.Settings(forbid_dtd=True, forbid_external=True)
    client = zeep.Client(f"{desk.standin.url}?singleWsdl", settings=settings)
    client.transport.session.trust_env = False
    post = client.transport.session.post
    client.transport.session.post = lambda *args, **kw: post(*args, **(kw | {"allow_redirects": False}))
    yield lambda: client.service.UpdatePGLimits(desk.write(303, LIMIT))
    client.transport.session.close()


def test_the_time_of_an_answer_includes_its_handling(desk, call, monkeypatch):
    slept = []
    monkeypatch.setattr("standins.odin.faults.time.sleep", slept.append)
    desk.create()
    desk.standin.faults.add("latency_after", match={"type": 303}, seconds=5)
    call()
    assert 0 < slept[0] < 5


@pytest.mark.parametrize("name", sorted(NO_ANSWER))
def test_fault_without_an_answer(desk, call, name):
    desk.create()
    desk.standin.faults.add(name, match={"type": 303})
    try:
        answer = call()
    except ERRORS:
        answer = None
    if name != "garbage":
        assert not answer
    else:
        assert "64=" not in answer
    check_ledger(desk, name)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_fault_with_an_answer(desk, call, name):
    desk.create()
    desk.standin.faults.add(name, match={"type": 303}, seconds=0.2)
    assert ANSWERS[name] in call()
    check_ledger(desk, name)


def check_ledger(desk, name):
    entry = desk.last()
    assert (entry.fault, entry.type, entry.applied) == (name, 303, FAULTS[name].applies)
    assert desk.standin.store.limit_known("T1") == FAULTS[name].applies
    assert desk.standin.faults.present() == [], "it strikes once"
    if name == "session_expiry":
        desk.logon()
    expected = (
        "Transaction No already exist in the system" if entry.applied else "PG Limit updated successfully"
    )
    assert desk.send(303, LIMIT)[19] == expected


@pytest.mark.parametrize("status", ["10001", "10002", "10003", "10005", "10007", "10008", "10028", "0", "1"])
def test_any_bad_logon_status_opens_no_session(new_desk, status):
    desk = new_desk()
    desk.standin.faults.add("logon_status", status=status, text="As scripted")
    answer = desk.logon()
    assert (answer[70], answer[19], answer[4], answer[97]) == (status, "As scripted", "", "-1")
    assert desk.standin.dealer.session() == {}
    assert not desk.last().applied
    assert desk.logon()[70] == "10000"


def test_a_good_logon_status_opens_a_session(new_desk):
    desk = new_desk()
    desk.standin.faults.add("logon_status", status=10004, days=3)
    answer = desk.logon()
    assert (answer[70], answer[97]) == ("10004", "3")
    assert desk.send(318)[18] == "1"


def test_a_logon_fault_leaves_other_messages_alone(desk):
    desk.standin.faults.add("logon_status", status=10008)
    assert desk.send(318)[18] == "1"
    assert len(desk.standin.faults.present()) == 1


def test_faults_strike_what_they_match_as_often_as_told(desk):
    desk.standin.faults.add("refuse_before", match={"type": 301, "user_id": "B"}, times=2, text="Not today")
    texts = [desk.create(t201=user)[19] for user in ("A", "B", "B", "B")]
    assert texts == ["User created successfully", "Not today", "Not today", "User created successfully"]


def test_faults_are_armed_listed_and_removed_over_http(desk):
    armed = desk.control(
        "/faults", {"fault": "drop_after", "times": -1, "match": {"type": 301, "user_id": "X"}}
    )
    assert armed.status_code == 201
    present = desk.get("/faults").json()
    assert [fault["fault"] for fault in present["present"]] == ["drop_after"]
    assert present["known"]["drop_after"]["applies"] is True
    address = desk.standin.home + "faults"
    assert requests.delete(f"{address}/{armed.json()['id']}", timeout=5).json() == {"removed": 1}
    desk.control("/faults", {"fault": "nil"})
    assert requests.delete(address, timeout=5).json() == {"removed": 1}
    assert desk.get("/faults").json()["present"] == []


def test_faults_are_armed_on_the_page(desk):
    assert 'action="/faults"' in desk.get("/").text
    sent = {"fault": "drop_after", "type": "303", "user_id": "X", "times": "2", "seconds": "0"}
    answer = requests.post(desk.standin.home + "faults", data=sent, timeout=5, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    (fault,) = desk.standin.faults.present()
    assert (fault["fault"], fault["match"], fault["times"]) == (
        "drop_after",
        {"type": "303", "user_id": "X"},
        2,
    )
    wrong = requests.post(desk.standin.home + "faults", data={**sent, "times": "often"}, timeout=5)
    assert (wrong.status_code, "whole number" in wrong.text) == (400, True)


@pytest.mark.parametrize(
    "given",
    [
        {"fault": "nonsense"},
        {"fault": ["nil"]},
        {"fault": "nil", "match": {"colour": "red"}},
        {"fault": "nil", "match": [1]},
        {"fault": "nil", "times": "often"},
        {"fault": "nil", "times": 0},
        {"fault": "nil", "seconds": 10**9},
        {"fault": "nil", "unknown": 1},
        ["nil"],
    ],
)
def test_senseless_faults_are_refused_in_words(desk, given):
    answer = desk.control("/faults", given)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert desk.standin.faults.present() == []


def test_another_site_cannot_control_the_stand_in(standin):
    address = standin.home + "faults"
    body = '{"fault": "nil"}'
    headers = {"Content-Type": "application/json", "Origin": "http://evil.example"}
    assert requests.post(address, data=body, headers=headers, timeout=5).status_code == 403
    assert (
        requests.post(address, data=body, headers={"Content-Type": "text/plain"}, timeout=5).status_code
        == 415
    )
    assert standin.faults.present() == []
