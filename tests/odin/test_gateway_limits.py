"""The gateway at its limits: one deadline for all, what a failed call tells, and what it must not tell."""

import logging
import os
import threading
import time

import pytest

from backoffice.odin.gateway import Gateway, MaybeSent, NotSent
from tests.odin.conftest import config_for, message, raw_server


def drip(connection):
    """An answer that never ends, in time for every single read."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(60):
        connection.sendall(b"<")
        time.sleep(0.1)


def test_a_dripping_wsdl_is_cut_at_the_call_s_own_deadline_however_many_wait_for_it():
    """A lease is longer than one call: a worker that waited its turn to read the WSDL must not send after its lease."""
    with raw_server(drip) as (port, _):
        gateway = Gateway(config_for(f"http://127.0.0.1:{port}/soap", f"http://127.0.0.1:{port}/?wsdl"))
        took, kinds = [], []

        def work():
            started = time.monotonic()
            with pytest.raises(NotSent) as raised:
                gateway.call(318, message())
            took.append(time.monotonic() - started)
            kinds.append(raised.value.kind)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert kinds == ["wsdl"] * 4
    assert max(took) < 3, "one after the other they would have taken four deadlines of a second"


def test_a_wsdl_without_end_is_not_read_to_the_end(monkeypatch):
    monkeypatch.setattr("backoffice.odin.gateway.LARGEST_ANSWER", 1000)
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n" + b"<a>" * 1000
    with raw_server(lambda connection: connection.sendall(page)) as (port, _):
        gateway = Gateway(config_for("http://127.0.0.1:9/soap", f"http://127.0.0.1:{port}/?wsdl"))
        with pytest.raises(NotSent, match="larger than any WSDL"):
            gateway.operations()


def test_a_fault_that_repeats_the_message_brings_no_secret_back(standin, gateway):
    standin.faults.add("soap_fault", match={"type": 318}, text="Cannot read 63=FT1.0|67=A|4=S3CRETID|999=001")
    with pytest.raises(MaybeSent) as raised:
        gateway.call(318, message())
    assert "Cannot read" in raised.value.words
    assert "S3CRETID" not in raised.value.words + raised.value.received


def test_what_came_instead_of_an_answer_is_kept_for_the_record(standin, gateway):
    standin.faults.add("html_200", match={"type": 318})
    with pytest.raises(MaybeSent) as raised:
        gateway.call(318, message())
    assert "Please come back later" in raised.value.received


def test_what_is_kept_can_be_stored_whatever_its_bytes(standin):
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\x00\xff\x01ab\x00"
    with raw_server(lambda connection: connection.sendall(page)) as (port, _):
        gateway = Gateway(config_for(f"http://127.0.0.1:{port}/soap", f"{standin.url}?singleWsdl"))
        with pytest.raises(MaybeSent) as raised:
            gateway.call(318, message())
    assert "\0" not in raised.value.received
    assert "ab" in raised.value.received


def test_nothing_is_kept_of_a_call_that_got_nothing(standin, gateway):
    standin.faults.add("html_200", match={"type": 318})
    standin.faults.add("drop_after", match={"type": 318})
    with pytest.raises(MaybeSent):
        gateway.call(318, message())
    with pytest.raises(MaybeSent) as raised:
        gateway.call(318, message())
    assert raised.value.received == ""


def test_each_call_is_a_log_line_without_the_message(standin, gateway, caplog):
    caplog.set_level(logging.INFO, logger="backoffice.odin.gateway")
    gateway.call(318, message("S3CRETID"))
    standin.faults.add("http_503", match={"type": 318})
    with pytest.raises(MaybeSent):
        gateway.call(318, message("S3CRETID"))
    first, second = [record.getMessage() for record in caplog.records if record.name.endswith("gateway")]
    assert first.startswith("Message 318: answered after")
    assert "HTTP status 503" in second
    assert "S3CRETID" not in caplog.text


@pytest.mark.parametrize("fault", ["truncated", "drip", "latency"])
def test_a_damaged_answer_is_no_surprise_in_the_log(standin, gateway, caplog, fault):
    standin.faults.add(fault, match={"type": 318}, **({"seconds": 3.0} if fault != "truncated" else {}))
    with pytest.raises(MaybeSent):
        gateway.call(318, message())
    assert "unforeseen" not in caplog.text


def test_a_text_that_xml_cannot_hold_is_our_fault_and_not_the_network_s(gateway):
    with pytest.raises(NotSent) as raised:
        gateway.call(318, "63=FT1.0\x00")
    assert raised.value.kind == "encoding"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9/soap", "nothing answers"),
        ("http://no-such-host.invalid/soap", "name of its host"),
    ],
)
def test_why_there_is_no_connection_is_said_in_words(standin, url, words):
    with pytest.raises(NotSent, match=words):
        Gateway(config_for(url, f"{standin.url}?singleWsdl")).call(318, message())


def test_a_call_whose_time_is_over_before_the_first_byte_is_not_sent(standin):
    """The host accepts connections late: what was not sent is safe to send again."""
    gateway = Gateway(config_for(standin.endpoint, f"{standin.url}?singleWsdl"))
    gateway.operations()
    gateway._config = config_for(standin.endpoint, f"{standin.url}?singleWsdl", total_timeout=0.0)
    with pytest.raises(NotSent) as raised:
        gateway.call(318, message())
    assert raised.value.kind == "not-sent"
    assert not standin.store.ledger()


def test_32_threads_share_one_gateway_without_a_mix_up(standin):
    gateway = Gateway(
        config_for(standin.endpoint, f"{standin.url}?singleWsdl", total_timeout=20, read_timeout=20)
    )
    wrong = []

    def work(number):
        for turn in range(5):
            reference = f"R{number}X{turn}"
            text = f"63=FT1.0|64=301|67=RESERVEDPG|4=none|227={reference}|999=000"
            if f"227={reference}|" not in gateway.call(301, text):
                wrong.append(reference)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(standin.store.ledger(limit=1000)) == 160


def test_a_forked_process_has_a_gateway_of_its_own(standin, settings):
    from backoffice.odin.gateway import gateway as shared

    settings.ODIN_SERVICE_URL, settings.ODIN_WSDL_URL = standin.endpoint, f"{standin.url}?singleWsdl"
    parent = shared()
    parent.call(318, message())
    read_end, write_end = os.pipe()
    if (child := os.fork()) == 0:
        try:
            said = "own" if shared() is not parent and shared().call(318, message()) else "shared"
        except BaseException as error:
            said = repr(error)
        os.write(write_end, said.encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read_end, 1000) == b"own"
    assert parent.call(318, message())
